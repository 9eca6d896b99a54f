// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @row
// CHECK: 2x3xi8 = {{\[\[}}1, 2, 3], [1, 2, 3]]
func.func @row() -> tensor<2x3xi8> {
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %y = dl.broadcast_in_dim %x, dims = [1] : tensor<3xi8> -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// CHECK-LABEL: @size_one
// CHECK: 2x2xi8 = {{\[\[}}5, 5], [6, 6]]
func.func @size_one() -> tensor<2x2xi8> {
  %x = dl.constant dense<[[5], [6]]> : tensor<2x1xi8>
  %y = dl.broadcast_in_dim %x, dims = [0, 1] : tensor<2x1xi8> -> tensor<2x2xi8>
  return %y : tensor<2x2xi8>
}

// A `?` may be 1 at run time.
// CHECK-LABEL: @dynamic
// CHECK: 2x2xi8 = {{\[\[}}9, 9], [9, 9]]
func.func @dynamic() -> tensor<?x?xi8> {
  %x = dl.constant dense<9> : tensor<1xi8>
  %d = tensor.cast %x : tensor<1xi8> to tensor<?xi8>
  %s = dl.constant dense<[2, 2]> : tensor<2xi64>
  %y = dl.broadcast_in_dim %d, dims = [1] shape(%s : tensor<2xi64>) : tensor<?xi8> -> tensor<?x?xi8>
  return %y : tensor<?x?xi8>
}
