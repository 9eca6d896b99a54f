// RUN: dl-opt %s -dl-decompose-composites=ops=softmax,layer_norm,lstm,attention,conv_transpose -canonicalize -cse --mlir-use-nameloc-as-prefix=false | FileCheck %s
// RUN: dl-opt %s -dl-decompose-composites --mlir-use-nameloc-as-prefix=false | FileCheck %s --check-prefix=DEFAULT
// RUN: dl-opt %s -dl-decompose-composites=ops=layer_norm --mlir-use-nameloc-as-prefix=false | FileCheck %s --check-prefix=SOME

// CHECK-LABEL: @softmax
// SOME-LABEL: @softmax
// SOME: dl.softmax
// DEFAULT-LABEL: @softmax
// DEFAULT: dl.softmax
func.func @softmax(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK: %[[M:.*]] = dl.reduce max %arg0, dims = [1] keep_dims
  // CHECK: %[[B:.*]] = dl.broadcast_in_dim %[[M]], dims = [0, 1]
  // CHECK: %[[D:.*]] = dl.sub %arg0, %[[B]]
  // CHECK: %[[E:.*]] = dl.exp %[[D]]
  // CHECK: %[[S:.*]] = dl.reduce sum %[[E]], dims = [1] keep_dims
  // CHECK: %[[R:.*]] = dl.reciprocal %[[S]] : tensor<4x1xf32>
  // CHECK: %[[C:.*]] = dl.broadcast_in_dim %[[R]], dims = [0, 1]
  // CHECK: dl.mul %[[E]], %[[C]]
  %0 = dl.softmax %x, dim = 1 : tensor<4x8xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Half precision is computed in f32 and rounded once.
// CHECK-LABEL: @layer_norm
// SOME-LABEL: @layer_norm
// SOME-NOT: dl.layer_norm
func.func @layer_norm(%x: tensor<4x8xf16>, %s: tensor<8xf16>) -> tensor<4x8xf16> {
  // CHECK: dl.convert %arg0 : tensor<4x8xf16> -> tensor<4x8xf32>
  // CHECK: dl.reduce mean {{.*}} : tensor<4x8xf32>
  // CHECK: dl.rsqrt {{.*}} : tensor<4x1xf32>
  // CHECK: dl.convert {{.*}} : tensor<4x8xf32> -> tensor<4x8xf16>
  // CHECK-NEXT: return
  %0 = dl.layer_norm %x scale(%s : tensor<8xf16>) axis = 1 {epsilon = 1.0e-5 : f64} : tensor<4x8xf16> -> tensor<4x8xf16>
  return %0 : tensor<4x8xf16>
}

// The input's part of an lstm is one product before the loop.
// CHECK-LABEL: @lstm
// DEFAULT-LABEL: @lstm
// DEFAULT-NOT: dl.lstm
func.func @lstm(%x: tensor<7x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>)
    -> tensor<7x1x2x4xf32> {
  // CHECK: dl.dot_general {{.*}} : tensor<7x2x3xf32>, tensor<16x3xf32> -> tensor<7x2x16xf32>
  // CHECK: scf.for
  // CHECK: dl.dynamic_slice {{.*}} : tensor<7x2x16xf32> -> tensor<1x2x16xf32>
  // CHECK: dl.dot_general {{.*}} : tensor<2x4xf32>, tensor<16x4xf32> -> tensor<2x16xf32>
  // CHECK: dl.dynamic_update_slice
  // CHECK: scf.yield
  %0:3 = dl.lstm %x, %w, %r {hidden_size = 4 : i64, direction = #dl.rnn_direction<forward>}
    : tensor<7x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>
    -> tensor<7x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>
  return %0#0 : tensor<7x1x2x4xf32>
}

// Query heads that share a key head become a dimension of their own.
// CHECK-LABEL: @grouped_query_attention
func.func @grouped_query_attention(%q: tensor<1x8x5x64xf32>, %k: tensor<1x2x7x64xf32>,
                                   %v: tensor<1x2x7x32xf32>) -> tensor<1x8x5x32xf32> {
  // CHECK: dl.reshape %arg0 : tensor<1x8x5x64xf32> -> tensor<1x2x4x5x64xf32>
  // CHECK: dl.dot_general {{.*}} -> tensor<1x2x4x5x7xf32>
  // CHECK: dl.dot_general {{.*}} -> tensor<1x2x4x5x32xf32>
  // CHECK: dl.reshape {{.*}} -> tensor<1x8x5x32xf32>
  %0 = dl.attention %q, %k, %v {scale = 0.125 : f64, causal}
    : tensor<1x8x5x64xf32>, tensor<1x2x7x64xf32>, tensor<1x2x7x32xf32> -> tensor<1x8x5x32xf32>
  return %0 : tensor<1x8x5x32xf32>
}

// By phases: three taps at stride two are two taps of four phases each.
// CHECK-LABEL: @conv_transpose
func.func @conv_transpose(%x: tensor<1x4x5x5xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x3x10x10xf32> {
  // CHECK: %[[W:.*]] = dl.pad %arg1
  // CHECK: dl.reshape %[[W]] : tensor<4x3x4x4xf32> -> tensor<4x3x2x2x2x2xf32>
  // CHECK: dl.reverse {{.*}} dims = [2, 3] : tensor<4x12x2x2xf32>
  // CHECK: %[[Y:.*]] = dl.conv %arg0, {{.*}} padding = [1, 1], [1, 1] {{.*}} -> tensor<1x12x6x6xf32>
  // CHECK: dl.reshape %[[Y]] : tensor<1x12x6x6xf32> -> tensor<1x3x2x2x6x6xf32>
  // CHECK: dl.transpose {{.*}} permutation = [0, 1, 4, 2, 5, 3]
  // CHECK: dl.pad {{.*}} low = [0, 0, -1, -1] high = [0, 0, -1, -1]
  %0 = dl.conv_transpose %x, %w strides = [2, 2] padding = [1, 1], [1, 1] dilations = [1, 1] output_padding = [1, 1]
    : tensor<1x4x5x5xf32>, tensor<4x3x3x3xf32> -> tensor<1x3x10x10xf32>
  return %0 : tensor<1x3x10x10xf32>
}
