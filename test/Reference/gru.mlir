// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// z = r = 2; h~ = 2 + (2*3) = 8; H = (1 - 2)*8 + 2*3.
// CHECK-LABEL: @affine
// CHECK: = {{\[\[\[\[}}-2]]]]
// CHECK: = {{\[\[\[}}-2]]]
func.func @affine() -> (tensor<1x1x1x1xf32>, tensor<1x1x1xf32>) {
  %x = dl.constant dense<[[[2.0]]]> : tensor<1x1x1xf32>
  %w = dl.constant dense<1.0> : tensor<1x3x1xf32>
  %r = dl.constant dense<[[[0.0], [0.0], [1.0]]]> : tensor<1x3x1xf32>
  %h = dl.constant dense<[[[3.0]]]> : tensor<1x1x1xf32>
  %y, %l = dl.gru %x, %w, %r h0(%h : tensor<1x1x1xf32>) {hidden_size = 1 : i64, direction = #dl.rnn_direction<forward>, activations = ["affine", "affine"]} : tensor<1x1x1xf32>, tensor<1x3x1xf32>, tensor<1x3x1xf32> -> tensor<1x1x1x1xf32>, tensor<1x1x1xf32>
  return %y, %l : tensor<1x1x1x1xf32>, tensor<1x1x1xf32>
}
