// RUN: dl-opt %s -dl-build-training-step="loss=mse optimizer=sgd" | FileCheck %s --check-prefix=STEP
// RUN: dl-opt %s -dl-build-training-step="loss=mse optimizer=sgd" -dl-autodiff | FileCheck %s

// The model gives a gradient, which is written before the weight is looked for: a derivative
// of a derivative.
// STEP: func.func @step
// STEP: grad.vjp @main_loss
// STEP: func.func private @main_loss({{.*}}%[[W:[a-z0-9]+]]: tensor<f32>)
// STEP: dl.mul

// CHECK-LABEL: func.func @step
// CHECK: dl.global_store %{{.*}}, @w
// CHECK-NOT: grad.
dl.global private @w : tensor<f32> = dense<3.0> : tensor<f32>
func.func @main(%x: tensor<f32> {dlc.name = "x"}) -> (tensor<f32> {dlc.name = "dx"}) {
  %one = dl.constant dense<1.0> : tensor<f32>
  %dx = grad.vjp @energy(%x) cotangents(%one) of [0] wrt [0]
      : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return %dx : tensor<f32>
}
func.func private @energy(%x: tensor<f32>) -> tensor<f32> {
  %w = dl.global_load @w : tensor<f32>
  %0 = dl.mul %x, %w : tensor<f32>, tensor<f32> -> tensor<f32>
  %1 = dl.sin %0 : tensor<f32> -> tensor<f32>
  return %1 : tensor<f32>
}
