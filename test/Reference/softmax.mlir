// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Shifted by the maximum: no overflow.
// CHECK-LABEL: @rows
// CHECK: = {{\[\[}}0.5, 0.5], [0.26894143, 0.7310586]]
func.func @rows() -> tensor<2x2xf32> {
  %x = dl.constant dense<[[1000.0, 1000.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %y = dl.softmax %x, dim = 1 : tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// A row of -inf gives NaN.
// CHECK-LABEL: @hidden
// CHECK: = [nan, nan]
// CHECK: = [0, 1]
func.func @hidden() -> (tensor<2xf32>, tensor<2xf32>) {
  %x = dl.constant dense<0xFF800000> : tensor<2xf32>
  %y = dl.softmax %x, dim = 0 : tensor<2xf32> -> tensor<2xf32>
  %a = dl.constant dense<[0xFF800000, 0.0]> : tensor<2xf32>
  %b = dl.softmax %a, dim = 0 : tensor<2xf32> -> tensor<2xf32>
  return %y, %b : tensor<2xf32>, tensor<2xf32>
}
