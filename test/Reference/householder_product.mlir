// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @column
// CHECK: 2x1xf32 = {{\[\[}}-0.6], [-0.8]]
func.func @column() -> tensor<2x1xf32> {
  %f = dl.constant dense<[[-5.0], [0.5]]> : tensor<2x1xf32>
  %t = dl.constant dense<[1.6]> : tensor<1xf32>
  %q = dl.householder_product %f, %t : tensor<2x1xf32>, tensor<1xf32> -> tensor<2x1xf32>
  return %q : tensor<2x1xf32>
}

// Fewer reflections than columns.
// CHECK-LABEL: @square
// CHECK: 2x2xf32 = {{\[\[}}-0.6, -0.8], [-0.8, 0.6]]
func.func @square() -> tensor<2x2xf32> {
  %f = dl.constant dense<[[-5.0, 7.0], [0.5, 7.0]]> : tensor<2x2xf32>
  %t = dl.constant dense<[1.6]> : tensor<1xf32>
  %q = dl.householder_product %f, %t : tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xf32>
  return %q : tensor<2x2xf32>
}
