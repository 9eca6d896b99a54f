// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%a: tensor<?x3x3xf32>, %b: tensor<?x3x2xf32>) -> (tensor<?x3x3xf32>, tensor<?x3x2xf32>) {
  // CHECK: dl.cholesky %arg0 {upper} : tensor<?x3x3xf32> -> tensor<?x3x3xf32>
  %0 = dl.cholesky %a {upper} : tensor<?x3x3xf32> -> tensor<?x3x3xf32>
  // CHECK: dl.triangular_solve %arg0, %arg1 {transpose, unit_diagonal} : tensor<?x3x3xf32>, tensor<?x3x2xf32> -> tensor<?x3x2xf32>
  %1 = dl.triangular_solve %a, %b {transpose, unit_diagonal} : tensor<?x3x3xf32>, tensor<?x3x2xf32> -> tensor<?x3x2xf32>
  return %0, %1 : tensor<?x3x3xf32>, tensor<?x3x2xf32>
}

// -----

func.func @rows(%a: tensor<3x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @+2 {{a 'tensor<3x3xf32>' cannot be solved for b 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.triangular_solve %a, %b : tensor<3x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return
}
