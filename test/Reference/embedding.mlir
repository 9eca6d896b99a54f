// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @rows
// CHECK: 2x1x2xf32 = {{\[\[\[}}3, 4]], {{\[\[}}1, 2]]]
func.func @rows() -> tensor<2x1x2xf32> {
  %x = dl.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %i = dl.constant dense<[[1], [0]]> : tensor<2x1xi32>
  %y = dl.embedding %x, %i : tensor<2x2xf32>, tensor<2x1xi32> -> tensor<2x1x2xf32>
  return %y : tensor<2x1x2xf32>
}
