// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @sorted
// CHECK: 3xi8 = [1, 2, 3]
// CHECK: = [1, 3, 0]
// CHECK: = [2, 0, 2, 1]
// CHECK: = [1, 1, 2]
func.func @sorted() -> (tensor<?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>) {
  %x = dl.constant dense<[3, 1, 3, 2]> : tensor<4xi8>
  %v, %f, %i, %c = dl.unique %x {sorted} : tensor<4xi8> -> tensor<?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>
  return %v, %f, %i, %c : tensor<?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>
}

// CHECK-LABEL: @by_occurrence
// CHECK: 3xi8 = [3, 1, 2]
// CHECK: = [0, 1, 3]
// CHECK: = [0, 1, 0, 2]
// CHECK: = [2, 1, 1]
func.func @by_occurrence() -> (tensor<?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>) {
  %x = dl.constant dense<[3, 1, 3, 2]> : tensor<4xi8>
  %v, %f, %i, %c = dl.unique %x : tensor<4xi8> -> tensor<?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>
  return %v, %f, %i, %c : tensor<?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>
}

// NaNs are one value, or separate ones.
// CHECK-LABEL: @nans
// CHECK: 3xf32 = [-1, 2, nan]
// CHECK: = [2, 1, 2]
// CHECK: 4xf32 = [-1, 2, nan, nan]
// CHECK: = [2, 1, 3, 0, 0]
// CHECK: = [2, 1, 1, 1]
func.func @nans() -> (tensor<?xf32>, tensor<?xi64>, tensor<?xf32>, tensor<5xi64>, tensor<?xi64>) {
  %x = dl.constant dense<[0x7FC00000, 2.0, 0x7FC00000, -1.0, -1.0]> : tensor<5xf32>
  %v, %f, %i, %c = dl.unique %x {sorted} : tensor<5xf32> -> tensor<?xf32>, tensor<?xi64>, tensor<5xi64>, tensor<?xi64>
  %w, %g, %j, %d = dl.unique %x {sorted, separate_nans} : tensor<5xf32> -> tensor<?xf32>, tensor<?xi64>, tensor<5xi64>, tensor<?xi64>
  return %v, %c, %w, %j, %d : tensor<?xf32>, tensor<?xi64>, tensor<?xf32>, tensor<5xi64>, tensor<?xi64>
}

// CHECK-LABEL: @rows
// CHECK: 2x2xi8 = {{\[\[}}1, 2], [3, 4]]
// CHECK: = [1, 0]
// CHECK: = [1, 0, 1]
// CHECK: = [1, 2]
func.func @rows() -> (tensor<?x2xi8>, tensor<?xi64>, tensor<3xi64>, tensor<?xi64>) {
  %x = dl.constant dense<[[3, 4], [1, 2], [3, 4]]> : tensor<3x2xi8>
  %v, %f, %i, %c = dl.unique %x {axis = 0 : i64, sorted} : tensor<3x2xi8> -> tensor<?x2xi8>, tensor<?xi64>, tensor<3xi64>, tensor<?xi64>
  return %v, %f, %i, %c : tensor<?x2xi8>, tensor<?xi64>, tensor<3xi64>, tensor<?xi64>
}
