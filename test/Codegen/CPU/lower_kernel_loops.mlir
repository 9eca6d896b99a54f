// RUN: dl-opt %s -dl-decompose-composites=ops=softmax -convert-dl-to-linalg -dl-fuse-elementwise \
// RUN:   -dl-bufferize-kernels -dl-lower-kernel-loops | FileCheck %s

// Softmax runs row by row: what lies between its steps is a row on the stack.
// CHECK-LABEL: @softmax(
// CHECK-NOT: memref.alloc()
// CHECK: scf.parallel
// CHECK: memref.alloca() {{.*}} : memref<1xf32>
// CHECK: scf.for
// CHECK: arith.maximumf
// CHECK: scf.for
// CHECK: math.exp
// CHECK: scf.for
// CHECK: arith.addf %{{.*}} fastmath<reassoc,contract>
// CHECK: scf.for
// CHECK: arith.divf
func.func private @softmax(%x: tensor<4096x512xf32>) -> tensor<4096x512xf32> attributes {dlc.kernel} {
  %0 = dl.softmax %x, dim = 1 : tensor<4096x512xf32> -> tensor<4096x512xf32>
  return %0 : tensor<4096x512xf32>
}

// Neighbouring dimensions become one loop.
// CHECK-LABEL: @merged(
// CHECK: memref.collapse_shape
// CHECK: scf.for
// CHECK-NOT: scf.for
func.func private @merged(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}
