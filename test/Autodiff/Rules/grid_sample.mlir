// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2
// RUN: dl-opt %s -dl-decompose-composites="ops=grid_sample" | FileCheck %s --implicit-check-not=dl.grid_sample
// CHECK: dl.gather

// Sampling at a grid's points, by each mode and padding; some points lie outside.

func.func @linear_zeros(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<zeros>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @linear_zeros_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<zeros>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @linear_border(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<border>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @linear_border_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<border>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @linear_reflection(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<reflection>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @linear_reflection_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<reflection>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @nearest_zeros(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<zeros>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @nearest_zeros_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<zeros>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @nearest_border(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<border>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @nearest_border_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<border>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @nearest_reflection(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<reflection>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @nearest_reflection_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<reflection>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @cubic_zeros(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<zeros>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @cubic_zeros_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<zeros>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @cubic_border(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<border>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @cubic_border_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<border>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @cubic_reflection(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<reflection>} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @cubic_reflection_corners(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<reflection>, align_corners} : tensor<2x2x3x4xf64>, tensor<2x3x2x2xf64> -> tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}

func.func @volume(%x: tensor<1x2x3x2x4xf64>, %g: tensor<1x2x1x3x3xf64>) -> tensor<1x2x2x1x3xf64> {
  %r = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<reflection>} : tensor<1x2x3x2x4xf64>, tensor<1x2x1x3x3xf64> -> tensor<1x2x2x1x3xf64>
  return %r : tensor<1x2x2x1x3xf64>
}

func.func @open(%x: tensor<2x2x3x4xf64>, %g: tensor<2x3x2x2xf64>) -> tensor<2x2x3x2xf64> {
  %0 = tensor.cast %x : tensor<2x2x3x4xf64> to tensor<?x?x?x?xf64>
  %1 = tensor.cast %g : tensor<2x3x2x2xf64> to tensor<?x?x?x2xf64>
  %2 = dl.grid_sample %0, %1 {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<border>} : tensor<?x?x?x?xf64>, tensor<?x?x?x2xf64> -> tensor<?x?x?x?xf64>
  %r = tensor.cast %2 : tensor<?x?x?x?xf64> to tensor<2x2x3x2xf64>
  return %r : tensor<2x2x3x2xf64>
}
