// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<9x?xf32>) -> tensor<4x?xf32> {
  // CHECK: dl.slice %arg0, starts = [1, 2] limits = [8, -1] strides = [2, 1] : tensor<9x?xf32> -> tensor<4x?xf32>
  %0 = dl.slice %x, starts = [1, 2] limits = [8, -1] strides = [2, 1] : tensor<9x?xf32> -> tensor<4x?xf32>
  return %0 : tensor<4x?xf32>
}

// CHECK-LABEL: @folds
func.func @folds(%x: tensor<9x?xf32>, %y: tensor<9xf32>) -> (tensor<9x?xf32>, tensor<2xi32>, tensor<2xf32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<[2, 4]> : tensor<2xi32>
  // CHECK-DAG: %[[S:.*]] = dl.slice %arg1, starts = [3] limits = [8] strides = [4] : tensor<9xf32> -> tensor<2xf32>
  // CHECK: return %arg0, %[[C]], %[[S]]
  %0 = dl.slice %x, starts = [0, 0] limits = [9, -1] strides = [1, 1] : tensor<9x?xf32> -> tensor<9x?xf32>
  %c = dl.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  %1 = dl.slice %c, starts = [1] limits = [4] strides = [2] : tensor<4xi32> -> tensor<2xi32>
  %2 = dl.slice %y, starts = [1] limits = [9] strides = [2] : tensor<9xf32> -> tensor<4xf32>
  %3 = dl.slice %2, starts = [1] limits = [4] strides = [2] : tensor<4xf32> -> tensor<2xf32>
  return %0, %1, %3 : tensor<9x?xf32>, tensor<2xi32>, tensor<2xf32>
}

// CHECK-LABEL: @of_concat
func.func @of_concat(%a: tensor<2xi64>, %b: tensor<3xi64>) -> (tensor<2xi64>, tensor<3xi64>, tensor<2xi64>) {
  // CHECK-DAG: %[[IN_B:.*]] = dl.slice %arg1, starts = [1] limits = [3] strides = [1]
  // CHECK-DAG: %[[BOTH:.*]] = dl.slice %{{.*}}, starts = [1] limits = [3] strides = [1] : tensor<5xi64>
  // CHECK: return %[[IN_B]], %arg1, %[[BOTH]]
  %0 = dl.concat %a, %b dim = 0 : (tensor<2xi64>, tensor<3xi64>) -> tensor<5xi64>
  %1 = dl.slice %0, starts = [3] limits = [5] strides = [1] : tensor<5xi64> -> tensor<2xi64>
  %2 = dl.slice %0, starts = [2] limits = [-1] strides = [1] : tensor<5xi64> -> tensor<3xi64>
  %3 = dl.slice %0, starts = [1] limits = [3] strides = [1] : tensor<5xi64> -> tensor<2xi64>
  return %1, %2, %3 : tensor<2xi64>, tensor<3xi64>, tensor<2xi64>
}

// -----

func.func @beyond(%x: tensor<4xf32>) {
  // expected-error @+2 {{dl.slice: limit 5 lies beyond size 4 of dimension 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.slice %x, starts = [0] limits = [5] strides = [1] : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

func.func @stride(%x: tensor<4xf32>) {
  // expected-error @+2 {{dl.slice: strides has an entry -1 below 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.slice %x, starts = [0] limits = [4] strides = [-1] : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @entries(%x: tensor<4xf32>) {
  // expected-error @+2 {{dl.slice: starts needs 1 entries, has 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.slice %x, starts = [0, 0] limits = [4] strides = [1] : tensor<4xf32> -> tensor<4xf32>
  return
}
