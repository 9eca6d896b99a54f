// RUN: dl-opt %s -dl-form-dispatches --mlir-use-nameloc-as-prefix=false | FileCheck %s

// A matrix product takes its epilogue; the same kernel twice is outlined once;
// an elementwise producer goes into the reduction that reads it.

// CHECK-LABEL: func.func @fuse
// CHECK: %[[H:.*]] = dispatch.launch @kernel_0_dot_general(%{{.*}}, %{{.*}}, %{{.*}}) : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
// CHECK: %[[Y:.*]] = dispatch.launch @kernel_0_dot_general(%[[H]], %{{.*}}, %{{.*}})
// CHECK: %[[S:.*]] = dispatch.launch @kernel_1_reduce(%[[Y]])
// CHECK: return %[[Y]], %[[S]]
func.func @fuse(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>, %b: tensor<8xf32>)
    -> (tensor<4x8xf32>, tensor<4xf32>) {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %1 = dl.broadcast_in_dim %b, dims = [1] : tensor<8xf32> -> tensor<4x8xf32>
  %2 = dl.add %0, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = dl.relu %2 : tensor<4x8xf32> -> tensor<4x8xf32>
  %4 = dl.dot_general %3, %w, batching = [] x [] contracting = [1] x [0] : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %5 = dl.add %4, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %6 = dl.relu %5 : tensor<4x8xf32> -> tensor<4x8xf32>
  %7 = dl.exp %6 : tensor<4x8xf32> -> tensor<4x8xf32>
  %8 = dl.reduce sum %7, dims = [1] : tensor<4x8xf32> -> tensor<4xf32>
  return %6, %8 : tensor<4x8xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @view
// CHECK: %[[V:.*]] = dispatch.view %{{.*}} : tensor<2x3xf32> -> tensor<6xf32>
// CHECK: dispatch.view %[[V]][%{{.*}}] : tensor<6xf32> -> tensor<2xf32>
// CHECK-NOT: dispatch.launch
func.func @view(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %0 = dl.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %1 = dl.slice %0, starts = [4] limits = [6] strides = [1] : tensor<6xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// Sizes that may differ are compared, once.
// CHECK-LABEL: func.func @sizes
// CHECK: dispatch.fail_if %{{.*}}, "node 'sum': sizes differ
// CHECK-NOT: dispatch.fail_if
// CHECK: dispatch.launch @{{.*}} sizes(%{{.*}})
func.func @sizes(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.add %x, %y : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32> loc("sum")
  %1 = dl.mul %0, %y : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// A cast that says more than its operand is compared too.
// CHECK-LABEL: func.func @cast
// CHECK: dispatch.fail_if %{{.*}}dimension 0 isn't 3
// CHECK: tensor.cast
func.func @cast(%x: tensor<?xf32>) -> tensor<3xf32> {
  %0 = tensor.cast %x : tensor<?xf32> to tensor<3xf32>
  return %0 : tensor<3xf32>
}

// Elementwise ops that only meet later are one kernel: what one reads moves to it, and a
// product gives its result instead of two that are made of it.
// CHECK-LABEL: func.func @meet
// CHECK: %[[G:.*]] = dispatch.launch @{{.*}}(%arg0, %arg1) : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
// CHECK-NEXT: %[[U:.*]]:3 = dispatch.launch @{{.*}}(%arg3, %[[G]], %arg4, %arg2)
// CHECK-NEXT: return %[[U]]#2, %[[U]]#0, %[[U]]#1
func.func @meet(%x: tensor<4x8xf32>, %dy: tensor<4x6xf32>, %w: tensor<8x6xf32>, %m: tensor<8x6xf32>,
                %v: tensor<8x6xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>) {
  %half = dl.constant dense<0.5> : tensor<8x6xf32>
  %g = dl.dot_general %x, %dy, batching = [] x [] contracting = [0] x [0] : tensor<4x8xf32>, tensor<4x6xf32> -> tensor<8x6xf32>
  %m0 = dl.mul %m, %half : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %m1 = dl.add %m0, %g : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %v0 = dl.mul %v, %half : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %gg = dl.mul %g, %g : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %v1 = dl.add %v0, %gg : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %u = dl.div %m1, %v1 : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %w1 = dl.sub %w, %u : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  return %w1, %m1, %v1 : tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>
}

// What is small until the product of two has ended isn't kept as two.
// CHECK-LABEL: func.func @keeps_one
// CHECK: %[[C:.*]] = dispatch.launch @{{.*}}_mul(
// CHECK: dispatch.launch @{{.*}}_add(%{{.*}}, %[[C]])
func.func @keeps_one(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %a = dl.reverse %x, dims = [0] : tensor<8x8xf32> -> tensor<8x8xf32>
  %b = dl.reverse %x, dims = [1] : tensor<8x8xf32> -> tensor<8x8xf32>
  %c = dl.mul %a, %b : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  %d = dl.reverse %x, dims = [0, 1] : tensor<8x8xf32> -> tensor<8x8xf32>
  %e = dl.reverse %d, dims = [1] : tensor<8x8xf32> -> tensor<8x8xf32>
  %f = dl.add %e, %c : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  return %f : tensor<8x8xf32>
}

// CHECK-LABEL: func.func @data_dependent
// CHECK: %[[N:.*]] = dispatch.launch @[[COUNT:.*]](%{{.*}}) : (tensor<?xf32>) -> tensor<i64>
// CHECK: %[[E:.*]] = tensor.extract %[[N]][] : tensor<i64>
// CHECK: %[[I:.*]] = arith.index_cast %[[E]]
// CHECK: dispatch.launch @{{.*}} sizes(%[[I]]) : (tensor<?xf32>) -> tensor<1x?xi64>
func.func @data_dependent(%x: tensor<?xf32>) -> tensor<1x?xi64> {
  %0 = dl.nonzero %x : tensor<?xf32> -> tensor<1x?xi64>
  return %0 : tensor<1x?xi64>
}

// CHECK: func.func private @kernel_0_dot_general
// CHECK-SAME: attributes {dlc.kernel}
// CHECK: func.func private @[[COUNT]](
// CHECK: dl.nonzero
// CHECK: dl.dim_size
