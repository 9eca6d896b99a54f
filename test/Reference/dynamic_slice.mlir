// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @static_sizes
// CHECK: 1x2xi8 = {{\[\[}}5, 6]]
func.func @static_sizes() -> tensor<1x2xi8> {
  %x = dl.constant dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi8>
  %s = dl.constant dense<[1, 1]> : tensor<2xi64>
  %y = dl.dynamic_slice %x, %s : tensor<2xi64> : tensor<2x4xi8> -> tensor<1x2xi8>
  return %y : tensor<1x2xi8>
}

// CHECK-LABEL: @negative_stride
// CHECK: 3xi8 = [3, 2, 1]
func.func @negative_stride() -> tensor<?xi8> {
  %x = dl.constant dense<[0, 1, 2, 3]> : tensor<4xi8>
  %s = dl.constant dense<[3]> : tensor<1xi64>
  %n = dl.constant dense<[3]> : tensor<1xi64>
  %t = dl.constant dense<[-1]> : tensor<1xi64>
  %y = dl.dynamic_slice %x, %s : tensor<1xi64> sizes(%n : tensor<1xi64>) strides(%t : tensor<1xi64>) : tensor<4xi8> -> tensor<?xi8>
  return %y : tensor<?xi8>
}

// An empty tensor has empty slices.
// CHECK-LABEL: @empty
// CHECK: 0xi8 = []
func.func @empty() -> tensor<?xi8> {
  %x = dl.constant dense<> : tensor<0xi8>
  %s = dl.constant dense<[0]> : tensor<1xi64>
  %n = dl.constant dense<[0]> : tensor<1xi64>
  %y = dl.dynamic_slice %x, %s : tensor<1xi64> sizes(%n : tensor<1xi64>) : tensor<0xi8> -> tensor<?xi8>
  return %y : tensor<?xi8>
}
