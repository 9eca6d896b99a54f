// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @strides
// CHECK: 1x2xi8 = {{\[\[}}5, 7]]
func.func @strides() -> tensor<1x2xi8> {
  %x = dl.constant dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi8>
  %y = dl.slice %x, starts = [1, 1] limits = [2, 4] strides = [1, 2] : tensor<2x4xi8> -> tensor<1x2xi8>
  return %y : tensor<1x2xi8>
}

// A limit of -1 is the size of a `?`.
// CHECK-LABEL: @to_the_end
// CHECK: 2xi8 = [2, 3]
func.func @to_the_end() -> tensor<?xi8> {
  %x = dl.constant dense<[0, 1, 2, 3]> : tensor<4xi8>
  %d = tensor.cast %x : tensor<4xi8> to tensor<?xi8>
  %y = dl.slice %d, starts = [2] limits = [-1] strides = [1] : tensor<?xi8> -> tensor<?xi8>
  return %y : tensor<?xi8>
}

// Nothing can be sliced off the end.
// CHECK-LABEL: @empty
// CHECK: 2x0xi8 = {{\[\[}}], []]
func.func @empty() -> tensor<2x0xi8> {
  %x = dl.constant dense<[[0, 1], [2, 3]]> : tensor<2x2xi8>
  %y = dl.slice %x, starts = [0, 2] limits = [2, 2] strides = [1, 1] : tensor<2x2xi8> -> tensor<2x0xi8>
  return %y : tensor<2x0xi8>
}
