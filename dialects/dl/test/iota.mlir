// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @iota
func.func @iota(%s: tensor<2xi64>) -> (tensor<2x?xf32>, tensor<3xi64>, tensor<2x2xi32>, tensor<?x4xf32>) {
  // CHECK-DAG: %[[LINE:.*]] = dl.constant dense<[0, 1, 2]> : tensor<3xi64>
  // CHECK-DAG: %[[COLUMNS:.*]] = dl.constant dense<{{\[\[}}0, 1], [0, 1]]> : tensor<2x2xi32>
  // CHECK-DAG: %[[DYN:.*]] = dl.iota shape(%arg0 : tensor<2xi64>) {dimension = 1 : i64} : tensor<2x?xf32>
  // CHECK-DAG: %[[KNOWN:.*]] = dl.iota {dimension = 0 : i64} : tensor<3x4xf32>
  // CHECK-DAG: %[[CAST:.*]] = tensor.cast %[[KNOWN]] : tensor<3x4xf32> to tensor<?x4xf32>
  // CHECK: return %[[DYN]], %[[LINE]], %[[COLUMNS]], %[[CAST]]
  %0 = dl.iota shape(%s : tensor<2xi64>) {dimension = 1} : tensor<2x?xf32>
  %1 = dl.iota {dimension = 0} : tensor<3xi64>
  %2 = dl.iota {dimension = 1} : tensor<2x2xi32>
  %c = dl.constant dense<[3, 4]> : tensor<2xi64>
  %3 = dl.iota shape(%c : tensor<2xi64>) {dimension = 0} : tensor<?x4xf32>
  return %0, %1, %2, %3 : tensor<2x?xf32>, tensor<3xi64>, tensor<2x2xi32>, tensor<?x4xf32>
}

// -----

func.func @dimension() {
  // expected-error @+1 {{dl.iota: dimension 1 is not a dimension of a tensor of rank 1}}
  %0 = dl.iota {dimension = 1} : tensor<3xi64>
  return
}

// -----

func.func @no_shape() {
  // expected-error @+1 {{needs a shape operand for its dynamic result type 'tensor<?xi64>'}}
  %0 = dl.iota {dimension = 0} : tensor<?xi64>
  return
}
