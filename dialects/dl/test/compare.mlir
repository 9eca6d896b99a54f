// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x3xf32>, %y: tensor<2x?xf32>) -> tensor<2x3xi1> {
  // CHECK: dl.compare lt %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xi1>
  %0 = dl.compare lt %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xi1>
  return %0 : tensor<2x3xi1>
}

// CHECK-LABEL: @folds
func.func @folds(%i: tensor<2xi32>, %f: tensor<2xf32>) -> (tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<3xi1>, tensor<3xi1>) {
  // CHECK-DAG: %[[TRUE:.*]] = dl.constant dense<true> : tensor<2xi1>
  // CHECK-DAG: %[[F:.*]] = dl.compare eq %arg1, %arg1
  // CHECK-DAG: %[[U:.*]] = dl.constant dense<[false, true]> : tensor<2xi1>
  // CHECK-DAG: %[[GE:.*]] = dl.constant dense<[true, false, false]> : tensor<3xi1>
  // CHECK-DAG: %[[NE:.*]] = dl.constant dense<[false, true, true]> : tensor<3xi1>
  // CHECK: return %[[TRUE]], %[[F]], %[[U]], %[[GE]], %[[NE]]
  %0 = dl.compare le %i, %i : tensor<2xi32>, tensor<2xi32> -> tensor<2xi1>
  %1 = dl.compare eq %f, %f : tensor<2xf32>, tensor<2xf32> -> tensor<2xi1>
  %a = dl.constant dense<[200, 3]> : tensor<2xui8>
  %b = dl.constant dense<[3, 200]> : tensor<2xui8>
  %2 = dl.compare lt %a, %b : tensor<2xui8>, tensor<2xui8> -> tensor<2xi1>
  %c = dl.constant dense<[1.0, 0x7FC00000, 1.0]> : tensor<3xf32>
  %d = dl.constant dense<[1.0, 0x7FC00000, 2.0]> : tensor<3xf32>
  %3 = dl.compare ge %c, %d : tensor<3xf32>, tensor<3xf32> -> tensor<3xi1>
  %4 = dl.compare ne %c, %d : tensor<3xf32>, tensor<3xf32> -> tensor<3xi1>
  return %0, %1, %2, %3, %4 : tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<3xi1>, tensor<3xi1>
}

// -----

func.func @element_type(%x: tensor<2xf32>, %y: tensor<2xf64>) { // compare C2
  // expected-error @+1 {{requires the same element type for all operands}}
  %0 = dl.compare eq %x, %y : tensor<2xf32>, tensor<2xf64> -> tensor<2xi1>
  return
}

// -----

func.func @shape(%x: tensor<2xf32>, %y: tensor<3xf32>) { // compare C1
  // expected-error @+1 {{all non-scalar operands/results must have the same shape and base type}}
  %0 = dl.compare eq %x, %y : tensor<2xf32>, tensor<3xf32> -> tensor<2xi1>
  return
}
