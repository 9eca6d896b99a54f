// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @blocks
// CHECK: 2x2xf32 = {{\[\[}}0, 0], [2, 0]]
// CHECK: 2xi32 = [-2, -2]
// CHECK: 2x2xf32 = {{\[\[}}4, 0], [0.5, 2]]
// CHECK: 2xi32 = [1, 2]
func.func @blocks() -> (tensor<2x2xf32>, tensor<2xi32>, tensor<2x2xf32>, tensor<2xi32>) {
  %a = dl.constant dense<[[0.0, 7.0], [2.0, 0.0]]> : tensor<2x2xf32>
  %b = dl.constant dense<[[4.0, 7.0], [2.0, 3.0]]> : tensor<2x2xf32>
  %f, %p = dl.ldl %a : tensor<2x2xf32> -> tensor<2x2xf32>, tensor<2xi32>
  %g, %q = dl.ldl %b : tensor<2x2xf32> -> tensor<2x2xf32>, tensor<2xi32>
  return %f, %p, %g, %q : tensor<2x2xf32>, tensor<2xi32>, tensor<2x2xf32>, tensor<2xi32>
}

// CHECK-LABEL: @random
func.func @random() -> (tensor<9x9xf64>, tensor<9xi32>) {
  %i = dl.iota {dimension = 0 : i64} : tensor<81xf64>
  %s = dl.sin %i : tensor<81xf64> -> tensor<81xf64>
  %a = dl.reshape %s : tensor<81xf64> -> tensor<9x9xf64>
  %f, %p = dl.ldl %a : tensor<9x9xf64> -> tensor<9x9xf64>, tensor<9xi32>
  return %f, %p : tensor<9x9xf64>, tensor<9xi32>
}
