// RUN: dl-opt %s -dl-simplify | FileCheck %s
// RUN: dl-run %s --compiled --random-seed=1 --shape input_0=2x3x7x6x5 > %t

// Three taps along the depth at every second plane are three times the channels.
// CHECK-LABEL: @volume
// CHECK: dl.concat {{.*}} dim = 1 : {{.*}} -> tensor<?x9x3x6x5xf32>
// CHECK: dl.conv {{.*}} strides = [1, 2] padding = [1, 0], [1, 1] dilations = [1, 1] : tensor<?x9x6x5xf32>, tensor<4x9x3x2xf32>
// CHECK: dl.transpose {{.*}} permutation = [0, 2, 1, 3, 4]
func.func @volume(%x: tensor<?x3x7x6x5xf32>, %w: tensor<4x3x3x3x2xf32>, %b: tensor<4xf32>) -> tensor<?x4x3x6x3xf32> {
  %0 = dl.conv %x, %w bias(%b : tensor<4xf32>) strides = [2, 1, 2] padding = [1, 1, 0], [0, 1, 1] dilations = [1, 1, 1]
    : tensor<?x3x7x6x5xf32>, tensor<4x3x3x3x2xf32> -> tensor<?x4x3x6x3xf32>
  return %0 : tensor<?x4x3x6x3xf32>
}
