// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Equal scores average; `causal` and masks hide keys.
// CHECK-LABEL: @masks
// CHECK: = {{\[\[\[\[}}3], [3]]]]
// CHECK: = {{\[\[\[\[}}2], [3]]]]
// CHECK: = {{\[\[\[\[}}4], [4]]]]
// CHECK: = {{\[\[\[\[}}4], [3]]]]
func.func @masks() -> (tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>) {
  %q = dl.constant dense<[[[[1.0], [1.0]]]]> : tensor<1x1x2x1xf32>
  %k = dl.constant dense<[[[[0.0], [0.0]]]]> : tensor<1x1x2x1xf32>
  %v = dl.constant dense<[[[[2.0], [4.0]]]]> : tensor<1x1x2x1xf32>
  %m = dl.constant dense<[[[[false, true]]]]> : tensor<1x1x1x2xi1>
  %n = dl.constant dense<[[[[0xFF800000, 0.0], [0.0, 0.0]]]]> : tensor<1x1x2x2xf32>
  %a = dl.attention %q, %k, %v {scale = 1.0 : f64} : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x2x1xf32>
  %b = dl.attention %q, %k, %v {scale = 1.0 : f64, causal} : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x2x1xf32>
  %c = dl.attention %q, %k, %v mask(%m : tensor<1x1x1x2xi1>) {scale = 1.0 : f64} : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x2x1xf32>
  %d = dl.attention %q, %k, %v mask(%n : tensor<1x1x2x2xf32>) {scale = 1.0 : f64} : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x2x1xf32>
  return %a, %b, %c, %d : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>
}

// CHECK-LABEL: @softcap
// CHECK: = {{\[\[\[\[}}3.5230746]]]]
func.func @softcap() -> tensor<1x1x1x1xf32> {
  %q = dl.constant dense<[[[[4.0]]]]> : tensor<1x1x1x1xf32>
  %k = dl.constant dense<[[[[0.0], [4.0]]]]> : tensor<1x1x2x1xf32>
  %v = dl.constant dense<[[[[2.0], [4.0]]]]> : tensor<1x1x2x1xf32>
  %a = dl.attention %q, %k, %v {scale = 1.0 : f64, softcap = 1.161126 : f64} : tensor<1x1x1x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x1x1xf32>
  return %a : tensor<1x1x1x1xf32>
}

// Two query heads share a key head.
// CHECK-LABEL: @grouped_heads
// CHECK: = {{\[\[\[\[}}5]], {{\[\[}}5]]]]
func.func @grouped_heads() -> tensor<1x2x1x1xf32> {
  %q = dl.constant dense<1.0> : tensor<1x2x1x1xf32>
  %k = dl.constant dense<1.0> : tensor<1x1x1x1xf32>
  %v = dl.constant dense<5.0> : tensor<1x1x1x1xf32>
  %a = dl.attention %q, %k, %v {scale = 1.0 : f64} : tensor<1x2x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x1x1xf32>
  return %a : tensor<1x2x1x1xf32>
}
