// RUN: dl-opt %s -dl-simplify | FileCheck %s

// As relu6 is imported: NaN stays, and the bounds are constants.
// CHECK-LABEL: func.func @bounded
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>
// CHECK-NOT: dl.select
// CHECK: %[[M:.*]] = dl.min %[[X]], %{{.*}}
// CHECK: dl.max %[[M]], %{{.*}}
func.func @bounded(%x: tensor<4xf32>) -> tensor<4xf32> {
  %low = dl.constant dense<0.0> : tensor<4xf32>
  %high = dl.constant dense<6.0> : tensor<4xf32>
  %above = dl.compare ge %x, %high : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %0 = dl.select %above, %high, %x : tensor<4xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %below = dl.compare le %x, %low : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %y = dl.select %below, %low, %0 : tensor<4xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// Not where another number is chosen, nor what isn't compared.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-2: dl.select
func.func @others(%x: tensor<4xf32>, %z: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %low = dl.constant dense<0.0> : tensor<4xf32>
  %other = dl.constant dense<1.0> : tensor<4xf32>
  %below = dl.compare le %x, %low : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %0 = dl.select %below, %other, %x : tensor<4xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %1 = dl.select %below, %low, %z : tensor<4xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @half_bounded
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>, %[[L:[^:]*]]: tensor<f32>
// CHECK-DAG: %[[B:.*]] = dl.{{splat|broadcast_in_dim}} %[[L]]
// CHECK-DAG: dl.max %[[X]], %[[B]]
// CHECK-DAG: dl.min %[[X]], %{{.*}}
func.func @half_bounded(%x: tensor<4xf32>, %l: tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %least = dl.constant dense<0xFF800000> : tensor<f32>
  %most = dl.constant dense<0x7F800000> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.clamp %l, %x, %most : tensor<f32>, tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = dl.clamp %least, %x, %one : tensor<f32>, tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// What an arg_reduce found is the extreme element.
// CHECK-LABEL: func.func @found
// CHECK-SAME: %[[X:[^:]*]]: tensor<3x?xf32>
// CHECK-NOT: dl.gather
// CHECK: dl.reduce max %[[X]]
// CHECK-NOT: dl.gather
func.func @found(%x: tensor<3x?xf32>) -> tensor<3x1xf32> {
  %i = dl.arg_reduce max %x, dim = 1 keep_dims : tensor<3x?xf32> -> tensor<3x1xi64>
  %y = dl.gather %x, %i {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 1>, operand_batching_dims = array<i64: 0>, start_indices_batching_dims = array<i64: 0>, start_index_map = array<i64: 1>, index_vector_dim = 2, slice_sizes = array<i64: 1, 1>, mode = #dl.index_mode<clamp>} : tensor<3x?xf32>, tensor<3x1xi64> -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}
