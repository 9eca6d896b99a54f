// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<2x?x4xf32>) -> tensor<4x2x?xf32> {
  // CHECK: dl.transpose %arg0, permutation = [2, 0, 1] : tensor<2x?x4xf32> -> tensor<4x2x?xf32>
  %0 = dl.transpose %x, permutation = [2, 0, 1] : tensor<2x?x4xf32> -> tensor<4x2x?xf32>
  return %0 : tensor<4x2x?xf32>
}

// CHECK-LABEL: @folds
func.func @folds(%x: tensor<2x3x4xf32>) -> (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<4x2x3xf32>, tensor<2x2xi32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<{{\[\[}}1, 3], [2, 4]]> : tensor<2x2xi32>
  // CHECK-DAG: %[[T:.*]] = dl.transpose %arg0, permutation = [2, 0, 1]
  // CHECK: return %arg0, %arg0, %[[T]], %[[C]]
  %0 = dl.transpose %x, permutation = [0, 1, 2] : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  %1 = dl.transpose %x, permutation = [1, 2, 0] : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
  %2 = dl.transpose %1, permutation = [2, 0, 1] : tensor<3x4x2xf32> -> tensor<2x3x4xf32>
  %3 = dl.transpose %1, permutation = [1, 2, 0] : tensor<3x4x2xf32> -> tensor<4x2x3xf32>
  %c = dl.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %4 = dl.transpose %c, permutation = [1, 0] : tensor<2x2xi32> -> tensor<2x2xi32>
  return %0, %2, %3, %4 : tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<4x2x3xf32>, tensor<2x2xi32>
}

// CHECK-LABEL: @unit_dims
func.func @unit_dims(%x: tensor<1x?x4xf32>) -> tensor<?x1x4xf32> {
  // CHECK-NEXT: dl.reshape %arg0 : tensor<1x?x4xf32> -> tensor<?x1x4xf32>
  %0 = dl.transpose %x, permutation = [1, 0, 2] : tensor<1x?x4xf32> -> tensor<?x1x4xf32>
  return %0 : tensor<?x1x4xf32>
}

// Transposes meet through sizes of 1 that come and go.
// CHECK-LABEL: @inserted_dims
func.func @inserted_dims(%x: tensor<?x5x4xf32>) -> tensor<5x?x4x1xf32> {
  // CHECK-NEXT: %[[T:.*]] = dl.transpose %arg0, permutation = [1, 0, 2] : tensor<?x5x4xf32> -> tensor<5x?x4xf32>
  // CHECK-NEXT: dl.reshape %[[T]] : tensor<5x?x4xf32> -> tensor<5x?x4x1xf32>
  %0 = dl.transpose %x, permutation = [0, 2, 1] : tensor<?x5x4xf32> -> tensor<?x4x5xf32>
  %1 = dl.reshape %0 : tensor<?x4x5xf32> -> tensor<?x1x4x5xf32>
  %2 = dl.transpose %1, permutation = [3, 0, 2, 1] : tensor<?x1x4x5xf32> -> tensor<5x?x4x1xf32>
  return %2 : tensor<5x?x4x1xf32>
}

// -----

func.func @twice(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{dl.transpose: permutation names dimension 1 twice}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.transpose %x, permutation = [1, 1] : tensor<2x3xf32> -> tensor<3x3xf32>
  return
}

// -----

func.func @length(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{dl.transpose: permutation needs 2 entries, has 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.transpose %x, permutation = [0] : tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----

func.func @inferred(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{inferred type(s) 'tensor<3x2xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.transpose %x, permutation = [1, 0] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}
