// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<2x?xf32>, %k: tensor<i64>) -> (tensor<2x?xf32>, tensor<2x?xi64>) {
  // CHECK: dl.top_k %arg0, %arg1, dim = 1 smallest : tensor<2x?xf32>, tensor<i64> -> tensor<2x?xf32>, tensor<2x?xi64>
  %0:2 = dl.top_k %x, %k, dim = 1 smallest : tensor<2x?xf32>, tensor<i64> -> tensor<2x?xf32>, tensor<2x?xi64>
  return %0#0, %0#1 : tensor<2x?xf32>, tensor<2x?xi64>
}

// CHECK-LABEL: @constant_k
func.func @constant_k(%x: tensor<2x9xf32>) -> (tensor<2x?xf32>, tensor<2x?xi64>) {
  // CHECK: dl.top_k {{.*}} -> tensor<2x5xf32>, tensor<2x5xi64>
  %k = dl.constant dense<5> : tensor<i64>
  %0:2 = dl.top_k %x, %k, dim = 1 : tensor<2x9xf32>, tensor<i64> -> tensor<2x?xf32>, tensor<2x?xi64>
  return %0#0, %0#1 : tensor<2x?xf32>, tensor<2x?xi64>
}

// -----

func.func @too_many(%x: tensor<2x3xf32>, %k: tensor<i64>) {
  // expected-error @+1 {{takes 5 of 3 elements}}
  %0:2 = dl.top_k %x, %k, dim = 1 : tensor<2x3xf32>, tensor<i64> -> tensor<2x5xf32>, tensor<2x5xi64>
  return
}

// -----

func.func @shape(%x: tensor<2x3xf32>, %k: tensor<i64>) {
  // expected-error @+1 {{has a result of shape 3x?, expected 2x?}}
  %0:2 = dl.top_k %x, %k, dim = 1 : tensor<2x3xf32>, tensor<i64> -> tensor<3x?xf32>, tensor<2x?xi64>
  return
}
