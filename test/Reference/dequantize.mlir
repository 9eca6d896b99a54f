// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @per_tensor
// CHECK: = [-64, 0, 63.5]
func.func @per_tensor() -> tensor<3xf32> {
  %x = dl.constant dense<[0, 128, 255]> : tensor<3xui8>
  %s = dl.constant dense<0.5> : tensor<f32>
  %z = dl.constant dense<128> : tensor<ui8>
  %y = dl.dequantize %x, %s zero_point(%z : tensor<ui8>) : tensor<3xui8>, tensor<f32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @per_block
// CHECK: = [1, 2, 30, 40]
func.func @per_block() -> tensor<4xf32> {
  %x = dl.constant dense<[1, 2, 3, 4]> : tensor<4xi4>
  %s = dl.constant dense<[1.0, 10.0]> : tensor<2xf32>
  %y = dl.dequantize %x, %s {axis = 0 : i64, block_size = 2 : i64} : tensor<4xi4>, tensor<2xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
