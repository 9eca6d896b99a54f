// RUN: dl-opt %s -dl-infer-shapes -canonicalize -cse --mlir-use-nameloc-as-prefix=false | FileCheck %s

// Dimensions of one name are one size: broadcasting to it changes nothing.
// CHECK-LABEL: @same_symbol
func.func @same_symbol(%x: tensor<?x8xf32> {dlc.dim_symbols = ["n", ""]},
                       %y: tensor<?x8xf32> {dlc.dim_symbols = ["n", ""]}) -> tensor<?x8xf32> {
  // CHECK-NEXT: %[[Z:.*]] = dl.add %arg0, %arg1
  // CHECK-NEXT: return %[[Z]]
  %n = dl.dim_size %x {dimension = 0 : i64} : tensor<?x8xf32> -> tensor<i64>
  %n1 = dl.reshape %n : tensor<i64> -> tensor<1xi64>
  %c8 = dl.constant dense<8> : tensor<1xi64>
  %s = dl.concat %n1, %c8 dim = 0 : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %b = dl.broadcast_in_dim %y, dims = [0, 1] shape(%s : tensor<2xi64>) : tensor<?x8xf32> -> tensor<?x8xf32>
  %z = dl.add %x, %b : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// Shape arithmetic on known sizes is done now; result types follow.
// CHECK-LABEL: @static_reshape
// CHECK-SAME: -> tensor<6x4xf32>
func.func @static_reshape(%x: tensor<2x3x4xf32>) -> tensor<?x?xf32> {
  // CHECK-NEXT: dl.reshape %arg0 : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %a = dl.dim_size %x {dimension = 0 : i64} : tensor<2x3x4xf32> -> tensor<i64>
  %b = dl.dim_size %x {dimension = 1 : i64} : tensor<2x3x4xf32> -> tensor<i64>
  %ab = dl.mul %a, %b : tensor<i64>, tensor<i64> -> tensor<i64>
  %ab1 = dl.reshape %ab : tensor<i64> -> tensor<1xi64>
  %c4 = dl.constant dense<4> : tensor<1xi64>
  %s = dl.concat %ab1, %c4 dim = 0 : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = dl.reshape %x shape(%s : tensor<2xi64>) : tensor<2x3x4xf32> -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Every size is read from the argument.
// CHECK-LABEL: @size_of_result
func.func @size_of_result(%x: tensor<?x3x?x5xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<i64> {
  // CHECK-NEXT: %[[N:.*]] = dl.dim_size %arg0 {dimension = 2 : i64}
  // CHECK-NEXT: return %[[N]]
  %0 = dl.conv %x, %w strides = [1, 1] padding = [1, 1], [1, 1] dilations = [1, 1] : tensor<?x3x?x5xf32>, tensor<4x3x3x3xf32> -> tensor<?x4x?x5xf32>
  %1 = dl.relu %0 : tensor<?x4x?x5xf32> -> tensor<?x4x?x5xf32>
  %2 = dl.dim_size %1 {dimension = 2 : i64} : tensor<?x4x?x5xf32> -> tensor<i64>
  return %2 : tensor<i64>
}

// What a loop carries keeps its size where the body does.
// CHECK-LABEL: @loop
// CHECK-SAME: -> (tensor<4xf32>, tensor<?xf32>)
func.func @loop(%x: tensor<4xf32>, %y: tensor<1xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %a = dl.reshape %x : tensor<4xf32> -> tensor<?xf32>
  %b = dl.reshape %y : tensor<1xf32> -> tensor<?xf32>
  // CHECK: scf.for {{.*}} -> (tensor<4xf32>, tensor<?xf32>)
  %r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%s = %a, %t = %b) -> (tensor<?xf32>, tensor<?xf32>) {
    // CHECK: dl.exp {{.*}} : tensor<4xf32> -> tensor<4xf32>
    %e = dl.exp %s : tensor<?xf32> -> tensor<?xf32>
    %c = dl.concat %t, %y dim = 0 : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
    scf.yield %e, %c : tensor<?xf32>, tensor<?xf32>
  }
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xf32>
}

// CHECK-LABEL: func.func private @callee(
// CHECK-SAME: tensor<3xf32>) -> tensor<6xf32>
func.func private @callee(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.concat %x, %x dim = 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: @caller
// CHECK-SAME: -> tensor<6xf32>
func.func @caller(%x: tensor<3xf32>) -> tensor<?xf32> {
  %0 = dl.reshape %x : tensor<3xf32> -> tensor<?xf32>
  %1 = call @callee(%0) : (tensor<?xf32>) -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// Sizes that contradict each other stay open: a run that gets there fails, another
// doesn't.
// CHECK-LABEL: @contradiction
func.func @contradiction(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<?xf32> {
  // CHECK-DAG: %[[X:.*]] = tensor.cast %arg0 : tensor<2xf32> to tensor<?xf32>
  // CHECK-DAG: %[[Y:.*]] = tensor.cast %arg1 : tensor<3xf32> to tensor<?xf32>
  // CHECK: dl.add %[[X]], %[[Y]]
  %a = tensor.cast %x : tensor<2xf32> to tensor<?xf32>
  %b = tensor.cast %y : tensor<3xf32> to tensor<?xf32>
  %z = dl.add %a, %b : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %z : tensor<?xf32>
}
