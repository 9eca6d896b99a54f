// A derivative that there isn't is the user's error, and leaves no half-built function.

// RUN: not dl-compile %s -o %t.so 2>&1 | FileCheck %s --implicit-check-not="entry block" --implicit-check-not=replay

// CHECK: error: {{.*}}no_rule.mlir:[[@LINE+3]]:8: has no derivative: there is no rule for dl.custom_call
// CHECK: note: {{.*}}the derivative was asked for here
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.custom_call "user_op"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @main(%x: tensor<4xf32> {dlc.name = "x"}) -> (tensor<4xf32> {dlc.name = "y"}) {
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0] : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %0 : tensor<4xf32>
}
