// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// h' = relu(x + h).
// CHECK-LABEL: @relu
// CHECK: 3x1x1x1xf32 = {{\[\[\[\[}}1]]], {{\[\[\[}}3]]], {{\[\[\[}}6]]]]
// CHECK: 1x1x1xf32 = {{\[\[\[}}6]]]
func.func @relu() -> (tensor<3x1x1x1xf32>, tensor<1x1x1xf32>) {
  %x = dl.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32>
  %w = dl.constant dense<1.0> : tensor<1x1x1xf32>
  %y, %h = dl.rnn %x, %w, %w {hidden_size = 1 : i64, direction = #dl.rnn_direction<forward>, activations = ["relu"]} : tensor<3x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32> -> tensor<3x1x1x1xf32>, tensor<1x1x1xf32>
  return %y, %h : tensor<3x1x1x1xf32>, tensor<1x1x1xf32>
}

// Reverse, with a shorter sequence: beyond it outputs are 0.
// CHECK-LABEL: @lengths
// CHECK: = {{\[\[\[\[}}3], [1]]], {{\[\[\[}}2], [0]]]]
// CHECK: = {{\[\[\[}}3], [1]]]
func.func @lengths() -> (tensor<2x1x2x1xf32>, tensor<1x2x1xf32>) {
  %x = dl.constant dense<[[[1.0], [1.0]], [[2.0], [2.0]]]> : tensor<2x2x1xf32>
  %w = dl.constant dense<1.0> : tensor<1x1x1xf32>
  %l = dl.constant dense<[2, 1]> : tensor<2xi32>
  %y, %h = dl.rnn %x, %w, %w lengths(%l : tensor<2xi32>) {hidden_size = 1 : i64, direction = #dl.rnn_direction<reverse>, activations = ["relu"]} : tensor<2x2x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32> -> tensor<2x1x2x1xf32>, tensor<1x2x1xf32>
  return %y, %h : tensor<2x1x2x1xf32>, tensor<1x2x1xf32>
}
