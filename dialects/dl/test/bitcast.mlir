// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @bitcast
func.func @bitcast(%x: tensor<?xf32>) -> (tensor<?xi32>, tensor<?xf32>, tensor<1xi32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<1065353216> : tensor<1xi32>
  // CHECK-DAG: %[[B:.*]] = dl.bitcast %arg0 : tensor<?xf32> -> tensor<?xi32>
  // CHECK: return %[[B]], %arg0, %[[C]]
  %0 = dl.bitcast %x : tensor<?xf32> -> tensor<?xi32>
  %1 = dl.bitcast %0 : tensor<?xi32> -> tensor<?xf32>
  %one = dl.constant dense<1.0> : tensor<1xf32>
  %2 = dl.bitcast %one : tensor<1xf32> -> tensor<1xi32>
  return %0, %1, %2 : tensor<?xi32>, tensor<?xf32>, tensor<1xi32>
}

// -----

func.func @width(%x: tensor<2xf32>) {
  // expected-error @+1 {{element types 'f32' and 'i64' differ in width}}
  %0 = dl.bitcast %x : tensor<2xf32> -> tensor<2xi64>
  return
}
