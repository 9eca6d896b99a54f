// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// A real matrix: conjugate values, conjugate vectors. One that is triangular already; NaN
// spoils its own matrix only.
// CHECK-LABEL: @batch
// CHECK: 3x2x2xf64 = {{\[\[}}[0, 2], [0, -2]], {{\[\[}}1, 0], [3, 0]], {{\[\[}}nan, nan], [nan, nan]]]
// CHECK: 3x2x2x2xf64 = {{\[\[\[}}[0.894427{{[0-9]*}}, 0], [0.894427{{[0-9]*}}, {{-?}}0]], {{\[\[}}0, -0.447213{{[0-9]*}}], [0, 0.447213{{[0-9]*}}]]], {{\[\[}}[1, 0], [0.707106{{[0-9]*}}, 0]], {{\[\[}}0, 0], [0.707106{{[0-9]*}}, 0]]]
func.func @batch() -> (tensor<3x2x2xf64>, tensor<3x2x2x2xf64>) {
  %a = dl.constant dense<[[[[0.0, 0.0], [-4.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]],
                          [[[1.0, 0.0], [2.0, 0.0]], [[0.0, 0.0], [3.0, 0.0]]],
                          [[[0x7FF8000000000000, 0.0], [2.0, 0.0]], [[0.0, 0.0], [3.0, 0.0]]]]>
      : tensor<3x2x2x2xf64>
  %l, %v = dl.eig %a : tensor<3x2x2x2xf64> -> tensor<3x2x2xf64>, tensor<3x2x2x2xf64>
  return %l, %v : tensor<3x2x2xf64>, tensor<3x2x2x2xf64>
}

// CHECK-LABEL: @complex
// CHECK: 2x2xf32 = {{\[\[}}0, 1], [2, 0]]
func.func @complex() -> tensor<2x2xf32> {
  %a = dl.constant dense<[[[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [2.0, 0.0]]]> : tensor<2x2x2xf32>
  %t = dl.transpose %a, permutation = [1, 0, 2] : tensor<2x2x2xf32> -> tensor<2x2x2xf32>
  %l, %v = dl.eig %t : tensor<2x2x2xf32> -> tensor<2x2xf32>, tensor<2x2x2xf32>
  return %l : tensor<2x2xf32>
}

// A double eigenvalue with one vector; rows and columns to exchange, of several sizes.
// CHECK-LABEL: @structured
// CHECK: 2x2xf64 = {{\[\[}}1, 0], [1, 0]]
// CHECK: 3x2xf64 = {{\[\[}}3, 0], [2, 0], [6, 0]]
func.func @structured() -> (tensor<2x2xf64>, tensor<3x2xf64>) {
  %a = dl.constant dense<[[[1.0, 0.0], [0.0, 0.0]], [[5.0, 0.0], [1.0, 0.0]]]> : tensor<2x2x2xf64>
  %l, %v = dl.eig %a : tensor<2x2x2xf64> -> tensor<2x2xf64>, tensor<2x2x2xf64>
  %b = dl.constant dense<[[[2.0, 0.0], [0.0, 0.0], [1.0e9, 0.0]], [[1.0, 0.0], [3.0, 0.0], [1.0e-9, 0.0]], [[0.0, 0.0], [0.0, 0.0], [6.0, 0.0]]]> : tensor<3x3x2xf64>
  %m, %w = dl.eig %b : tensor<3x3x2xf64> -> tensor<3x2xf64>, tensor<3x3x2xf64>
  return %l, %m : tensor<2x2xf64>, tensor<3x2xf64>
}

// CHECK-LABEL: @random
func.func @random() -> (tensor<7x2xf64>, tensor<7x7x2xf64>, tensor<7x2xf64>, tensor<7x7x2xf64>) {
  %i = dl.iota {dimension = 0 : i64} : tensor<98xf64>
  %p = dl.mul %i, %i : tensor<98xf64>, tensor<98xf64> -> tensor<98xf64>
  %s = dl.sin %p : tensor<98xf64> -> tensor<98xf64>
  %a = dl.reshape %s : tensor<98xf64> -> tensor<7x7x2xf64>
  %l, %v = dl.eig %a : tensor<7x7x2xf64> -> tensor<7x2xf64>, tensor<7x7x2xf64>
  %mask = dl.constant dense<[1.0, 0.0]> : tensor<2xf64>
  %m = dl.broadcast_in_dim %mask, dims = [2] : tensor<2xf64> -> tensor<7x7x2xf64>
  %r = dl.mul %a, %m : tensor<7x7x2xf64>, tensor<7x7x2xf64> -> tensor<7x7x2xf64>
  %k, %w = dl.eig %r : tensor<7x7x2xf64> -> tensor<7x2xf64>, tensor<7x7x2xf64>
  return %l, %v, %k, %w : tensor<7x2xf64>, tensor<7x7x2xf64>, tensor<7x2xf64>, tensor<7x7x2xf64>
}
