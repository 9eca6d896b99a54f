// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x1xf32>, %s: tensor<3xi64>) -> tensor<2x?x?xf32> {
  // CHECK: dl.broadcast_in_dim %arg0, dims = [1, 2] shape(%arg1 : tensor<3xi64>) : tensor<?x1xf32> -> tensor<2x?x?xf32>
  %0 = dl.broadcast_in_dim %x, dims = [1, 2] shape(%s : tensor<3xi64>) : tensor<?x1xf32> -> tensor<2x?x?xf32>
  return %0 : tensor<2x?x?xf32>
}

// CHECK-LABEL: @folds
func.func @folds(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> (tensor<2x3xf32>, tensor<4x2x3xf32>, tensor<2x2xi32>, tensor<99x99xf32>) {
  // CHECK-DAG: %[[SPLAT:.*]] = dl.constant dense<1.000000e+00> : tensor<99x99xf32>
  // CHECK-DAG: %[[ROWS:.*]] = dl.constant dense<{{\[\[}}1, 2], [1, 2]]> : tensor<2x2xi32>
  // CHECK-DAG: %[[TWICE:.*]] = dl.broadcast_in_dim %arg1, dims = [2] : tensor<3xf32> -> tensor<4x2x3xf32>
  // CHECK: return %arg0, %[[TWICE]], %[[ROWS]], %[[SPLAT]]
  %0 = dl.broadcast_in_dim %x, dims = [0, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %1 = dl.broadcast_in_dim %y, dims = [1] : tensor<3xf32> -> tensor<2x3xf32>
  %2 = dl.broadcast_in_dim %1, dims = [1, 2] : tensor<2x3xf32> -> tensor<4x2x3xf32>
  %c = dl.constant dense<[1, 2]> : tensor<2xi32>
  %3 = dl.broadcast_in_dim %c, dims = [1] : tensor<2xi32> -> tensor<2x2xi32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %4 = dl.broadcast_in_dim %one, dims = [] : tensor<f32> -> tensor<99x99xf32>
  return %0, %2, %3, %4 : tensor<2x3xf32>, tensor<4x2x3xf32>, tensor<2x2xi32>, tensor<99x99xf32>
}

// A ? may be 1 at run time: equal dynamic types are not equal shapes.
// CHECK-LABEL: @dynamic
func.func @dynamic(%x: tensor<?xf32>, %s: tensor<1xi64>) -> tensor<?xf32> {
  // CHECK-NEXT: dl.broadcast_in_dim
  %0 = dl.broadcast_in_dim %x, dims = [0] shape(%s : tensor<1xi64>) : tensor<?xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: @known_shape
func.func @known_shape(%x: tensor<f32>) -> tensor<?x?xf32> {
  // CHECK-NEXT: dl.broadcast_in_dim %arg0, dims = [] : tensor<f32> -> tensor<2x3xf32>
  // CHECK-NEXT: tensor.cast
  %s = dl.constant dense<[2, 3]> : tensor<2xi64>
  %0 = dl.broadcast_in_dim %x, dims = [] shape(%s : tensor<2xi64>) : tensor<f32> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func @repeat(%x: tensor<2xf32>) {
  // expected-error @+1 {{cannot repeat size 2 to 3 (result dimension 0)}}
  %0 = dl.broadcast_in_dim %x, dims = [0] : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

func.func @order(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dims must increase}}
  %0 = dl.broadcast_in_dim %x, dims = [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  return
}

// -----

func.func @count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{names 1 dimensions for an operand of rank 2}}
  %0 = dl.broadcast_in_dim %x, dims = [1] : tensor<2x3xf32> -> tensor<3x2xf32>
  return
}

// -----

func.func @no_shape(%x: tensor<1xf32>) {
  // expected-error @+1 {{needs a shape operand for its dynamic result type 'tensor<?xf32>'}}
  %0 = dl.broadcast_in_dim %x, dims = [0] : tensor<1xf32> -> tensor<?xf32>
  return
}
