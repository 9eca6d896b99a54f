// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x8xf32>, %s: tensor<f32>, %z: tensor<ui8>, %c: tensor<8xf32>, %b: tensor<?x2xf32>) -> (tensor<?x8xui8>, tensor<?x8xi8>, tensor<?x8xi4>, tensor<?x8xf32>) {
  // CHECK: dl.quantize %arg0, %arg1 zero_point(%arg2 : tensor<ui8>) : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xui8>
  %0 = dl.quantize %x, %s zero_point(%z : tensor<ui8>) : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xui8>
  // CHECK: dl.quantize %arg0, %arg3 {axis = 1 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xi8>
  %1 = dl.quantize %x, %c {axis = 1 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xi8>
  // CHECK: dl.quantize %arg0, %arg4 {axis = 1 : i64, block_size = 4 : i64} : tensor<?x8xf32>, tensor<?x2xf32> -> tensor<?x8xi4>
  %2 = dl.quantize %x, %b {axis = 1 : i64, block_size = 4 : i64} : tensor<?x8xf32>, tensor<?x2xf32> -> tensor<?x8xi4>
  // CHECK: dl.dequantize %{{.*}}, %arg1 zero_point(%arg2 : tensor<ui8>) : tensor<?x8xui8>, tensor<f32> -> tensor<?x8xf32>
  %3 = dl.dequantize %0, %s zero_point(%z : tensor<ui8>) : tensor<?x8xui8>, tensor<f32> -> tensor<?x8xf32>
  return %0, %1, %2, %3 : tensor<?x8xui8>, tensor<?x8xi8>, tensor<?x8xi4>, tensor<?x8xf32>
}

// -----

func.func @scale(%x: tensor<2x8xf32>, %s: tensor<3xf32>) {
  // expected-error @+1 {{scale 'tensor<3xf32>' belongs to no granularity of the input 'tensor<2x8xf32>'}}
  %0 = dl.quantize %x, %s {axis = 1 : i64} : tensor<2x8xf32>, tensor<3xf32> -> tensor<2x8xi8>
  return
}

// -----

func.func @zero_point(%x: tensor<2x8xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @+1 {{zero_point 'tensor<i8>' should have element type 'ui8'}}
  %0 = dl.quantize %x, %s zero_point(%z : tensor<i8>) : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xui8>
  return
}

// -----

func.func @dequantized_zero_point(%x: tensor<2x8xi8>, %s: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @+1 {{zero_point 'tensor<ui8>' should have element type 'i8'}}
  %0 = dl.dequantize %x, %s zero_point(%z : tensor<ui8>) : tensor<2x8xi8>, tensor<f32> -> tensor<2x8xf32>
  return
}
