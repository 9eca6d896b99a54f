// RUN: dl-opt %s -dl-autodiff | FileCheck %s
// RUN: dl-opt -dl-autodiff < %s | FileCheck %s
// RUN: dl-opt %s --emit-bytecode | dl-opt -dl-autodiff | FileCheck %s --check-prefix=NUMBERS
// RUN: dl-opt %s -dl-autodiff --mlir-use-nameloc-as-prefix=false | FileCheck %s --check-prefix=NUMBERS

// Values keep their names, and derivatives have names made of those.
func.func private @f(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.mul %x, %w : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %z = dl.sin %y : tensor<4xf32> -> tensor<4xf32>
  return %z : tensor<4xf32>
}
// CHECK-LABEL: @f_jvp(%x: tensor<4xf32>, %w: tensor<4xf32>, %x_tangent: tensor<4xf32>)
// CHECK: %y_tangent = dl.mul %x_tangent, %w
// CHECK: %z_tangent = dl.mul %y_tangent
// CHECK-LABEL: @f_vjp(%x: tensor<4xf32>, %w: tensor<4xf32>, %z_grad: tensor<4xf32>)
// CHECK: %y = dl.mul %x, %w
// CHECK: %[[COS:.*]] = dl.cos %y
// CHECK: %y_grad = dl.mul %z_grad, %[[COS]]
// CHECK: %w_grad = dl.mul %y_grad, %x
// CHECK: return %w_grad
// NUMBERS-LABEL: @f_vjp(%arg0:
// NUMBERS: %0 = dl.mul %arg0, %arg1
// CHECK-LABEL: @gradient(
// CHECK: %dw = call @f_vjp
func.func @gradient(%x: tensor<4xf32>, %w: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %dw = grad.vjp @f(%x, %w) cotangents(%c) of [0] wrt [1]
      : (tensor<4xf32>, tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %dw : tensor<4xf32>
}

func.func @directional(%x: tensor<4xf32>, %w: tensor<4xf32>, %t: tensor<4xf32>) -> tensor<4xf32> {
  %dz = grad.jvp @f(%x, %w) tangents(%t) of [0] wrt [0]
      : (tensor<4xf32>, tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %dz : tensor<4xf32>
}
