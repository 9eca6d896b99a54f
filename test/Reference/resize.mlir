// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @nearest
// CHECK: = [1, 1, 3, 3]
func.func @nearest() -> tensor<4xf32> {
  %x = dl.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %a = dl.resize %x {mode = #dl.resize_mode<nearest>, coordinate_mode = #dl.coordinate_mode<asymmetric>, nearest_mode = #dl.nearest_mode<floor>} : tensor<2xf32> -> tensor<4xf32>
  return %a : tensor<4xf32>
}

// CHECK-LABEL: @linear
// CHECK: = [1, 1.5, 2.5, 3]
// CHECK: = [1, 2, 3]
// CHECK: = [1, 2, 3, 3]
func.func @linear() -> (tensor<4xf32>, tensor<3xf32>, tensor<4xf32>) {
  %x = dl.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %a = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<2xf32> -> tensor<4xf32>
  %b = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<align_corners>} : tensor<2xf32> -> tensor<3xf32>
  %c = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<asymmetric>} : tensor<2xf32> -> tensor<4xf32>
  return %a, %b, %c : tensor<4xf32>, tensor<3xf32>, tensor<4xf32>
}

// The weights of points outside the image go to its edge.
// CHECK-LABEL: @cubic
// CHECK: = [0.7890625, 1.453125, 2.546875, 3.2109375]
func.func @cubic() -> tensor<4xf32> {
  %x = dl.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %a = dl.resize %x {mode = #dl.resize_mode<cubic>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<2xf32> -> tensor<4xf32>
  return %a : tensor<4xf32>
}

// A neighbour of weight 0 adds nothing.
// CHECK-LABEL: @infinite_neighbour
// CHECK: = [1, inf, inf, inf]
func.func @infinite_neighbour() -> tensor<4xf32> {
  %x = dl.constant dense<[1.0, 0x7F800000]> : tensor<2xf32>
  %a = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<asymmetric>} : tensor<2xf32> -> tensor<4xf32>
  return %a : tensor<4xf32>
}

// Shrinking averages.
// CHECK-LABEL: @antialias
// CHECK: = [2.5]
func.func @antialias() -> tensor<1xf32> {
  %x = dl.constant dense<[1.0, 4.0]> : tensor<2xf32>
  %a = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<half_pixel>, antialias} : tensor<2xf32> -> tensor<1xf32>
  return %a : tensor<1xf32>
}

// A scale gives a length that isn't whole: corners are aligned before it is
// rounded down.
// CHECK-LABEL: @fractional_length
// CHECK: 2xf32 = [1, 3.142857]
func.func @fractional_length() -> tensor<?xf32> {
  %x = dl.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %s = dl.constant dense<[0.6]> : tensor<1xf32>
  %y = dl.resize %x scales(%s : tensor<1xf32>) {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<align_corners>} : tensor<4xf32> -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// In f32 the scale were 2, and the length 4.
// CHECK-LABEL: @scale_f64
// CHECK: 3xf32 = [1, 1.5, 2.5]
func.func @scale_f64() -> tensor<?xf32> {
  %x = dl.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %s = dl.constant dense<[1.9999999999]> : tensor<1xf64>
  %y = dl.resize %x scales(%s : tensor<1xf64>) {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<2xf32> -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: @dynamic
// CHECK: 4xf32 = [1, 1, 3, 3]
func.func @dynamic() -> tensor<?xf32> {
  %x = dl.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %s = dl.constant dense<[4]> : tensor<1xi64>
  %y = dl.resize %x sizes(%s : tensor<1xi64>) {mode = #dl.resize_mode<nearest>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<2xf32> -> tensor<?xf32>
  return %y : tensor<?xf32>
}
