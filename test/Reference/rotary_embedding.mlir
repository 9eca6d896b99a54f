// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// (a, b) becomes (-b, a); the rest stays.
// CHECK-LABEL: @quarter_turn
// CHECK: = {{\[\[\[\[}}-3, 2, 1, 4, 9]]]]
// CHECK: = {{\[\[\[\[}}-2, 1, -4, 3, 9]]]]
func.func @quarter_turn() -> (tensor<1x1x1x5xf32>, tensor<1x1x1x5xf32>) {
  %x = dl.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 9.0]]]]> : tensor<1x1x1x5xf32>
  %c = dl.constant dense<[[[0.0, 1.0]]]> : tensor<1x1x2xf32>
  %s = dl.constant dense<[[[1.0, 0.0]]]> : tensor<1x1x2xf32>
  %c0 = dl.constant dense<0.0> : tensor<1x1x2xf32>
  %s1 = dl.constant dense<1.0> : tensor<1x1x2xf32>
  %y = dl.rotary_embedding %x, %c, %s : tensor<1x1x1x5xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32> -> tensor<1x1x1x5xf32>
  %z = dl.rotary_embedding %x, %c0, %s1 {interleaved} : tensor<1x1x1x5xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32> -> tensor<1x1x1x5xf32>
  return %y, %z : tensor<1x1x1x5xf32>, tensor<1x1x1x5xf32>
}
