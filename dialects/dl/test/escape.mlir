// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x3xf32>, %b: tensor<1x6x4xf32>, %s: tensor<1x2x6xf32>, %n: tensor<i64>, %t: tensor<f32>) -> (tensor<2x?xi64>, tensor<?x3xf32>, tensor<?x3xi64>, tensor<4xf32>) {
  // CHECK: dl.nonzero %arg0 : tensor<?x3xf32> -> tensor<2x?xi64>
  %0 = dl.nonzero %x : tensor<?x3xf32> -> tensor<2x?xi64>
  // CHECK: dl.unique %arg0 {axis = 0 : i64, sorted} : tensor<?x3xf32> -> tensor<?x3xf32>, tensor<?xi64>, tensor<?xi64>, tensor<?xi64>
  %1:4 = dl.unique %x {axis = 0 : i64, sorted} : tensor<?x3xf32> -> tensor<?x3xf32>, tensor<?xi64>, tensor<?xi64>, tensor<?xi64>
  // CHECK: dl.non_max_suppression %arg1, %arg2, %arg3, %arg4 score_threshold(%arg4 : tensor<f32>)
  %2 = dl.non_max_suppression %b, %s, %n, %t score_threshold(%t : tensor<f32>) : tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<f32> -> tensor<?x3xi64>
  // CHECK: dl.custom_call "user_function"(%arg0) {has_side_effect} : (tensor<?x3xf32>) -> tensor<4xf32>
  %3 = dl.custom_call "user_function"(%x) {has_side_effect} : (tensor<?x3xf32>) -> tensor<4xf32>
  return %0, %1#0, %2, %3 : tensor<2x?xi64>, tensor<?x3xf32>, tensor<?x3xi64>, tensor<4xf32>
}

// An assertion known to hold vanishes.
// CHECK-LABEL: @assert
func.func @assert(%p: tensor<i1>) {
  // CHECK-NEXT: dl.assert %arg0, "must hold" : tensor<i1>
  // CHECK-NEXT: return
  dl.assert %p, "must hold" : tensor<i1>
  %true = dl.constant dense<true> : tensor<2xi1>
  dl.assert %true, "holds" : tensor<2xi1>
  return
}

// -----

func.func @axis(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{axis 2 is out of range for the input 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %1:4 = dl.unique %x {axis = 2 : i64} : tensor<2x3xf32> -> tensor<?x3xf32>, tensor<?xi64>, tensor<?xi64>, tensor<?xi64>
  return
}

// -----

func.func @boxes(%b: tensor<1x6x5xf32>, %s: tensor<1x2x6xf32>, %n: tensor<i64>, %t: tensor<f32>) {
  // expected-error @+2 {{boxes 'tensor<1x6x5xf32>' should be N,B,4}}
  // expected-error @+1 {{failed to infer returned types}}
  %2 = dl.non_max_suppression %b, %s, %n, %t : tensor<1x6x5xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<f32> -> tensor<?x3xi64>
  return
}

// -----

func.func @dynamic(%x: tensor<3xf32>) {
  // expected-error @+1 {{result 'tensor<?xf32>' is not static}}
  %3 = dl.custom_call "user_function"(%x) : (tensor<3xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @rows(%x: tensor<2x?xf32>) { // nonzero C1
  // expected-error @+2 {{inferred type(s) 'tensor<2x?xi64>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.nonzero %x : tensor<2x?xf32> -> tensor<3x?xi64>
  return
}

// -----

func.func @not_boolean(%x: tensor<?xi8>) { // assert C1
  // expected-error @+1 {{operand #0 must be tensor of 1-bit signless integer values, but got 'tensor<?xi8>'}}
  dl.assert %x, "must hold" : tensor<?xi8>
  return
}
