// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x2x3xf32>, %w1: tensor<1x4x3xf32>, %r1: tensor<1x4x4xf32>, %w4: tensor<2x16x3xf32>, %r4: tensor<2x16x4xf32>, %b4: tensor<2x32xf32>, %w3: tensor<1x12x3xf32>, %r3: tensor<1x12x4xf32>, %h: tensor<1x2x4xf32>, %n: tensor<2xi32>) -> (tensor<1x2x4xf32>, tensor<2x2x4xf32>, tensor<?x1x2x4xf32>) {
  // CHECK: dl.rnn %arg0, %arg1, %arg2 lengths(%arg9 : tensor<2xi32>) h0(%arg8 : tensor<1x2x4xf32>) {activations = ["relu"], direction = #dl.rnn_direction<reverse>, hidden_size = 4 : i64}
  %0:2 = dl.rnn %x, %w1, %r1 lengths(%n : tensor<2xi32>) h0(%h : tensor<1x2x4xf32>) {activations = ["relu"], direction = #dl.rnn_direction<reverse>, hidden_size = 4 : i64} : tensor<?x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32> -> tensor<?x1x2x4xf32>, tensor<1x2x4xf32>
  // CHECK: dl.lstm %arg0, %arg3, %arg4 bias(%arg5 : tensor<2x32xf32>) {direction = #dl.rnn_direction<bidirectional>, hidden_size = 4 : i64}
  %1:3 = dl.lstm %x, %w4, %r4 bias(%b4 : tensor<2x32xf32>) {direction = #dl.rnn_direction<bidirectional>, hidden_size = 4 : i64} : tensor<?x2x3xf32>, tensor<2x16x3xf32>, tensor<2x16x4xf32> -> tensor<?x2x2x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>
  // CHECK: dl.gru %arg0, %arg6, %arg7 {direction = #dl.rnn_direction<forward>, hidden_size = 4 : i64, linear_before_reset}
  %2:2 = dl.gru %x, %w3, %r3 {direction = #dl.rnn_direction<forward>, hidden_size = 4 : i64, linear_before_reset} : tensor<?x2x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32> -> tensor<?x1x2x4xf32>, tensor<1x2x4xf32>
  return %0#1, %1#2, %2#0 : tensor<1x2x4xf32>, tensor<2x2x4xf32>, tensor<?x1x2x4xf32>
}

// -----

func.func @weights(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) {
  // expected-error @+2 {{weights should be 'tensor<1x16x3xf32>' but is 'tensor<1x4x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:3 = dl.lstm %x, %w, %r {direction = #dl.rnn_direction<forward>, hidden_size = 4 : i64} : tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32> -> tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>
  return
}

// -----

func.func @activation(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) {
  // expected-error @+2 {{knows no activation "swish"}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.rnn %x, %w, %r {activations = ["swish"], direction = #dl.rnn_direction<forward>, hidden_size = 4 : i64} : tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32> -> tensor<5x1x2x4xf32>, tensor<1x2x4xf32>
  return
}
