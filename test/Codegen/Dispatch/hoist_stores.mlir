// RUN: dl-opt %s -dl-hoist-stores | FileCheck %s

dl.global private mutable @w : tensor<4xf32> = dense<1.0> : tensor<4xf32>
dl.global private mutable @v : tensor<4xf32> = dense<1.0> : tensor<4xf32>

func.func private @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> attributes {dlc.kernel} {
  %0 = dl.mul %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @g(%x: tensor<4xf32>) -> tensor<4xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @take(%x: tensor<4xf32>, %at: tensor<2x1xi64>) -> tensor<2xf32> attributes {dlc.kernel} {
  %0 = dl.gather %x, %at {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 0>,
      operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
      start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1>}
      : tensor<4xf32>, tensor<2x1xi64> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func private @take_checked(%x: tensor<4xf32>, %at: tensor<2x1xi64>) -> tensor<2xf32> attributes {dlc.kernel} {
  %0 = dl.gather %x, %at {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 0>,
      operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
      start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1>,
      mode = #dl.index_mode<drop>}
      : tensor<4xf32>, tensor<2x1xi64> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// As soon as its gradient is there.
// CHECK-LABEL: func.func @early
// CHECK: %[[W:.*]] = dl.global_load
// CHECK: %[[G:.*]] = dispatch.launch @f
// CHECK: %[[N:.*]] = dispatch.launch @f(%[[W]], %[[G]])
// CHECK: dl.global_store %[[N]], @w
// CHECK: dispatch.launch @g
func.func @early(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.global_load mutable @w : tensor<4xf32>
  %g = dispatch.launch @f(%x, %w) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %y = dispatch.launch @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %n = dispatch.launch @f(%w, %g) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  dl.global_store %n, @w : tensor<4xf32>
  return %y : tensor<4xf32>
}

// Not before what reads the old one.
// CHECK-LABEL: func.func @read
// CHECK: dispatch.launch @g(%{{.*}})
// CHECK: dispatch.launch @g(%{{.*}})
// CHECK-NEXT: dl.global_store
func.func @read(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.global_load mutable @w : tensor<4xf32>
  %y = dispatch.launch @g(%w) : (tensor<4xf32>) -> tensor<4xf32>
  %n = dispatch.launch @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
  dl.global_store %n, @w : tensor<4xf32>
  return %y : tensor<4xf32>
}

// Not before what may fail, be it between the launch and its store; but the second
// access by indices that were checked can't.
// CHECK-LABEL: func.func @fail
// CHECK: %[[N:.*]] = dispatch.launch @g
// CHECK-NEXT: dispatch.launch @take
// CHECK-NEXT: %[[M:.*]] = dispatch.launch @g
// CHECK-NEXT: dl.global_store %[[M]], @v
// CHECK-NEXT: dispatch.launch @take_checked
// CHECK-NEXT: dl.global_store %[[N]], @w
func.func @fail(%x: tensor<4xf32>, %at: tensor<2x1xi64>) -> (tensor<2xf32>, tensor<2xf32>) {
  %n = dispatch.launch @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %y = dispatch.launch @take(%x, %at) : (tensor<4xf32>, tensor<2x1xi64>) -> tensor<2xf32>
  %z = dispatch.launch @take_checked(%x, %at) : (tensor<4xf32>, tensor<2x1xi64>) -> tensor<2xf32>
  dl.global_store %n, @w : tensor<4xf32>
  %m = dispatch.launch @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
  dl.global_store %m, @v : tensor<4xf32>
  return %y, %z : tensor<2xf32>, tensor<2xf32>
}
