// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3x5xf32>) -> tensor<?x5xf32> {
  // CHECK: dl.scatter %arg0, %arg1, %arg2 {index_vector_dim = 1 : i64,
  // CHECK-SAME: kind = #dl.scatter_kind<add>
  // CHECK-SAME: : tensor<?x5xf32>, tensor<3x1xi64>, tensor<3x5xf32> -> tensor<?x5xf32>
  %0 = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>,
    input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>,
    scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>}
    : tensor<?x5xf32>, tensor<3x1xi64>, tensor<3x5xf32> -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}

// -----

func.func @window(%x: tensor<4x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3x6xf32>) {
  // expected-error @+2 {{dl.scatter: updates have shape 3x6, which does not fit 3x5}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>,
    input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>,
    scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1}
    : tensor<4x5xf32>, tensor<3x1xi64>, tensor<3x6xf32> -> tensor<4x5xf32>
  return
}

// -----

func.func @rank(%x: tensor<4x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3xf32>) {
  // expected-error @+2 {{dl.scatter: updates have rank 1, expected 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>,
    input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>,
    scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1}
    : tensor<4x5xf32>, tensor<3x1xi64>, tensor<3xf32> -> tensor<4x5xf32>
  return
}

// -----

func.func @booleans(%x: tensor<4xi1>, %i: tensor<1x1xi64>, %u: tensor<1xi1>) {
  // expected-error @+2 {{dl.scatter: booleans are only replaced}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>,
    input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>,
    scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<max>}
    : tensor<4xi1>, tensor<1x1xi64>, tensor<1xi1> -> tensor<4xi1>
  return
}
