// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @groups
// CHECK: 1x4x1xf32 = {{\[\[\[}}-1], [1], [-10], [10]]]
func.func @groups() -> tensor<1x4x1xf32> {
  %x = dl.constant dense<[[[1.0], [3.0], [10.0], [20.0]]]> : tensor<1x4x1xf32>
  %s = dl.constant dense<[1.0, 1.0, 10.0, 10.0]> : tensor<4xf32>
  %y = dl.group_norm %x scale(%s : tensor<4xf32>) groups = 2 {epsilon = 0.0 : f64} : tensor<1x4x1xf32> -> tensor<1x4x1xf32>
  return %y : tensor<1x4x1xf32>
}
