// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<2x?xf32>, %y: tensor<?x3xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>) {
  // CHECK: dl.sort %arg0, %arg1 dim = 1 descending : (tensor<2x?xf32>, tensor<?x3xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  %0:2 = dl.sort %x, %y dim = 1 descending : (tensor<2x?xf32>, tensor<?x3xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  return %0#0, %0#1 : tensor<2x3xf32>, tensor<2x3xi64>
}

// -----

func.func @shapes(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+2 {{dl.sort: operands differ in shape}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.sort %x, %y dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> (tensor<2xf32>, tensor<3xf32>)
  return
}
