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

// A value that is read twice is computed once at every step, not twice.
// CHECK-LABEL: @doubled(
// CHECK: linalg.generic
// CHECK-COUNT-32: arith.addf
// CHECK-NOT: arith.addf
// CHECK: return
func.func private @doubled(%0: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {dlc.kernel} {
  %1 = dl.add %0, %0 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %2 = dl.add %1, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = dl.add %2, %2 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %4 = dl.add %3, %3 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %5 = dl.add %4, %4 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %6 = dl.add %5, %5 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %7 = dl.add %6, %6 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %8 = dl.add %7, %7 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %9 = dl.add %8, %8 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %10 = dl.add %9, %9 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %11 = dl.add %10, %10 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %12 = dl.add %11, %11 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %13 = dl.add %12, %12 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %14 = dl.add %13, %13 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %15 = dl.add %14, %14 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %16 = dl.add %15, %15 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %17 = dl.add %16, %16 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %18 = dl.add %17, %17 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %19 = dl.add %18, %18 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %20 = dl.add %19, %19 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %21 = dl.add %20, %20 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %22 = dl.add %21, %21 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %23 = dl.add %22, %22 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %24 = dl.add %23, %23 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %25 = dl.add %24, %24 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %26 = dl.add %25, %25 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %27 = dl.add %26, %26 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %28 = dl.add %27, %27 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %29 = dl.add %28, %28 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %30 = dl.add %29, %29 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %31 = dl.add %30, %30 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %32 = dl.add %31, %31 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %32 : tensor<4x8xf32>
}
