// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Of equal elements the lower index comes first.
// CHECK-LABEL: @largest
// CHECK: 2x2xi32 = {{\[\[}}9, 5], [4, 4]]
// CHECK: 2x2xi64 = {{\[\[}}1, 0], [0, 2]]
func.func @largest() -> (tensor<2x2xi32>, tensor<2x2xi64>) {
  %x = dl.constant dense<[[5, 9, 1], [4, 2, 4]]> : tensor<2x3xi32>
  %k = dl.constant dense<2> : tensor<i64>
  %v, %i = dl.top_k %x, %k, dim = 1 : tensor<2x3xi32>, tensor<i64> -> tensor<2x2xi32>, tensor<2x2xi64>
  return %v, %i : tensor<2x2xi32>, tensor<2x2xi64>
}

// CHECK-LABEL: @smallest
// CHECK: 2xf32 = [-1, 3]
// CHECK: 2xi64 = [2, 0]
func.func @smallest() -> (tensor<?xf32>, tensor<?xi64>) {
  %x = dl.constant dense<[3.0, 0x7FC00000, -1.0]> : tensor<3xf32>
  %k = dl.constant dense<2> : tensor<i64>
  %v, %i = dl.top_k %x, %k, dim = 0 smallest : tensor<3xf32>, tensor<i64> -> tensor<?xf32>, tensor<?xi64>
  return %v, %i : tensor<?xf32>, tensor<?xi64>
}
