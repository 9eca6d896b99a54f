// RUN: dl-opt %s -dl-choose-layout --mlir-use-nameloc-as-prefix=false | FileCheck %s
// RUN: dl-opt %s -dl-choose-layout=transpose-cost=100000 --mlir-use-nameloc-as-prefix=false | FileCheck %s --check-prefix=DEAR

// CHECK-LABEL: @residual
// DEAR-LABEL: @residual
// DEAR-NOT: channels_last
func.func @residual(%x: tensor<1x16x8x8xf32>, %w: tensor<16x16x3x3xf32>, %b: tensor<16xf32>) -> tensor<1x16xf32> {
  // CHECK: %[[T:.*]] = dl.transpose %arg0, permutation = [0, 2, 3, 1] : tensor<1x16x8x8xf32> -> tensor<1x8x8x16xf32>
  // CHECK: %[[K:.*]] = dl.transpose %arg1, permutation = [2, 3, 1, 0] : tensor<16x16x3x3xf32> -> tensor<3x3x16x16xf32>
  // CHECK: %[[C:.*]] = dl.conv %[[T]], %[[K]] {{.*}}layout = #dl.data_layout<channels_last>{{.*}} -> tensor<1x8x8x16xf32>
  %0 = dl.conv %x, %w strides = [1, 1] padding = [1, 1], [1, 1] dilations = [1, 1]
    : tensor<1x16x8x8xf32>, tensor<16x16x3x3xf32> -> tensor<1x16x8x8xf32>
  // CHECK: %[[R:.*]] = dl.relu %[[C]]
  %1 = dl.relu %0 : tensor<1x16x8x8xf32> -> tensor<1x16x8x8xf32>
  // CHECK: %[[A:.*]] = dl.add %[[R]], %[[T]]
  %2 = dl.add %1, %x : tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32> -> tensor<1x16x8x8xf32>
  // CHECK: %[[B:.*]] = dl.broadcast_in_dim %arg2, dims = [3] : tensor<16xf32> -> tensor<1x8x8x16xf32>
  %3 = dl.broadcast_in_dim %b, dims = [1] : tensor<16xf32> -> tensor<1x16x8x8xf32>
  // CHECK: %[[M:.*]] = dl.mul %[[A]], %[[B]]
  %4 = dl.mul %2, %3 : tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32> -> tensor<1x16x8x8xf32>
  // CHECK: %[[P:.*]] = dl.pool max %[[M]] {{.*}} : tensor<1x8x8x16xf32> -> tensor<1x4x4x16xf32>
  %5 = dl.pool max %4 window = [2, 2] strides = [2, 2] padding = [0, 0], [0, 0] dilations = [1, 1]
    : tensor<1x16x8x8xf32> -> tensor<1x16x4x4xf32>
  // CHECK: %[[G:.*]] = dl.reduce mean %[[P]], dims = [1, 2] : tensor<1x4x4x16xf32> -> tensor<1x16xf32>
  // CHECK-NEXT: return %[[G]]
  %6 = dl.reduce mean %5, dims = [2, 3] : tensor<1x16x4x4xf32> -> tensor<1x16xf32>
  return %6 : tensor<1x16xf32>
}

// Where the region ends, the old order comes back.
// CHECK-LABEL: @border
func.func @border(%x: tensor<?x4x8x8xf32>, %w: tensor<64x4x3x3xf32>) -> tensor<?x64x6x6xf32> {
  // CHECK: %[[C:.*]] = dl.conv {{.*}} -> tensor<?x6x6x64xf32>
  // CHECK: %[[T:.*]] = dl.transpose %[[C]], permutation = [0, 3, 1, 2] : tensor<?x6x6x64xf32> -> tensor<?x64x6x6xf32>
  // CHECK: dl.softmax %[[T]], dim = 1
  %0 = dl.conv %x, %w strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1]
    : tensor<?x4x8x8xf32>, tensor<64x4x3x3xf32> -> tensor<?x64x6x6xf32>
  %1 = dl.softmax %0, dim = 1 : tensor<?x64x6x6xf32> -> tensor<?x64x6x6xf32>
  return %1 : tensor<?x64x6x6xf32>
}

// Broadcasts are made in the new order, those to open sizes, too.
// CHECK-LABEL: @open_broadcast
func.func @open_broadcast(%x: tensor<?x4x8x8xf32>, %w: tensor<64x4x3x3xf32>, %s: tensor<4xi64>,
                          %a: tensor<f32>, %b: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // CHECK-DAG: %[[N:.*]] = dl.slice %arg2, {{.*}} -> tensor<1xi64>
  // CHECK-DAG: %[[HW:.*]] = dl.slice %arg2, {{.*}} -> tensor<2xi64>
  // CHECK: %[[S:.*]] = dl.concat %[[N]], %[[HW]], %{{.*}} dim = 0
  // CHECK: %[[C:.*]] = dl.conv
  %0 = dl.conv %x, %w strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1]
    : tensor<?x4x8x8xf32>, tensor<64x4x3x3xf32> -> tensor<?x64x6x6xf32>
  // CHECK: %[[A:.*]] = dl.broadcast_in_dim %arg3, dims = [] shape(%[[S]] : tensor<4xi64>) : tensor<f32> -> tensor<?x6x6x64xf32>
  // CHECK: dl.add %[[C]], %[[A]]
  %1 = dl.broadcast_in_dim %a, dims = [] shape(%s : tensor<4xi64>) : tensor<f32> -> tensor<?x64x6x6xf32>
  %2 = dl.add %0, %1 : tensor<?x64x6x6xf32>, tensor<?x64x6x6xf32> -> tensor<?x64x6x6xf32>
  // CHECK: %[[B:.*]] = dl.broadcast_in_dim %arg4, dims = [0, 3] shape(%[[S]] : tensor<4xi64>) : tensor<?x64xf32> -> tensor<?x6x6x64xf32>
  // CHECK: dl.mul {{.*}}, %[[B]]
  %3 = dl.broadcast_in_dim %b, dims = [0, 1] shape(%s : tensor<4xi64>) : tensor<?x64xf32> -> tensor<?x64x6x6xf32>
  %4 = dl.mul %2, %3 : tensor<?x64x6x6xf32>, tensor<?x64x6x6xf32> -> tensor<?x64x6x6xf32>
  %5 = dl.reduce mean %4, dims = [2, 3] : tensor<?x64x6x6xf32> -> tensor<?x64xf32>
  return %5 : tensor<?x64xf32>
}
