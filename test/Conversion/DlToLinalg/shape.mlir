// RUN: dl-opt %s -convert-dl-to-linalg | FileCheck %s

// A broadcast is an indexing map.
// CHECK: #[[MAP:.*]] = affine_map<(d0, d1) -> (0, d1)>
// CHECK-LABEL: @broadcast
// CHECK: linalg.generic {indexing_maps = [#[[MAP]],
func.func @broadcast(%x: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %0 = dl.broadcast_in_dim %x, dims = [0, 1] : tensor<1x8xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Whether a `?` dimension is repeated is asked at run time.
// CHECK-LABEL: @broadcast_dynamic
// CHECK: cf.assert %{{.*}}, "the sizes of a broadcast don't match"
// CHECK: arith.select
// CHECK: tensor.extract
func.func @broadcast_dynamic(%x: tensor<?xf32>, %s: tensor<1xi64>) -> tensor<?xf32> {
  %0 = dl.broadcast_in_dim %x, dims = [0] shape(%s : tensor<1xi64>) : tensor<?xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: @concat
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0] [2, 3] [1, 1]
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 3] [2, 5] [1, 1]
func.func @concat(%x: tensor<2x3xf32>, %y: tensor<2x5xf32>) -> tensor<2x8xf32> {
  %0 = dl.concat %x, %y dim = 1 : (tensor<2x3xf32>, tensor<2x5xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// Indices are checked in a pass of their own.
// CHECK-LABEL: @gather
// CHECK: linalg.generic
// CHECK: cf.assert %{{.*}}, "an index of a gather is out of range"
// CHECK: linalg.generic
func.func @gather(%x: tensor<5x6xf32>, %i: tensor<3xi64>) -> tensor<3x6xf32> {
  %0 = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1 : i64, slice_sizes = array<i64: 1, -1>} : tensor<5x6xf32>, tensor<3xi64> -> tensor<3x6xf32>
  return %0 : tensor<3x6xf32>
}
