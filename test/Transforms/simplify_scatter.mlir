// RUN: dl-opt %s -dl-simplify | FileCheck %s

// A tied embedding's gradient: one buffer, not two and their sum.
// CHECK-LABEL: func.func @tied
// CHECK-SAME: %[[G:[^:]*]]: tensor<9x4xf32>, %[[I:[^:]*]]: tensor<2x1xi64>, %[[U:[^:]*]]: tensor<2x4xf32>
// CHECK-NOT: dl.add
// CHECK: %[[S:.*]] = dl.scatter %[[G]], %[[I]], %[[U]]
// CHECK: return %[[S]]
func.func @tied(%g: tensor<9x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> tensor<9x4xf32> {
  %zero = dl.constant dense<0.0> : tensor<9x4xf32>
  %s = dl.scatter %zero, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>} : tensor<9x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<9x4xf32>
  %y = dl.add %s, %g : tensor<9x4xf32>, tensor<9x4xf32> -> tensor<9x4xf32>
  return %y : tensor<9x4xf32>
}

// What an optimiser adds to the gradient comes before what is scattered.
// CHECK-LABEL: func.func @addend
// CHECK-SAME: %[[X:[^:]*]]: tensor<9x4xf32>, %[[G:[^:]*]]: tensor<9x4xf32>,
// CHECK: %[[A:.*]] = dl.add %[[G]], %[[X]]
// CHECK: %[[S:.*]] = dl.scatter %[[A]]
// CHECK: return %[[S]]
func.func @addend(%x: tensor<9x4xf32>, %g: tensor<9x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> tensor<9x4xf32> {
  %s = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>} : tensor<9x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<9x4xf32>
  %y = dl.add %g, %s : tensor<9x4xf32>, tensor<9x4xf32> -> tensor<9x4xf32>
  return %y : tensor<9x4xf32>
}

// Not what replaces, nor what is needed by itself.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-2: dl.add
func.func @others(%g: tensor<9x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> (tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>) {
  %zero = dl.constant dense<0.0> : tensor<9x4xf32>
  %r = dl.scatter %zero, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<replace>} : tensor<9x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<9x4xf32>
  %s = dl.scatter %zero, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>} : tensor<9x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<9x4xf32>
  %y = dl.add %r, %g : tensor<9x4xf32>, tensor<9x4xf32> -> tensor<9x4xf32>
  %z = dl.add %g, %s : tensor<9x4xf32>, tensor<9x4xf32> -> tensor<9x4xf32>
  return %y, %z, %s : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>
}
