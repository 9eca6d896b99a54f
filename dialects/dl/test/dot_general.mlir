// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%a: tensor<?x4x8xf32>, %b: tensor<8x?x5xf32>, %q: tensor<3x4xui8>, %w: tensor<4x5xi8>) -> (tensor<?x4x5xf32>, tensor<3x5xi32>) {
  // CHECK: dl.dot_general %arg0, %arg1, batching = [0] x [1] contracting = [2] x [0] : tensor<?x4x8xf32>, tensor<8x?x5xf32> -> tensor<?x4x5xf32>
  %0 = dl.dot_general %a, %b, batching = [0] x [1] contracting = [2] x [0] : tensor<?x4x8xf32>, tensor<8x?x5xf32> -> tensor<?x4x5xf32>
  // CHECK: dl.dot_general %arg2, %arg3, batching = [] x [] contracting = [1] x [0] : tensor<3x4xui8>, tensor<4x5xi8> -> tensor<3x5xi32>
  %1 = dl.dot_general %q, %w, batching = [] x [] contracting = [1] x [0] : tensor<3x4xui8>, tensor<4x5xi8> -> tensor<3x5xi32>
  return %0, %1 : tensor<?x4x5xf32>, tensor<3x5xi32>
}

// -----

func.func @sizes(%a: tensor<3x4xf32>, %b: tensor<5x6xf32>) {
  // expected-error @+1 {{lhs dimension 1 of size 4 meets rhs dimension 0 of size 5}}
  %0 = dl.dot_general %a, %b, batching = [] x [] contracting = [1] x [0] : tensor<3x4xf32>, tensor<5x6xf32> -> tensor<3x6xf32>
  return
}

// -----

func.func @lengths(%a: tensor<3x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{lhs_contracting and rhs_contracting differ in length}}
  %0 = dl.dot_general %a, %b, batching = [] x [] contracting = [1, 0] x [0] : tensor<3x4xf32>, tensor<4x6xf32> -> tensor<6xf32>
  return
}

// -----

func.func @shape(%a: tensor<3x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{result should be 'tensor<3x6xf32>' but is 'tensor<6x3xf32>'}}
  %0 = dl.dot_general %a, %b, batching = [] x [] contracting = [1] x [0] : tensor<3x4xf32>, tensor<4x6xf32> -> tensor<6x3xf32>
  return
}
