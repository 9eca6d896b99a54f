// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The conventions of dialects/grad/docs/spec.md, as PyTorch has them.

func.func private @unary(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %0 = dl.relu %x : tensor<3xf32> -> tensor<3xf32>
  %1 = dl.abs %x : tensor<3xf32> -> tensor<3xf32>
  %2 = dl.round %x : tensor<3xf32> -> tensor<3xf32>
  return %0, %1, %2 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}
// CHECK-LABEL: @relu_abs_round
// CHECK: 3xf32 = [0, 0, 1]
// CHECK: 3xf32 = [-1, 0, 1]
// CHECK: 3xf32 = [0, 0, 0]
func.func @relu_abs_round() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %x = dl.constant dense<[-1.0, 0.0, 1.0]> : tensor<3xf32>
  %c = dl.constant dense<1.0> : tensor<3xf32>
  %0 = grad.vjp @unary(%x) cotangents(%c) of [0] wrt [0] : (tensor<3xf32>), (tensor<3xf32>) -> (tensor<3xf32>)
  %1 = grad.vjp @unary(%x) cotangents(%c) of [1] wrt [0] : (tensor<3xf32>), (tensor<3xf32>) -> (tensor<3xf32>)
  %2 = grad.vjp @unary(%x) cotangents(%c) of [2] wrt [0] : (tensor<3xf32>), (tensor<3xf32>) -> (tensor<3xf32>)
  return %0, %1, %2 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

func.func private @binary(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<f32>) {
  %low = dl.constant dense<0.0> : tensor<f32>
  %high = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.max %x, %y : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %1 = dl.clamp %low, %x, %high : tensor<f32>, tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %2 = dl.reduce max %x, dims = [0] : tensor<3xf32> -> tensor<f32>
  return %0, %1, %2 : tensor<3xf32>, tensor<3xf32>, tensor<f32>
}
// CHECK-LABEL: @max_clamp_reduce
// CHECK: 3xf32 = [0, 0.5, 1]
// CHECK: 3xf32 = [1, 0.5, 0]
// CHECK: 3xf32 = [1, 1, 1]
// CHECK: 3xf32 = [0, 0.5, 0.5]
func.func @max_clamp_reduce() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %x = dl.constant dense<[0.0, 1.0, 1.0]> : tensor<3xf32>
  %y = dl.constant dense<[1.0, 1.0, 0.0]> : tensor<3xf32>
  %c = dl.constant dense<1.0> : tensor<3xf32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %0:2 = grad.vjp @binary(%x, %y) cotangents(%c) of [0] wrt [0, 1]
      : (tensor<3xf32>, tensor<3xf32>), (tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>)
  %1 = grad.vjp @binary(%x, %y) cotangents(%c) of [1] wrt [0]
      : (tensor<3xf32>, tensor<3xf32>), (tensor<3xf32>) -> (tensor<3xf32>)
  %2 = grad.vjp @binary(%x, %y) cotangents(%one) of [2] wrt [0]
      : (tensor<3xf32>, tensor<3xf32>), (tensor<f32>) -> (tensor<3xf32>)
  return %0#0, %0#1, %1, %2 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// An infinite cotangent stays where the function is constant.
// CHECK-LABEL: @infinite
// CHECK: 3xf32 = [0, 0, inf]
func.func @infinite() -> tensor<3xf32> {
  %x = dl.constant dense<[-1.0, 0.0, 1.0]> : tensor<3xf32>
  %c = dl.constant dense<0x7F800000> : tensor<3xf32>
  %0 = grad.vjp @unary(%x) cotangents(%c) of [0] wrt [0] : (tensor<3xf32>), (tensor<3xf32>) -> (tensor<3xf32>)
  return %0 : tensor<3xf32>
}

func.func private @scatter_mul(%x: tensor<4xf64>, %u: tensor<4xf64>) -> tensor<4xf64> {
  %i = dl.constant dense<[[0], [1], [2], [2]]> : tensor<4x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<mul>} : tensor<4xf64>, tensor<4x1xi64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}
func.func private @scatter_mul_gradient(%x: tensor<4xf64>, %u: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>) {
  %c = dl.constant dense<1.0> : tensor<4xf64>
  %0:2 = grad.vjp @scatter_mul(%x, %u) cotangents(%c) of [0] wrt [0, 1]
      : (tensor<4xf64>, tensor<4xf64>), (tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
  return %0#0, %0#1 : tensor<4xf64>, tensor<4xf64>
}
// Products 3·0, 0·5, 0·0·7: of the gradient, the second derivatives in the direction of ones.
// CHECK-LABEL: @scatter_mul_zeros
// CHECK: 4xf64 = [0, 5, 0, 1]
// CHECK: 4xf64 = [3, 0, 0, 0]
// CHECK: 4xf64 = [1, 1, 7, 0]
// CHECK: 4xf64 = [1, 1, 7, 0]
func.func @scatter_mul_zeros() -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>) {
  %x = dl.constant dense<[3.0, 0.0, 0.0, 1.0]> : tensor<4xf64>
  %u = dl.constant dense<[0.0, 5.0, 0.0, 7.0]> : tensor<4xf64>
  %c = dl.constant dense<1.0> : tensor<4xf64>
  %0:2 = call @scatter_mul_gradient(%x, %u) : (tensor<4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
  %1:2 = grad.jvp @scatter_mul_gradient(%x, %u) tangents(%c, %c) of [0, 1] wrt [0, 1]
      : (tensor<4xf64>, tensor<4xf64>), (tensor<4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
  return %0#0, %0#1, %1#0, %1#1 : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>
}

func.func private @cumulative_max(%x: tensor<5xf64>) -> tensor<5xf64> {
  %y = dl.cumulative max %x, dim = 0 : tensor<5xf64> -> tensor<5xf64>
  return %y : tensor<5xf64>
}
// CHECK-LABEL: @cumulative_nan
// CHECK: 5xf64 = [1, 5, 0, 4, 5]
// CHECK: 5xf64 = [1, 2, 2, 4, 5]
func.func @cumulative_nan() -> (tensor<5xf64>, tensor<5xf64>) {
  %x = dl.constant dense<[1.0, 0x7FF8000000000000, 3.0, 0x7FF8000000000000, 0x7FF8000000000000]> : tensor<5xf64>
  %c = dl.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0]> : tensor<5xf64>
  %0 = grad.vjp @cumulative_max(%x) cotangents(%c) of [0] wrt [0] : (tensor<5xf64>), (tensor<5xf64>) -> (tensor<5xf64>)
  %1 = grad.jvp @cumulative_max(%x) tangents(%c) of [0] wrt [0] : (tensor<5xf64>), (tensor<5xf64>) -> (tensor<5xf64>)
  return %0, %1 : tensor<5xf64>, tensor<5xf64>
}
