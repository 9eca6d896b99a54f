// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @static
// CHECK: 3x2xf32 = {{\[\[}}0, 1], [2, 3], [4, 5]]
func.func @static() -> tensor<3x2xf32> {
  %x = dl.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]> : tensor<6xf32>
  %y = dl.reshape %x : tensor<6xf32> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// CHECK-LABEL: @dynamic
// CHECK: 2x3xi8 = {{\[\[}}0, 1, 2], [3, 4, 5]]
func.func @dynamic() -> tensor<?x?xi8> {
  %x = dl.constant dense<[0, 1, 2, 3, 4, 5]> : tensor<6xi8>
  %s = dl.constant dense<[2, 3]> : tensor<2xi64>
  %y = dl.reshape %x shape(%s : tensor<2xi64>) : tensor<6xi8> -> tensor<?x?xi8>
  return %y : tensor<?x?xi8>
}

// CHECK-LABEL: @to_scalar
// CHECK: output_0: i8 = 7
func.func @to_scalar() -> tensor<i8> {
  %x = dl.constant dense<[[7]]> : tensor<1x1xi8>
  %y = dl.reshape %x : tensor<1x1xi8> -> tensor<i8>
  return %y : tensor<i8>
}
