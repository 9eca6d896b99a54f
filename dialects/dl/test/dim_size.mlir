// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// The size is looked for where it comes from.
// CHECK-LABEL: @dim_size
func.func @dim_size(%x: tensor<?x3xf32>) -> (tensor<i64>, tensor<i64>) {
  // CHECK-DAG: %[[THREE:.*]] = dl.constant dense<3> : tensor<i64>
  // CHECK-DAG: %[[N:.*]] = dl.dim_size %arg0 {dimension = 0 : i64} : tensor<?x3xf32> -> tensor<i64>
  // CHECK: return %[[THREE]], %[[N]]
  %0 = dl.dim_size %x {dimension = 1} : tensor<?x3xf32> -> tensor<i64>
  %t = dl.transpose %x, permutation = [1, 0] : tensor<?x3xf32> -> tensor<3x?xf32>
  %e = dl.exp %t : tensor<3x?xf32> -> tensor<3x?xf32>
  %1 = dl.dim_size %e {dimension = 1} : tensor<3x?xf32> -> tensor<i64>
  return %0, %1 : tensor<i64>, tensor<i64>
}

// -----

func.func @dimension(%x: tensor<?x3xf32>) {
  // expected-error @+2 {{dl.dim_size: dimension 2 is not a dimension of a tensor of rank 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.dim_size %x {dimension = 2} : tensor<?x3xf32> -> tensor<i64>
  return
}
