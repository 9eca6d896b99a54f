// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @static
// CHECK: 2x3xf32 = {{\[\[}}0, 1, 2], [0, 1, 2]]
// CHECK: 2x1xi8 = {{\[\[}}0], [1]]
func.func @static() -> (tensor<2x3xf32>, tensor<2x1xi8>) {
  %a = dl.iota {dimension = 1 : i64} : tensor<2x3xf32>
  %b = dl.iota {dimension = 0 : i64} : tensor<2x1xi8>
  return %a, %b : tensor<2x3xf32>, tensor<2x1xi8>
}

// CHECK-LABEL: @dynamic
// CHECK: 2x2xi32 = {{\[\[}}0, 0], [1, 1]]
func.func @dynamic() -> tensor<?x2xi32> {
  %s = dl.constant dense<[2, 2]> : tensor<2xi64>
  %a = dl.iota shape(%s : tensor<2xi64>) {dimension = 0 : i64} : tensor<?x2xi32>
  return %a : tensor<?x2xi32>
}
