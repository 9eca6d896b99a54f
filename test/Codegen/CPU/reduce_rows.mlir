// RUN: dl-run %s --compiled --entry=sum --input random:uniform,seed=1,min=0 --rtol 5e-7
// RUN: dl-run %s --compiled --entry=mean_of_squares --input random:uniform,seed=1,min=0 --shape 2x3000x700 --rtol 5e-7
// RUN: dl-run %s --compiled --entry=product --input random:uniform,seed=1,min=0.9,max=1.1 --rtol 4e-6
// RUN: dl-run %s --compiled --entry=empty_rows --input random:seed=1 --shape 4x0
// RUN: dl-opt %s -convert-dl-to-linalg -dl-fuse-elementwise -dl-bufferize-kernels \
// RUN:   -dl-lower-kernel-loops | FileCheck %s

// A long sum over rows goes by way of partial sums of 32 rows: one running mean
// of 3,000 squares would be wrong by more than 1e-6.

// CHECK-LABEL: @kernel(
// CHECK: memref.alloca() {{.*}} : memref<512xf32>
// CHECK: %[[C32:.*]] = arith.constant 32 : index
// CHECK: scf.for {{.*}} step %[[C32]]
// CHECK: scf.for
// CHECK-NOT: arith.addf
// CHECK: memref.store
// CHECK: scf.for
// CHECK: scf.for
// CHECK: arith.addf
// CHECK: scf.for
// CHECK: arith.addf
func.func private @kernel(%x: tensor<4099x24xf32>) -> tensor<24xf32> attributes {dlc.kernel} {
  %0 = dl.reduce sum %x, dims = [0] : tensor<4099x24xf32> -> tensor<24xf32>
  return %0 : tensor<24xf32>
}

func.func @sum(%x: tensor<4099x24xf32>) -> tensor<24xf32> {
  %0 = dl.reduce sum %x, dims = [0] : tensor<4099x24xf32> -> tensor<24xf32>
  return %0 : tensor<24xf32>
}

func.func @mean_of_squares(%x: tensor<?x?x700xf32>) -> tensor<?x700xf32> {
  %0 = dl.mul %x, %x : tensor<?x?x700xf32>, tensor<?x?x700xf32> -> tensor<?x?x700xf32>
  %1 = dl.reduce mean %0, dims = [1] : tensor<?x?x700xf32> -> tensor<?x700xf32>
  return %1 : tensor<?x700xf32>
}

func.func @product(%x: tensor<300x40xf32>) -> tensor<40xf32> {
  %0 = dl.reduce prod %x, dims = [0] : tensor<300x40xf32> -> tensor<40xf32>
  return %0 : tensor<40xf32>
}

// Rows of nothing, of an open number.
func.func @empty_rows(%x: tensor<?x0xf32>) -> tensor<0xf32> {
  %0 = dl.reduce sum %x, dims = [0] : tensor<?x0xf32> -> tensor<0xf32>
  return %0 : tensor<0xf32>
}
