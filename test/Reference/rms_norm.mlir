// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @scale
// CHECK: = {{\[\[}}0.84852815, 2.2627418]]
func.func @scale() -> tensor<1x2xf32> {
  %x = dl.constant dense<[[3.0, 4.0]]> : tensor<1x2xf32>
  %s = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = dl.rms_norm %x scale(%s : tensor<2xf32>) axis = 1 {epsilon = 0.0 : f64} : tensor<1x2xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
