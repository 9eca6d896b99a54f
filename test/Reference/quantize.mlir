// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Ties to even, saturation.
// CHECK-LABEL: @per_tensor
// CHECK: = [0, 2, 255, 0, 130]
func.func @per_tensor() -> tensor<5xui8> {
  %x = dl.constant dense<[-64.0, -63.0, 1000.0, -1000.0, 1.25]> : tensor<5xf32>
  %s = dl.constant dense<0.5> : tensor<f32>
  %z = dl.constant dense<128> : tensor<ui8>
  %y = dl.quantize %x, %s zero_point(%z : tensor<ui8>) : tensor<5xf32>, tensor<f32> -> tensor<5xui8>
  return %y : tensor<5xui8>
}

// CHECK-LABEL: @per_axis
// CHECK: = {{\[\[}}1, 2], [1, 1]]
func.func @per_axis() -> tensor<2x2xi8> {
  %x = dl.constant dense<[[1.0, 2.0], [2.0, 2.0]]> : tensor<2x2xf32>
  %s = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = dl.quantize %x, %s {axis = 0 : i64} : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xi8>
  return %y : tensor<2x2xi8>
}

// CHECK-LABEL: @to_f8
// CHECK: = [448, 2]
func.func @to_f8() -> tensor<2xf8E4M3FN> {
  %x = dl.constant dense<[1.0e6, 4.0]> : tensor<2xf32>
  %s = dl.constant dense<2.0> : tensor<f32>
  %y = dl.quantize %x, %s : tensor<2xf32>, tensor<f32> -> tensor<2xf8E4M3FN>
  return %y : tensor<2xf8E4M3FN>
}
