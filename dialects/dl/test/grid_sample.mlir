// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x3x8x8xf32>, %g: tensor<?x4x5x2xf32>) -> tensor<?x3x4x5xf32> {
  // CHECK: dl.grid_sample %arg0, %arg1 {align_corners, mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<border>} : tensor<?x3x8x8xf32>, tensor<?x4x5x2xf32> -> tensor<?x3x4x5xf32>
  %0 = dl.grid_sample %x, %g {align_corners, mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<border>} : tensor<?x3x8x8xf32>, tensor<?x4x5x2xf32> -> tensor<?x3x4x5xf32>
  return %0 : tensor<?x3x4x5xf32>
}

// -----

func.func @coordinates(%x: tensor<1x3x8x8xf32>, %g: tensor<1x4x5x3xf32>) {
  // expected-error @+2 {{should hold 2 coordinates per point}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<zeros>} : tensor<1x3x8x8xf32>, tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  return
}
