// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @matmul
// CHECK: 2x2xf32 = {{\[\[}}4, 5], [10, 11]]
func.func @matmul() -> tensor<2x2xf32> {
  %x = dl.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %y = dl.constant dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]> : tensor<3x2xf32>
  %z = dl.dot_general %x, %y, batching = [] x [] contracting = [1] x [0] : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}

// Batch, then the free dimensions of both.
// CHECK-LABEL: @batch
// CHECK: 2x1x1xi32 = {{\[\[\[}}5]], {{\[\[}}25]]]
func.func @batch() -> tensor<2x1x1xi32> {
  %x = dl.constant dense<[[[1, 2]], [[3, 4]]]> : tensor<2x1x2xi8>
  %z = dl.dot_general %x, %x, batching = [0] x [0] contracting = [2] x [2] : tensor<2x1x2xi8>, tensor<2x1x2xi8> -> tensor<2x1x1xi32>
  return %z : tensor<2x1x1xi32>
}

// CHECK-LABEL: @mixed_signs
// CHECK: i32 = -25500
func.func @mixed_signs() -> tensor<i32> {
  %x = dl.constant dense<[-100]> : tensor<1xi8>
  %y = dl.constant dense<[255]> : tensor<1xui8>
  %z = dl.dot_general %x, %y, batching = [] x [] contracting = [0] x [0] : tensor<1xi8>, tensor<1xui8> -> tensor<i32>
  return %z : tensor<i32>
}

// A sum of no products is 0.
// CHECK-LABEL: @nothing
// CHECK: 2x2xf32 = {{\[\[}}0, 0], [0, 0]]
func.func @nothing() -> tensor<2x2xf32> {
  %x = dl.constant dense<> : tensor<2x0xf32>
  %y = dl.constant dense<> : tensor<0x2xf32>
  %z = dl.dot_general %x, %y, batching = [] x [] contracting = [1] x [0] : tensor<2x0xf32>, tensor<0x2xf32> -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}
