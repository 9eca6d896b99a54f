// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @sum
// CHECK: = [1, 3, 6]
// CHECK: = [0, 1, 3]
// CHECK: = [6, 5, 3]
// CHECK: = [5, 3, 0]
func.func @sum() -> (tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>) {
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi32>
  %a = dl.cumulative sum %x, dim = 0 : tensor<3xi32> -> tensor<3xi32>
  %b = dl.cumulative sum %x, dim = 0 {exclusive} : tensor<3xi32> -> tensor<3xi32>
  %c = dl.cumulative sum %x, dim = 0 {reverse} : tensor<3xi32> -> tensor<3xi32>
  %d = dl.cumulative sum %x, dim = 0 {exclusive, reverse} : tensor<3xi32> -> tensor<3xi32>
  return %a, %b, %c, %d : tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>
}

// CHECK-LABEL: @kinds
// CHECK: = [1, 3, 6]
// CHECK: = [1, 3, 3]
// CHECK: = [1, 1, 1]
// CHECK: = [1, 3.126928, 3.407606]
func.func @kinds() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %x = dl.constant dense<[1.0, 3.0, 2.0]> : tensor<3xf32>
  %p = dl.cumulative prod %x, dim = 0 : tensor<3xf32> -> tensor<3xf32>
  %m = dl.cumulative max %x, dim = 0 : tensor<3xf32> -> tensor<3xf32>
  %n = dl.cumulative min %x, dim = 0 : tensor<3xf32> -> tensor<3xf32>
  %l = dl.cumulative log_sum_exp %x, dim = 0 : tensor<3xf32> -> tensor<3xf32>
  return %p, %m, %n, %l : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}
