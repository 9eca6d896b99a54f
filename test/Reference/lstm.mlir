// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// All gates linear: i = o = f = c = x, then C = x*C0 + x*x, H = x*C.
// CHECK-LABEL: @affine
// CHECK: = {{\[\[\[\[}}12]]]]
// CHECK: = {{\[\[\[}}12]]]
// CHECK: = {{\[\[\[}}6]]]
func.func @affine() -> (tensor<1x1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>) {
  %x = dl.constant dense<[[[2.0]]]> : tensor<1x1x1xf32>
  %w = dl.constant dense<1.0> : tensor<1x4x1xf32>
  %r = dl.constant dense<0.0> : tensor<1x4x1xf32>
  %c = dl.constant dense<[[[1.0]]]> : tensor<1x1x1xf32>
  %y, %h, %d = dl.lstm %x, %w, %r c0(%c : tensor<1x1x1xf32>) {hidden_size = 1 : i64, direction = #dl.rnn_direction<forward>, activations = ["affine", "affine", "affine"]} : tensor<1x1x1xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32> -> tensor<1x1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
  return %y, %h, %d : tensor<1x1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
}

// The usual activations: sigmoid(1) * tanh(sigmoid(1) * tanh(1)).
// CHECK-LABEL: @usual
// CHECK: = {{\[\[\[\[}}0.36960635]]]]
func.func @usual() -> tensor<1x1x1x1xf32> {
  %x = dl.constant dense<1.0> : tensor<1x1x1xf32>
  %w = dl.constant dense<1.0> : tensor<1x4x1xf32>
  %r = dl.constant dense<0.0> : tensor<1x4x1xf32>
  %y, %h, %d = dl.lstm %x, %w, %r {hidden_size = 1 : i64, direction = #dl.rnn_direction<forward>} : tensor<1x1x1xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32> -> tensor<1x1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
  return %y : tensor<1x1x1x1xf32>
}

// Without steps the states are the initial ones.
// CHECK-LABEL: @no_steps
// CHECK: = {{\[\[\[}}0]]]
// CHECK: = {{\[\[\[}}1]]]
func.func @no_steps() -> (tensor<1x1x1xf32>, tensor<1x1x1xf32>) {
  %x = dl.constant dense<> : tensor<0x1x1xf32>
  %w = dl.constant dense<1.0> : tensor<1x4x1xf32>
  %r = dl.constant dense<0.0> : tensor<1x4x1xf32>
  %c = dl.constant dense<[[[1.0]]]> : tensor<1x1x1xf32>
  %y, %h, %d = dl.lstm %x, %w, %r c0(%c : tensor<1x1x1xf32>) {hidden_size = 1 : i64, direction = #dl.rnn_direction<forward>} : tensor<0x1x1xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32> -> tensor<0x1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
  return %h, %d : tensor<1x1x1xf32>, tensor<1x1x1xf32>
}
