// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @block
// CHECK: 2x1xf32 = {{\[\[}}2], [1]]
func.func @block() -> tensor<2x1xf32> {
  %f = dl.constant dense<[[0.0, 0.0], [2.0, 0.0]]> : tensor<2x2xf32>
  %p = dl.constant dense<-2> : tensor<2xi32>
  %b = dl.constant dense<[[2.0], [4.0]]> : tensor<2x1xf32>
  %x = dl.ldl_solve %f, %p, %b : tensor<2x2xf32>, tensor<2xi32>, tensor<2x1xf32> -> tensor<2x1xf32>
  return %x : tensor<2x1xf32>
}

// CHECK-LABEL: @random
func.func @random() -> tensor<9x2xf64> {
  %i = dl.iota {dimension = 0 : i64} : tensor<81xf64>
  %s = dl.sin %i : tensor<81xf64> -> tensor<81xf64>
  %a = dl.reshape %s : tensor<81xf64> -> tensor<9x9xf64>
  %f, %p = dl.ldl %a : tensor<9x9xf64> -> tensor<9x9xf64>, tensor<9xi32>
  %b = dl.slice %a, starts = [0, 1] limits = [9, 3] strides = [1, 1] : tensor<9x9xf64> -> tensor<9x2xf64>
  %x = dl.ldl_solve %f, %p, %b : tensor<9x9xf64>, tensor<9xi32>, tensor<9x2xf64> -> tensor<9x2xf64>
  return %x : tensor<9x2xf64>
}
