// RUN: dl-opt %s -convert-dl-to-linalg | FileCheck %s

// Sums may be reordered; narrow floats are summed in f32.
// CHECK-LABEL: @sum
// CHECK: linalg.fill {{.*}} outs(%{{.*}} : tensor<4xf32>)
// CHECK: iterator_types = ["parallel", "reduction"]
// CHECK: arith.addf %{{.*}}, %{{.*}} fastmath<reassoc,contract> : f32
// CHECK: arith.truncf
func.func @sum(%x: tensor<4x8xbf16>) -> tensor<4xbf16> {
  %0 = dl.reduce sum %x, dims = [1] : tensor<4x8xbf16> -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// CHECK-LABEL: @sort
// CHECK: call @dlc_kernel_sort
func.func @sort(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = dl.sort %x dim = 1 : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Along the contiguous dimension the extreme value first, then where it is.
// CHECK-LABEL: @arg_max_of_rows
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction"]
// CHECK: arith.maximumf
// CHECK: linalg.generic
// CHECK: linalg.index 1
// CHECK: arith.minsi
// CHECK: return
func.func @arg_max_of_rows(%x: tensor<8x40xf32>) -> tensor<8xi64> {
  %0 = dl.arg_reduce max %x, dim = 1 : tensor<8x40xf32> -> tensor<8xi64>
  return %0 : tensor<8xi64>
}
