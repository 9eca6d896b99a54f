// RUN: dl-opt %s -dl-form-dispatches -convert-dl-to-linalg -dl-fuse-elementwise \
// RUN:   -dl-bufferize-kernels -dl-lower-kernel-loops | FileCheck %s
// RUN: dl-run %s --compiled --entry=squares --random-seed=1 > %t
// RUN: dl-run %s --compiled --entry=halves --random-seed=1 --shape input_0=3x40x37 > %t
// RUN: dl-run %s --compiled --entry=short --random-seed=1 > %t

// Whole squares are transposed in registers, what is left element by element.
// CHECK-LABEL: func.func private @kernel_0_transpose(
// CHECK: scf.parallel
// CHECK: memref.alloca() {{.*}} : memref<16x16xf32>
// CHECK: scf.if
// CHECK-COUNT-16: vector.load {{.*}} vector<16xf32>
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store {{.*}} memref<16x16xf32>
// CHECK: } else {
func.func @squares(%x: tensor<700x999xf32>) -> tensor<999x700xf32> {
  %0 = dl.transpose %x, permutation = [1, 0] : tensor<700x999xf32> -> tensor<999x700xf32>
  return %0 : tensor<999x700xf32>
}

// CHECK-LABEL: func.func private @kernel_1_transpose(
// CHECK: vector.shuffle {{.*}} vector<16xbf16>
func.func @halves(%x: tensor<3x40x?xbf16>) -> tensor<3x?x40xbf16> {
  %0 = dl.transpose %x, permutation = [0, 2, 1] : tensor<3x40x?xbf16> -> tensor<3x?x40xbf16>
  return %0 : tensor<3x?x40xbf16>
}

// Three channels: written one after the other, so that LLVM interleaves.
// CHECK-LABEL: func.func private @kernel_2_transpose(
// CHECK-NOT: vector.shuffle
// CHECK-COUNT-3: memref.store
// CHECK: return
func.func @short(%x: tensor<1x3x20x31xf32>) -> tensor<1x20x31x3xf32> {
  %0 = dl.transpose %x, permutation = [0, 2, 3, 1] : tensor<1x3x20x31xf32> -> tensor<1x20x31x3xf32>
  return %0 : tensor<1x20x31x3xf32>
}
