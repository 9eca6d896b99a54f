// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Only one triangle is read.
// CHECK-LABEL: @two
// CHECK: 2xf32 = [1, 3]
// CHECK: 2x2xf32 = {{\[\[}}0.70710{{[0-9]*}}, 0.70710{{[0-9]*}}], [-0.70710{{[0-9]*}}, 0.70710{{[0-9]*}}]]
// CHECK: 2xf32 = [-7, 11]
func.func @two() -> (tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>) {
  %a = dl.constant dense<[[2.0, 9.0], [1.0, 2.0]]> : tensor<2x2xf32>
  %l, %v = dl.eigh %a : tensor<2x2xf32> -> tensor<2xf32>, tensor<2x2xf32>
  %m, %w = dl.eigh %a {upper} : tensor<2x2xf32> -> tensor<2xf32>, tensor<2x2xf32>
  return %l, %v, %m : tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>
}

// Values of several sizes, one of them twice; NaN spoils its own matrix only.
// CHECK-LABEL: @batch
// CHECK: 2x3xf64 = {{\[\[}}-1, 2, 1000], [nan, nan, nan]]
func.func @batch() -> tensor<2x3xf64> {
  %a = dl.constant dense<[[[1000.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, -1.0]], [[1.0, 0.0, 0.0], [0x7FF8000000000000, 2.0, 0.0], [0.0, 0.0, 1.0]]]> : tensor<2x3x3xf64>
  %l, %v = dl.eigh %a : tensor<2x3x3xf64> -> tensor<2x3xf64>, tensor<2x3x3xf64>
  return %l : tensor<2x3xf64>
}

// CHECK-LABEL: @random
func.func @random() -> (tensor<7xf64>, tensor<7x7xf64>) {
  %i = dl.iota {dimension = 0 : i64} : tensor<49xf64>
  %s = dl.sin %i : tensor<49xf64> -> tensor<49xf64>
  %a = dl.reshape %s : tensor<49xf64> -> tensor<7x7xf64>
  %l, %v = dl.eigh %a : tensor<7x7xf64> -> tensor<7xf64>, tensor<7x7xf64>
  return %l, %v : tensor<7xf64>, tensor<7x7xf64>
}
