// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @affine
// CHECK: = {{\[\[}}-1, 1], [-1, 1]]
// CHECK: = {{\[\[}}-2, 13], [-2, 13]]
func.func @affine() -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %x = dl.constant dense<[[1.0, 3.0], [10.0, 20.0]]> : tensor<2x2xf32>
  %s = dl.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %b = dl.constant dense<[0.0, 10.0]> : tensor<2xf32>
  %y = dl.layer_norm %x axis = 1 {epsilon = 0.0 : f64} : tensor<2x2xf32> -> tensor<2x2xf32>
  %z = dl.layer_norm %x scale(%s : tensor<2xf32>) bias(%b : tensor<2xf32>) axis = 1 {epsilon = 0.0 : f64} : tensor<2x2xf32> -> tensor<2x2xf32>
  return %y, %z : tensor<2x2xf32>, tensor<2x2xf32>
}
