// RUN: dl-opt %s -convert-dl-to-linalg -dl-fuse-elementwise | FileCheck %s
// RUN: dl-opt %s -convert-dl-to-linalg -dl-fuse-elementwise=max-repeated-ops=0 \
// RUN:   | FileCheck %s --check-prefix=NONE
// RUN: echo 'module {}' | dl-opt -dl-fuse-elementwise

// A producer with one consumer is computed within it.
// CHECK-LABEL: @chain(
// CHECK: linalg.generic
// CHECK: math.exp
// CHECK-NEXT: arith.negf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func private @chain(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = dl.neg %0 : tensor<?x8xf32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// What costs one op is computed again in each of its consumers, unless the option
// says that nothing is.
// CHECK-LABEL: @cheap(
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK-NEXT: math.exp
// NONE-LABEL: @cheap(
// NONE-COUNT-1: arith.mulf
// NONE-NOT: arith.mulf
// NONE-LABEL: @costly(
func.func private @cheap(%x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) attributes {dlc.kernel} {
  %0 = dl.mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %1 = dl.reduce sum %0, dims = [1] : tensor<4x8xf32> -> tensor<4xf32>
  %2 = dl.exp %0 : tensor<4x8xf32> -> tensor<4x8xf32>
  return %1, %2 : tensor<4xf32>, tensor<4x8xf32>
}

// What costs more keeps its buffer.
// CHECK-LABEL: @costly(
// CHECK-COUNT-1: math.exp
// CHECK-NOT: math.exp
func.func private @costly(%x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<4x8xf32> -> tensor<4x8xf32>
  %1 = dl.reduce sum %0, dims = [1] : tensor<4x8xf32> -> tensor<4xf32>
  %2 = dl.neg %0 : tensor<4x8xf32> -> tensor<4x8xf32>
  return %1, %2 : tensor<4xf32>, tensor<4x8xf32>
}

// One operand's static size is everyone's: the fusion comes to an end, and no cast
// keeps the producers out.
// CHECK-LABEL: @known_size(
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.*}} : tensor<3xi64>) outs(%{{.*}} : tensor<?x3xi64>)
// CHECK-NOT: linalg.generic
// CHECK: return
func.func private @known_size(%x: tensor<3xi64>, %shape: tensor<2xi64>) -> tensor<?x?xi64> attributes {dlc.kernel} {
  %0 = dl.broadcast_in_dim %x, dims = [1] shape(%shape : tensor<2xi64>) : tensor<3xi64> -> tensor<?x?xi64>
  %1 = dl.iota shape(%shape : tensor<2xi64>) {dimension = 0 : i64} : tensor<?x?xi64>
  %2 = dl.sub %0, %1 : tensor<?x?xi64>, tensor<?x?xi64> -> tensor<?x?xi64>
  return %2 : tensor<?x?xi64>
}

// Only kernels are changed.
// CHECK-LABEL: @host(
// CHECK: dl.exp
func.func @host(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = dl.exp %x : tensor<8xf32> -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
