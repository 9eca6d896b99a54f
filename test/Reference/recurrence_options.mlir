// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Every option of a recurrence; the numbers are ONNX Runtime's.

// CHECK-LABEL: @lstm
// CHECK: 2x2x2x1xf32 = {{\[\[\[\[}}0], [0.02718{{[0-9]*}}]], {{\[\[}}-0.09273{{[0-9]*}}], [-0.02622{{[0-9]*}}]]], {{\[\[\[}}0], [0]], {{\[\[}}-0.1403{{[0-9]*}}], [0]]]]
// CHECK: 2x2x1xf32 = {{\[\[\[}}0], [0.02718{{[0-9]*}}]], {{\[\[}}-0.09273{{[0-9]*}}], [-0.02622{{[0-9]*}}]]]
// CHECK: 2x2x1xf32 = {{\[\[\[}}-0.1537{{[0-9]*}}], [0.1208{{[0-9]*}}]], {{\[\[}}-0.2514{{[0-9]*}}], [-0.07306{{[0-9]*}}]]]
func.func @lstm() -> (tensor<2x2x2x1xf32>, tensor<2x2x1xf32>, tensor<2x2x1xf32>) {
  %x = dl.constant dense<[[[0.0], [0.4]], [[-0.4], [-1.3]]]> : tensor<2x2x1xf32>
  %w = dl.constant dense<[[[-0.5], [-1.0], [0.1], [1.3]], [[-0.5], [-0.6], [0.5], [0.4]]]> : tensor<2x4x1xf32>
  %r = dl.constant dense<[[[0.1], [-0.9], [-0.0], [0.7]], [[-1.3], [-0.5], [-1.9], [-1.3]]]> : tensor<2x4x1xf32>
  %b = dl.constant dense<[[-0.9, -0.1, -0.6, 0.1, 0.1, -0.1, -1.3, -0.3], [-0.0, 0.1, -0.8, -0.2, -0.5, -0.4, 0.5, -0.4]]> : tensor<2x8xf32>
  %n = dl.constant dense<[2, 1]> : tensor<2xi32>
  %h = dl.constant dense<[[[-0.0], [0.4]], [[-0.3], [-0.1]]]> : tensor<2x2x1xf32>
  %c = dl.constant dense<[[[0.1], [0.0]], [[-0.6], [0.0]]]> : tensor<2x2x1xf32>
  %p = dl.constant dense<[[0.7, -0.8, 0.4], [0.1, -0.3, 1.0]]> : tensor<2x3xf32>
  %0:3 = dl.lstm %x, %w, %r bias(%b : tensor<2x8xf32>) lengths(%n : tensor<2xi32>) h0(%h : tensor<2x2x1xf32>) c0(%c : tensor<2x2x1xf32>) peephole(%p : tensor<2x3xf32>) {activation_alpha = array<f64: 0.25, 0.0, 0.0, 0.0, 1.1, 0.0>, activation_beta = array<f64: 0.4, 0.0, 0.0, 0.0, 0.6, 0.0>, activations = ["hard_sigmoid", "tanh", "relu", "sigmoid", "scaled_tanh", "softsign"], clip = 0.7 : f64, direction = #dl.rnn_direction<bidirectional>, hidden_size = 1 : i64} : tensor<2x2x1xf32>, tensor<2x4x1xf32>, tensor<2x4x1xf32> -> tensor<2x2x2x1xf32>, tensor<2x2x1xf32>, tensor<2x2x1xf32>
  return %0#0, %0#1, %0#2 : tensor<2x2x2x1xf32>, tensor<2x2x1xf32>, tensor<2x2x1xf32>
}

// CHECK-LABEL: @lstm_input_forget
// CHECK: 2x1x2x1xf32 = {{\[\[\[\[}}0.2116{{[0-9]*}}], [-0.08367{{[0-9]*}}]]], {{\[\[\[}}0.01798{{[0-9]*}}], [0.1664{{[0-9]*}}]]]]
// CHECK: 1x2x1xf32 = {{\[\[\[}}0.2116{{[0-9]*}}], [-0.08367{{[0-9]*}}]]]
// CHECK: 1x2x1xf32 = {{\[\[\[}}0.3117{{[0-9]*}}], [-0.5099{{[0-9]*}}]]]
func.func @lstm_input_forget() -> (tensor<2x1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>) {
  %x = dl.constant dense<[[[1.1], [-1.8]], [[0.1], [0.9]]]> : tensor<2x2x1xf32>
  %w = dl.constant dense<[[[-0.2], [0.7], [-0.1], [0.7]]]> : tensor<1x4x1xf32>
  %r = dl.constant dense<[[[1.4], [-0.7], [0.2], [-0.5]]]> : tensor<1x4x1xf32>
  %p = dl.constant dense<[[0.6, 0.3, -0.2]]> : tensor<1x3xf32>
  %0:3 = dl.lstm %x, %w, %r peephole(%p : tensor<1x3xf32>) {input_forget, direction = #dl.rnn_direction<reverse>, hidden_size = 1 : i64} : tensor<2x2x1xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32> -> tensor<2x1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>
  return %0#0, %0#1, %0#2 : tensor<2x1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>
}

// CHECK-LABEL: @gru
// CHECK: 2x2x2x1xf32 = {{\[\[\[\[}}-0.1809{{[0-9]*}}], [0.02820{{[0-9]*}}]], {{\[\[}}-0.4829{{[0-9]*}}], [-0.4620{{[0-9]*}}]]], {{\[\[\[}}-0.2927{{[0-9]*}}], [0]], {{\[\[}}-0.3246{{[0-9]*}}], [0]]]]
// CHECK: 2x2x1xf32 = {{\[\[\[}}-0.2927{{[0-9]*}}], [0.02820{{[0-9]*}}]], {{\[\[}}-0.4829{{[0-9]*}}], [-0.4620{{[0-9]*}}]]]
func.func @gru() -> (tensor<2x2x2x1xf32>, tensor<2x2x1xf32>) {
  %x = dl.constant dense<[[[-0.6], [-0.4]], [[2.3], [-0.6]]]> : tensor<2x2x1xf32>
  %w = dl.constant dense<[[[-0.3], [0.4], [-0.1]], [[-0.2], [-1.1], [-0.0]]]> : tensor<2x3x1xf32>
  %r = dl.constant dense<[[[-0.4], [1.2], [0.7]], [[-0.0], [0.7], [-0.3]]]> : tensor<2x3x1xf32>
  %b = dl.constant dense<[[0.5, -0.0, 0.3, -0.6, 0.2, -0.8], [-1.0, -0.2, -0.4, 0.1, 1.1, -0.4]]> : tensor<2x6xf32>
  %n = dl.constant dense<[2, 1]> : tensor<2xi32>
  %h = dl.constant dense<[[[-0.3], [0.1]], [[0.2], [-0.1]]]> : tensor<2x2x1xf32>
  %0:2 = dl.gru %x, %w, %r bias(%b : tensor<2x6xf32>) lengths(%n : tensor<2xi32>) h0(%h : tensor<2x2x1xf32>) {activation_alpha = array<f64: 0.0, 0.8, 0.25, 0.0>, activation_beta = array<f64: 0.0, 0.0, 0.4, 0.0>, activations = ["sigmoid", "elu", "hard_sigmoid", "tanh"], clip = 0.8 : f64, linear_before_reset, direction = #dl.rnn_direction<bidirectional>, hidden_size = 1 : i64} : tensor<2x2x1xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32> -> tensor<2x2x2x1xf32>, tensor<2x2x1xf32>
  return %0#0, %0#1 : tensor<2x2x2x1xf32>, tensor<2x2x1xf32>
}

// CHECK-LABEL: @gru_reset_first
// CHECK: 2x1x2x1xf32 = {{\[\[\[\[}}-0.5670{{[0-9]*}}], [-0.5121{{[0-9]*}}]]], {{\[\[\[}}-0.4912{{[0-9]*}}], [0]]]]
// CHECK: 1x2x1xf32 = {{\[\[\[}}-0.5670{{[0-9]*}}], [-0.5121{{[0-9]*}}]]]
func.func @gru_reset_first() -> (tensor<2x1x2x1xf32>, tensor<1x2x1xf32>) {
  %x = dl.constant dense<[[[-0.3], [1.1]], [[0.8], [-1.6]]]> : tensor<2x2x1xf32>
  %w = dl.constant dense<[[[-0.1], [0.0], [-1.1]]]> : tensor<1x3x1xf32>
  %r = dl.constant dense<[[[0.3], [-0.9], [1.0]]]> : tensor<1x3x1xf32>
  %b = dl.constant dense<[[0.1, 0.0, -0.3, -0.1, -1.0, -0.6]]> : tensor<1x6xf32>
  %n = dl.constant dense<[2, 1]> : tensor<2xi32>
  %0:2 = dl.gru %x, %w, %r bias(%b : tensor<1x6xf32>) lengths(%n : tensor<2xi32>) {direction = #dl.rnn_direction<reverse>, hidden_size = 1 : i64} : tensor<2x2x1xf32>, tensor<1x3x1xf32>, tensor<1x3x1xf32> -> tensor<2x1x2x1xf32>, tensor<1x2x1xf32>
  return %0#0, %0#1 : tensor<2x1x2x1xf32>, tensor<1x2x1xf32>
}

// CHECK-LABEL: @rnn
// CHECK: 2x2x2x1xf32 = {{\[\[\[\[}}0.6], [-0.06]], {{\[\[}}0.1499{{[0-9]*}}], [-0.03]]], {{\[\[\[}}0.6], [0]], {{\[\[}}-0.02500{{[0-9]*}}], [0]]]]
// CHECK: 2x2x1xf32 = {{\[\[\[}}0.6], [-0.06]], {{\[\[}}0.1499{{[0-9]*}}], [-0.03]]]
func.func @rnn() -> (tensor<2x2x2x1xf32>, tensor<2x2x1xf32>) {
  %x = dl.constant dense<[[[1.3], [-2.6]], [[1.1], [-1.3]]]> : tensor<2x2x1xf32>
  %w = dl.constant dense<[[[0.8]], [[0.1]]]> : tensor<2x1x1xf32>
  %r = dl.constant dense<[[[-1.5]], [[1.2]]]> : tensor<2x1x1xf32>
  %b = dl.constant dense<[[0.7, -0.0], [-0.1, -0.1]]> : tensor<2x2xf32>
  %n = dl.constant dense<[2, 1]> : tensor<2xi32>
  %h = dl.constant dense<[[[-0.5], [0.5]], [[-0.3], [-0.0]]]> : tensor<2x2x1xf32>
  %0:2 = dl.rnn %x, %w, %r bias(%b : tensor<2x2xf32>) lengths(%n : tensor<2xi32>) h0(%h : tensor<2x2x1xf32>) {activation_alpha = array<f64: 0.1, 0.5>, activation_beta = array<f64: 0.0, 0.2>, activations = ["leaky_relu", "affine"], clip = 0.6 : f64, direction = #dl.rnn_direction<bidirectional>, hidden_size = 1 : i64} : tensor<2x2x1xf32>, tensor<2x1x1xf32>, tensor<2x1x1xf32> -> tensor<2x2x2x1xf32>, tensor<2x2x1xf32>
  return %0#0, %0#1 : tensor<2x2x2x1xf32>, tensor<2x2x1xf32>
}
