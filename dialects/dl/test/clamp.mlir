// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @clamp
func.func @clamp(%l: tensor<f32>, %x: tensor<?xf32>, %h: tensor<?xf32>) -> (tensor<?xf32>, tensor<3xi32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<[0, 5, 9]> : tensor<3xi32>
  // CHECK-DAG: %[[D:.*]] = dl.clamp %arg0, %arg1, %arg2 : tensor<f32>, tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  // CHECK: return %[[D]], %[[C]]
  %0 = dl.clamp %l, %x, %h : tensor<f32>, tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %a = dl.constant dense<0> : tensor<i32>
  %b = dl.constant dense<[-5, 5, 50]> : tensor<3xi32>
  %c = dl.constant dense<9> : tensor<i32>
  %1 = dl.clamp %a, %b, %c : tensor<i32>, tensor<3xi32>, tensor<i32> -> tensor<3xi32>
  return %0, %1 : tensor<?xf32>, tensor<3xi32>
}

// -----

func.func @bound(%l: tensor<2xf32>, %x: tensor<3xf32>) {
  // expected-error @+2 {{dl.clamp: a bound is neither a scalar nor of the operand's shape}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.clamp %l, %x, %l : tensor<2xf32>, tensor<3xf32>, tensor<2xf32> -> tensor<3xf32>
  return
}
