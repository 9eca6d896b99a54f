// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Composites, by rules of their own or by way of the ops that they stand for.

func.func @softmax(%x: tensor<2x4xf64>) -> tensor<2x4xf64> {
  %r = dl.softmax %x, dim = 1 : tensor<2x4xf64> -> tensor<2x4xf64>
  return %r : tensor<2x4xf64>
}

func.func @log_softmax(%x: tensor<2x4xf64>) -> tensor<2x4xf64> {
  %r = dl.log_softmax %x, dim = 1 : tensor<2x4xf64> -> tensor<2x4xf64>
  return %r : tensor<2x4xf64>
}

func.func @batch_norm(%x: tensor<2x3x4xf64>, %s: tensor<3xf64>, %b: tensor<3xf64>, %m: tensor<3xf64>, %v: tensor<3xf64>) -> tensor<2x3x4xf64> {
  %c = dl.constant dense<1.5> : tensor<3xf64>
  %p = dl.add %v, %c : tensor<3xf64>, tensor<3xf64> -> tensor<3xf64>
  %r = dl.batch_norm %x, %s, %b, %m, %p {epsilon = 1.0e-1 : f64} : (tensor<2x3x4xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) -> tensor<2x3x4xf64>
  return %r : tensor<2x3x4xf64>
}

func.func @layer_norm(%x: tensor<2x4xf64>, %s: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<2x4xf64> {
  %r = dl.layer_norm %x scale(%s : tensor<4xf64>) bias(%b : tensor<4xf64>) axis = 1 {epsilon = 1.0e-1 : f64} : tensor<2x4xf64> -> tensor<2x4xf64>
  return %r : tensor<2x4xf64>
}

func.func @group_norm(%x: tensor<2x4x3xf64>, %s: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<2x4x3xf64> {
  %r = dl.group_norm %x scale(%s : tensor<4xf64>) bias(%b : tensor<4xf64>) groups = 2 {epsilon = 1.0e-1 : f64} : tensor<2x4x3xf64> -> tensor<2x4x3xf64>
  return %r : tensor<2x4x3xf64>
}

func.func @rms_norm(%x: tensor<2x4xf64>, %s: tensor<4xf64>) -> tensor<2x4xf64> {
  %r = dl.rms_norm %x scale(%s : tensor<4xf64>) axis = 1 {epsilon = 1.0e-1 : f64} : tensor<2x4xf64> -> tensor<2x4xf64>
  return %r : tensor<2x4xf64>
}

func.func @attention(%q: tensor<1x4x3x2xf64>, %k: tensor<1x2x5x2xf64>, %v: tensor<1x2x5x3xf64>) -> tensor<1x4x3x3xf64> {
  %r = dl.attention %q, %k, %v {scale = 7.0e-1 : f64, causal, causal_offset = 2 : i64} : tensor<1x4x3x2xf64>, tensor<1x2x5x2xf64>, tensor<1x2x5x3xf64> -> tensor<1x4x3x3xf64>
  return %r : tensor<1x4x3x3xf64>
}

func.func @attention_mask(%q: tensor<1x2x3x2xf64>, %k: tensor<1x2x3x2xf64>, %v: tensor<1x2x3x2xf64>, %m: tensor<1x1x3x3xf64>) -> tensor<1x2x3x2xf64> {
  %r = dl.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf64>) {scale = 7.0e-1 : f64, softcap = 2.0 : f64} : tensor<1x2x3x2xf64>, tensor<1x2x3x2xf64>, tensor<1x2x3x2xf64> -> tensor<1x2x3x2xf64>
  return %r : tensor<1x2x3x2xf64>
}

func.func @rnn(%x: tensor<3x2x2xf64>, %w: tensor<1x2x2xf64>, %h: tensor<1x2x2xf64>) -> (tensor<3x1x2x2xf64>, tensor<1x2x2xf64>) {
  %r0, %r1 = dl.rnn %x, %w, %h {hidden_size = 2 : i64, direction = #dl.rnn_direction<forward>} : tensor<3x2x2xf64>, tensor<1x2x2xf64>, tensor<1x2x2xf64> -> tensor<3x1x2x2xf64>, tensor<1x2x2xf64>
  return %r0, %r1 : tensor<3x1x2x2xf64>, tensor<1x2x2xf64>
}

func.func @lstm(%x: tensor<3x2x2xf64>, %w: tensor<2x8x2xf64>, %h: tensor<2x8x2xf64>, %b: tensor<2x16xf64>) -> (tensor<3x2x2x2xf64>, tensor<2x2x2xf64>, tensor<2x2x2xf64>) {
  %r0, %r1, %r2 = dl.lstm %x, %w, %h bias(%b : tensor<2x16xf64>) {hidden_size = 2 : i64, direction = #dl.rnn_direction<bidirectional>} : tensor<3x2x2xf64>, tensor<2x8x2xf64>, tensor<2x8x2xf64> -> tensor<3x2x2x2xf64>, tensor<2x2x2xf64>, tensor<2x2x2xf64>
  return %r0, %r1, %r2 : tensor<3x2x2x2xf64>, tensor<2x2x2xf64>, tensor<2x2x2xf64>
}

func.func @gru(%x: tensor<3x2x2xf64>, %w: tensor<1x6x2xf64>, %h: tensor<1x6x2xf64>) -> (tensor<3x1x2x2xf64>, tensor<1x2x2xf64>) {
  %r0, %r1 = dl.gru %x, %w, %h {hidden_size = 2 : i64, direction = #dl.rnn_direction<reverse>} : tensor<3x2x2xf64>, tensor<1x6x2xf64>, tensor<1x6x2xf64> -> tensor<3x1x2x2xf64>, tensor<1x2x2xf64>
  return %r0, %r1 : tensor<3x1x2x2xf64>, tensor<1x2x2xf64>
}

func.func @rotary(%x: tensor<1x2x3x4xf64>, %c: tensor<1x3x2xf64>, %s: tensor<1x3x2xf64>) -> tensor<1x2x3x4xf64> {
  %r = dl.rotary_embedding %x, %c, %s : tensor<1x2x3x4xf64>, tensor<1x3x2xf64>, tensor<1x3x2xf64> -> tensor<1x2x3x4xf64>
  return %r : tensor<1x2x3x4xf64>
}
