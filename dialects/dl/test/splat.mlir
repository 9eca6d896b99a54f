// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @splat
func.func @splat(%v: tensor<f32>, %s: tensor<2xi64>) -> (tensor<?x3xf32>, tensor<2x3xi32>, tensor<?x?xf32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<7> : tensor<2x3xi32>
  // CHECK-DAG: %[[DYN:.*]] = dl.splat %arg0 shape(%arg1 : tensor<2xi64>) : tensor<f32> -> tensor<?x3xf32>
  // CHECK-DAG: %[[KNOWN:.*]] = dl.splat %arg0 : tensor<f32> -> tensor<2x3xf32>
  // CHECK-DAG: %[[CAST:.*]] = tensor.cast %[[KNOWN]]
  // CHECK: return %[[DYN]], %[[C]], %[[CAST]]
  %0 = dl.splat %v shape(%s : tensor<2xi64>) : tensor<f32> -> tensor<?x3xf32>
  %seven = dl.constant dense<7> : tensor<i32>
  %1 = dl.splat %seven : tensor<i32> -> tensor<2x3xi32>
  %c = dl.constant dense<[2, 3]> : tensor<2xi64>
  %2 = dl.splat %v shape(%c : tensor<2xi64>) : tensor<f32> -> tensor<?x?xf32>
  return %0, %1, %2 : tensor<?x3xf32>, tensor<2x3xi32>, tensor<?x?xf32>
}

// -----

func.func @element_type(%v: tensor<f32>) {
  // expected-error @+1 {{value and result differ in element type}}
  %0 = dl.splat %v : tensor<f32> -> tensor<2xf64>
  return
}
