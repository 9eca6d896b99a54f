// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @two
// CHECK: 2x2xf32 = {{\[\[}}1, {{-?}}0], [0, 1]]
// CHECK: 2xf32 = [3, 2]
// CHECK: 2x2xf32 = {{\[\[}}0, 1], [-1, {{-?}}0]]
func.func @two() -> (tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>) {
  %a = dl.constant dense<[[0.0, 3.0], [-2.0, 0.0]]> : tensor<2x2xf32>
  %u, %s, %vt = dl.svd %a : tensor<2x2xf32> -> tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>
  return %u, %s, %vt : tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: @wide_full
// CHECK: 1x1xf32 = {{\[\[}}1]]
// CHECK: 1xf32 = [5]
// CHECK: 2x2xf32 = {{\[\[}}0.6, 0.8], [0.8, -0.6]]
func.func @wide_full() -> (tensor<1x1xf32>, tensor<1xf32>, tensor<2x2xf32>) {
  %a = dl.constant dense<[[3.0, 4.0]]> : tensor<1x2xf32>
  %u, %s, %vt = dl.svd %a {full} : tensor<1x2xf32> -> tensor<1x1xf32>, tensor<1xf32>, tensor<2x2xf32>
  return %u, %s, %vt : tensor<1x1xf32>, tensor<1xf32>, tensor<2x2xf32>
}

// A singular value of 0.
// CHECK-LABEL: @singular
// CHECK: 2x2xf64 = {{\[\[}}1, 0], [0, 1]]
// CHECK: 2xf64 = [5, 0]
func.func @singular() -> (tensor<2x2xf64>, tensor<2xf64>) {
  %a = dl.constant dense<[[3.0, 4.0], [0.0, 0.0]]> : tensor<2x2xf64>
  %u, %s, %vt = dl.svd %a : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>
  return %u, %s : tensor<2x2xf64>, tensor<2xf64>
}

// CHECK-LABEL: @random
func.func @random() -> (tensor<?x4xf64>, tensor<?xf64>, tensor<?x?xf64>) {
  %i = dl.iota {dimension = 0 : i64} : tensor<28xf64>
  %j = dl.mul %i, %i : tensor<28xf64>, tensor<28xf64> -> tensor<28xf64>
  %s = dl.cos %j : tensor<28xf64> -> tensor<28xf64>
  %a = dl.reshape %s : tensor<28xf64> -> tensor<4x7xf64>
  %x = tensor.cast %a : tensor<4x7xf64> to tensor<4x?xf64>
  %u, %l, %vt = dl.svd %x : tensor<4x?xf64> -> tensor<?x4xf64>, tensor<?xf64>, tensor<?x?xf64>
  return %u, %l, %vt : tensor<?x4xf64>, tensor<?xf64>, tensor<?x?xf64>
}
