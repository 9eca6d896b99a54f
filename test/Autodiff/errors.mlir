// RUN: dl-opt %s -dl-autodiff -split-input-file -verify-diagnostics

func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{has no derivative: there is no rule for dl.custom_call}}
  %0 = dl.custom_call "user_op"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @no_rule(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-remark @below {{the derivative was asked for here}}
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0] : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %0 : tensor<4xf32>
}

// -----

func.func private @declared(%x: tensor<4xf32>) -> tensor<4xf32>
func.func @no_body(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{function @declared has no body, so it can't be differentiated}}
  %0 = grad.vjp @declared(%x) cotangents(%x) of [0] wrt [0] : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %0 : tensor<4xf32>
}

// -----

// expected-error @below {{function @f calls itself or asks for its own derivative}}
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @g(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0] : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %0 : tensor<4xf32>
}

// -----

dl.global mutable @state : tensor<4xf32> = dense<0.0> : tensor<4xf32>
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{can't be differentiated: the module's state would have to carry a derivative}}
  dl.global_store %x, @state : tensor<4xf32>
  return %x : tensor<4xf32>
}
func.func @stored(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-remark @below {{the derivative was asked for here}}
  %0 = grad.jvp @f(%x) tangents(%x) of [0] wrt [0] : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %0 : tensor<4xf32>
}
