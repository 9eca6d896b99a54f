// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<1x3x?x?xf32>, %n: tensor<4xi64>, %s: tensor<4xf32>) -> (tensor<1x3x?x?xf32>, tensor<1x3x?x?xf32>) {
  // CHECK: dl.resize %arg0 sizes(%arg1 : tensor<4xi64>) {{.*}}mode = #dl.resize_mode<linear>
  %0 = dl.resize %x sizes(%n : tensor<4xi64>) {coordinate_mode = #dl.coordinate_mode<half_pixel>, mode = #dl.resize_mode<linear>} : tensor<1x3x?x?xf32> -> tensor<1x3x?x?xf32>
  // CHECK: dl.resize %arg0 scales(%arg2 : tensor<4xf32>) {{.*}}nearest_mode = #dl.nearest_mode<floor>
  %1 = dl.resize %x scales(%s : tensor<4xf32>) {coordinate_mode = #dl.coordinate_mode<asymmetric>, mode = #dl.resize_mode<nearest>, nearest_mode = #dl.nearest_mode<floor>} : tensor<1x3x?x?xf32> -> tensor<1x3x?x?xf32>
  return %0, %1 : tensor<1x3x?x?xf32>, tensor<1x3x?x?xf32>
}

// -----

func.func @roi(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{roi belongs to tf_crop_and_resize, and is required there}}
  %0 = dl.resize %x {coordinate_mode = #dl.coordinate_mode<tf_crop_and_resize>, mode = #dl.resize_mode<linear>} : tensor<1x2xf32> -> tensor<1x3xf32>
  return
}

// -----

func.func @sizes(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{a result with a `?` needs sizes or scales}}
  %0 = dl.resize %x {coordinate_mode = #dl.coordinate_mode<half_pixel>, mode = #dl.resize_mode<linear>} : tensor<1x2xf32> -> tensor<1x?xf32>
  return
}

// -----

func.func @antialias(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{antialias belongs to linear and cubic interpolation}}
  %0 = dl.resize %x {antialias, coordinate_mode = #dl.coordinate_mode<half_pixel>, mode = #dl.resize_mode<nearest>} : tensor<1x2xf32> -> tensor<1x3xf32>
  return
}
