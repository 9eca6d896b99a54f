// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @features
// CHECK: = {{\[\[}}0, 11], [1, 15]]
func.func @features() -> tensor<2x2xf32> {
  %x = dl.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = dl.constant dense<[0.0, 10.0]> : tensor<2xf32>
  %m = dl.constant dense<[1.0, 1.5]> : tensor<2xf32>
  %v = dl.constant dense<[4.0, 1.0]> : tensor<2xf32>
  %y = dl.batch_norm %x, %s, %b, %m, %v {epsilon = 0.0 : f64} : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
