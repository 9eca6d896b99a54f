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

// -----

// A failure within a loop, which has begun to be reversed.
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %0 = scf.for %i = %c0 to %c3 step %c1 iter_args(%y = %x) -> tensor<4xf32> {
    %1 = scf.for %j = %c0 to %c3 step %c1 iter_args(%z = %y) -> tensor<4xf32> {
      // expected-error @below {{has no derivative: there is no rule for dl.custom_call}}
      %2 = dl.custom_call "user_op"(%z) : (tensor<4xf32>) -> tensor<4xf32>
      %3 = dl.mul %2, %z : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
      scf.yield %3 : tensor<4xf32>
    }
    scf.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}
func.func @no_rule_in_loop(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-remark @below {{the derivative was asked for here}}
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0] : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %0 : tensor<4xf32>
}

// -----

// A number goes around a loop before it is part of a tensor again.
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %one = arith.constant 1.0 : f32
  %number = tensor.extract %x[] : tensor<f32>
  %0:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %one, %b = %one) -> (f32, f32) {
    %1 = arith.mulf %b, %number : f32
    scf.yield %1, %a : f32, f32
  }
  // expected-error @below {{has no derivative: a number that was taken out of a tensor becomes part of one here}}
  %2 = tensor.from_elements %0#1 : tensor<f32>
  return %2 : tensor<f32>
}
func.func @number_in_reverse(%x: tensor<f32>) -> tensor<f32> {
  // expected-remark @below {{the derivative was asked for here}}
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return %0 : tensor<f32>
}

// -----

func.func private @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c1 = arith.constant 1 : index
  %number = tensor.extract %x[%c1] : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %isPositive = arith.cmpf ogt, %number, %zero : f32
  %0 = scf.if %isPositive -> tensor<2xf32> {
    // expected-error @below {{has no derivative: a number that was taken out of a tensor becomes part of one here}}
    %1 = tensor.splat %number : tensor<2xf32>
    scf.yield %1 : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  return %0 : tensor<2xf32>
}
func.func @number_in_forward(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-remark @below {{the derivative was asked for here}}
  %0 = grad.jvp @f(%x) tangents(%x) of [0] wrt [0] : (tensor<2xf32>), (tensor<2xf32>) -> (tensor<2xf32>)
  return %0 : tensor<2xf32>
}
