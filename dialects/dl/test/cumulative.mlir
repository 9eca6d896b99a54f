// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<2x?xf32>) -> (tensor<2x?xf32>, tensor<2x?xf32>) {
  // CHECK: dl.cumulative sum %arg0, dim = 1 {exclusive, reverse} : tensor<2x?xf32> -> tensor<2x?xf32>
  %0 = dl.cumulative sum %x, dim = 1 {exclusive, reverse} : tensor<2x?xf32> -> tensor<2x?xf32>
  // CHECK: dl.cumulative log_sum_exp %arg0, dim = 0 : tensor<2x?xf32> -> tensor<2x?xf32>
  %1 = dl.cumulative log_sum_exp %x, dim = 0 : tensor<2x?xf32> -> tensor<2x?xf32>
  return %0, %1 : tensor<2x?xf32>, tensor<2x?xf32>
}

// -----

func.func @integers(%x: tensor<2xi32>) {
  // expected-error @+2 {{dl.cumulative: log_sum_exp of numbers that are not floating-point}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.cumulative log_sum_exp %x, dim = 0 : tensor<2xi32> -> tensor<2xi32>
  return
}
