// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x3x9x9xf32>) -> (tensor<?x3x5x4xf32>, tensor<?x3x5x5xf32>, tensor<?x3x4x4xf32>, tensor<?x3x4x4xi64>) {
  // CHECK: dl.pool average %arg0 window = [3, 3] strides = [2, 2] padding = [1, 0], [1, 0] dilations = [1, 1] {count_include_pad} : tensor<?x3x9x9xf32> -> tensor<?x3x5x4xf32>
  %0 = dl.pool average %x window = [3, 3] strides = [2, 2] padding = [1, 0], [1, 0] dilations = [1, 1] {count_include_pad} : tensor<?x3x9x9xf32> -> tensor<?x3x5x4xf32>
  // CHECK: dl.pool lp %arg0 {{.*}} {ceil_mode, p = 3 : i64}
  %1 = dl.pool lp %x window = [2, 2] strides = [2, 2] padding = [0, 0], [0, 0] dilations = [1, 1] {ceil_mode, p = 3 : i64} : tensor<?x3x9x9xf32> -> tensor<?x3x5x5xf32>
  // CHECK: dl.max_pool_with_index %arg0 window = [2, 2] strides = [2, 2]
  %2:2 = dl.max_pool_with_index %x window = [2, 2] strides = [2, 2] padding = [0, 0], [0, 0] dilations = [1, 1] : tensor<?x3x9x9xf32> -> tensor<?x3x4x4xf32>, tensor<?x3x4x4xi64>
  return %0, %1, %2#0, %2#1 : tensor<?x3x5x4xf32>, tensor<?x3x5x5xf32>, tensor<?x3x4x4xf32>, tensor<?x3x4x4xi64>
}

// -----

func.func @entries(%x: tensor<1x3x9xf32>) {
  // expected-error @+2 {{window has 2 entries for 1 spatial dimensions}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.pool max %x window = [2, 2] strides = [2] padding = [0], [0] dilations = [1] : tensor<1x3x9xf32> -> tensor<1x3x4xf32>
  return
}

// -----

func.func @lp(%x: tensor<1x3x9xi32>) {
  // expected-error @+2 {{lp pooling needs p of at least 1 and floating-point elements}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.pool lp %x window = [2] strides = [2] padding = [0], [0] dilations = [1] : tensor<1x3x9xi32> -> tensor<1x3x4xi32>
  return
}
