// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// NaN is not zero, -0 is.
// CHECK-LABEL: @matrix
// CHECK: 2x2xi64 = {{\[\[}}0, 1], [1, 0]]
func.func @matrix() -> tensor<2x?xi64> {
  %x = dl.constant dense<[[-0.0, 5.0], [0x7FC00000, 0.0]]> : tensor<2x2xf32>
  %y = dl.nonzero %x : tensor<2x2xf32> -> tensor<2x?xi64>
  return %y : tensor<2x?xi64>
}

// CHECK-LABEL: @none
// CHECK: 1x0xi64 = {{\[\[\]\]}}
func.func @none() -> tensor<1x?xi64> {
  %x = dl.constant dense<false> : tensor<3xi1>
  %y = dl.nonzero %x : tensor<3xi1> -> tensor<1x?xi64>
  return %y : tensor<1x?xi64>
}
