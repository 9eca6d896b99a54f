// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @select
func.func @select(%p: tensor<?xi1>, %x: tensor<?xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>) -> (tensor<3xf32>, tensor<?xf32>, tensor<3xf32>, tensor<2xi32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<[1, 4]> : tensor<2xi32>
  // CHECK-DAG: %[[S:.*]] = dl.select %arg0, %arg1, %arg2 : tensor<?xi1>, tensor<?xf32>, tensor<3xf32> -> tensor<3xf32>
  // CHECK: return %[[S]], %arg1, %arg3, %[[C]]
  %0 = dl.select %p, %x, %y : tensor<?xi1>, tensor<?xf32>, tensor<3xf32> -> tensor<3xf32>
  %1 = dl.select %p, %x, %x : tensor<?xi1>, tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %false = dl.constant dense<false> : tensor<3xi1>
  %2 = dl.select %false, %y, %z : tensor<3xi1>, tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %q = dl.constant dense<[true, false]> : tensor<2xi1>
  %a = dl.constant dense<[1, 2]> : tensor<2xi32>
  %b = dl.constant dense<[3, 4]> : tensor<2xi32>
  %3 = dl.select %q, %a, %b : tensor<2xi1>, tensor<2xi32>, tensor<2xi32> -> tensor<2xi32>
  return %0, %1, %2, %3 : tensor<3xf32>, tensor<?xf32>, tensor<3xf32>, tensor<2xi32>
}

// -----

func.func @element_type(%p: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xf64>) {
  // expected-error @+2 {{dl.select: on_true and on_false differ in element type}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.select %p, %x, %y : tensor<2xi1>, tensor<2xf32>, tensor<2xf64> -> tensor<2xf32>
  return
}
