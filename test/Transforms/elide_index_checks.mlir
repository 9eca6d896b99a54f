// RUN: dl-opt %s -dl-elide-index-checks | FileCheck %s

// What the gather compared, the scatter needn't compare again.
// CHECK-LABEL: func.func @embedding
// CHECK: dl.gather
// CHECK-NOT: index_mode
// CHECK: dl.scatter
// CHECK-SAME: mode = #dl.index_mode<drop>
func.func @embedding(%w: tensor<9x4xf32>, %i: tensor<2xi64>, %u: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<9x4xf32>) {
  %at = dl.reshape %i : tensor<2xi64> -> tensor<2x1xi64>
  %y = dl.gather %w, %at {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 4>} : tensor<9x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
  %again = dl.reshape %i : tensor<2xi64> -> tensor<2x1xi64>
  %d = dl.scatter %w, %again, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>} : tensor<9x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<9x4xf32>
  return %y, %d : tensor<2x4xf32>, tensor<9x4xf32>
}

// Another size or other indices are another question, and what may not have run
// answers none.
// CHECK-LABEL: func.func @others
// CHECK-NOT: index_mode
// CHECK: return
func.func @others(%w: tensor<9x4xf32>, %v: tensor<8x4xf32>, %open: tensor<?x4xf32>, %i: tensor<2x1xi64>, %j: tensor<2x1xi64>, %k: tensor<2x1xi64>, %if: i1) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %a = dl.gather %w, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 4>} : tensor<9x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
  %b = dl.gather %v, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 4>} : tensor<8x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
  %c = dl.gather %open, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 4>} : tensor<?x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
  %d = dl.gather %w, %j {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 4>} : tensor<9x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
  %e = scf.if %if -> tensor<2x4xf32> {
    %f = dl.gather %w, %k {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 4>} : tensor<9x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
    scf.yield %f : tensor<2x4xf32>
  } else {
    scf.yield %d : tensor<2x4xf32>
  }
  %g = dl.gather %w, %k {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 4>} : tensor<9x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
  return %a, %b, %c, %d, %e, %g : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}
