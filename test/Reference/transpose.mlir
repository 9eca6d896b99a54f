// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @rank3
// CHECK: 3x1x2xi8 = {{\[\[\[}}1, 4]], {{\[\[}}2, 5]], {{\[\[}}3, 6]]]
func.func @rank3() -> tensor<3x1x2xi8> {
  %x = dl.constant dense<[[[1, 2, 3], [4, 5, 6]]]> : tensor<1x2x3xi8>
  %y = dl.transpose %x, permutation = [2, 0, 1] : tensor<1x2x3xi8> -> tensor<3x1x2xi8>
  return %y : tensor<3x1x2xi8>
}
