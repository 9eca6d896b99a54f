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
