// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @updates
func.func @updates(%x: tensor<?x4xf32>, %u: tensor<1x?xf32>, %i: tensor<2xi64>, %y: tensor<3xf32>, %v: tensor<3xf32>) -> (tensor<?x4xf32>, tensor<3xf32>) {
  // CHECK-NEXT: %[[U:.*]] = dl.dynamic_update_slice %arg0, %arg1, %arg2 : tensor<?x4xf32>, tensor<1x?xf32>, tensor<2xi64> -> tensor<?x4xf32>
  // CHECK-NEXT: return %[[U]], %arg4
  %0 = dl.dynamic_update_slice %x, %u, %i : tensor<?x4xf32>, tensor<1x?xf32>, tensor<2xi64> -> tensor<?x4xf32>
  %z = dl.constant dense<0> : tensor<1xi64>
  %1 = dl.dynamic_update_slice %y, %v, %z : tensor<3xf32>, tensor<3xf32>, tensor<1xi64> -> tensor<3xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<3xf32>
}

// -----

func.func @too_large(%x: tensor<2xf32>, %u: tensor<3xf32>, %i: tensor<1xi64>) {
  // expected-error @+2 {{dl.dynamic_update_slice: update has size 3 in dimension 0, the operand 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.dynamic_update_slice %x, %u, %i : tensor<2xf32>, tensor<3xf32>, tensor<1xi64> -> tensor<2xf32>
  return
}

// -----

func.func @rank(%x: tensor<2xf32>, %u: tensor<1x1xf32>, %i: tensor<1xi64>) {
  // expected-error @+2 {{operand and update differ in rank}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.dynamic_update_slice %x, %u, %i : tensor<2xf32>, tensor<1x1xf32>, tensor<1xi64> -> tensor<2xf32>
  return
}

// -----

func.func @starts(%x: tensor<2xf32>, %u: tensor<1xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{start_indices needs 1 entries, has 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.dynamic_update_slice %x, %u, %i : tensor<2xf32>, tensor<1xf32>, tensor<2xi64> -> tensor<2xf32>
  return
}
