// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @reverse
func.func @reverse(%x: tensor<?x3x1xf32>) -> (tensor<?x3x1xf32>, tensor<?x3x1xf32>, tensor<?x3x1xf32>, tensor<3xi32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<[3, 2, 1]> : tensor<3xi32>
  // CHECK-DAG: %[[R:.*]] = dl.reverse %arg0, dims = [0, 1] : tensor<?x3x1xf32> -> tensor<?x3x1xf32>
  // CHECK: return %[[R]], %arg0, %arg0, %[[C]]
  %0 = dl.reverse %x, dims = [0, 1, 2] : tensor<?x3x1xf32> -> tensor<?x3x1xf32>
  %1 = dl.reverse %x, dims = [2] : tensor<?x3x1xf32> -> tensor<?x3x1xf32>
  %2 = dl.reverse %x, dims = [1] : tensor<?x3x1xf32> -> tensor<?x3x1xf32>
  %3 = dl.reverse %2, dims = [1] : tensor<?x3x1xf32> -> tensor<?x3x1xf32>
  %c = dl.constant dense<[1, 2, 3]> : tensor<3xi32>
  %4 = dl.reverse %c, dims = [0] : tensor<3xi32> -> tensor<3xi32>
  return %0, %1, %3, %4 : tensor<?x3x1xf32>, tensor<?x3x1xf32>, tensor<?x3x1xf32>, tensor<3xi32>
}

// -----

func.func @dimension(%x: tensor<3xf32>) {
  // expected-error @+2 {{dl.reverse: dims 1 is not a dimension of a tensor of rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.reverse %x, dims = [1] : tensor<3xf32> -> tensor<3xf32>
  return
}
