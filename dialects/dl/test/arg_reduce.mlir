// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<2x?xf32>) -> (tensor<2xi64>, tensor<2x1xi32>) {
  // CHECK: dl.arg_reduce max %arg0, dim = 1 : tensor<2x?xf32> -> tensor<2xi64>
  %0 = dl.arg_reduce max %x, dim = 1 : tensor<2x?xf32> -> tensor<2xi64>
  // CHECK: dl.arg_reduce min %arg0, dim = 1 keep_dims {select_last} : tensor<2x?xf32> -> tensor<2x1xi32>
  %1 = dl.arg_reduce min %x, dim = 1 keep_dims {select_last} : tensor<2x?xf32> -> tensor<2x1xi32>
  return %0, %1 : tensor<2xi64>, tensor<2x1xi32>
}

// -----

func.func @empty(%x: tensor<2x0xf32>) {
  // expected-error @+1 {{reduces an empty dimension}}
  %0 = dl.arg_reduce max %x, dim = 1 : tensor<2x0xf32> -> tensor<2xi64>
  return
}

// -----

func.func @shape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has a result of shape 3, expected 2}}
  %0 = dl.arg_reduce max %x, dim = 1 : tensor<2x3xf32> -> tensor<3xi64>
  return
}

// -----

func.func @dimension(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dl.arg_reduce: dim 2 is not a dimension of a tensor of rank 2}}
  %0 = dl.arg_reduce max %x, dim = 2 : tensor<2x3xf32> -> tensor<2xi64>
  return
}
