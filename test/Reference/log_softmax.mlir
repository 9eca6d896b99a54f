// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @columns
// CHECK: = {{\[\[}}-0.6931472, -1.3132616], [-0.6931472, -0.3132617]]
func.func @columns() -> tensor<2x2xf32> {
  %x = dl.constant dense<[[1000.0, 0.0], [1000.0, 1.0]]> : tensor<2x2xf32>
  %y = dl.log_softmax %x, dim = 0 : tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
