// RUN: dl-opt %s --canonicalize --mlir-use-nameloc-as-prefix=false | FileCheck %s

// CHECK-LABEL: @integers
func.func @integers() -> (tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xui8>, tensor<2xi1>) {
  // CHECK-DAG: %[[NEG:.*]] = dl.constant dense<[-3, 0, -128]> : tensor<3xi8>
  // CHECK-DAG: %[[ABS:.*]] = dl.constant dense<[3, 0, -128]> : tensor<3xi8>
  // CHECK-DAG: %[[SIGN:.*]] = dl.constant dense<[1, 0, -1]> : tensor<3xi8>
  // CHECK-DAG: %[[RELU:.*]] = dl.constant dense<[3, 0, 0]> : tensor<3xi8>
  // CHECK-DAG: %[[UABS:.*]] = dl.constant dense<[3, 0, 128]> : tensor<3xui8>
  // CHECK-DAG: %[[NOT:.*]] = dl.constant dense<[false, true]> : tensor<2xi1>
  // CHECK: return %[[NEG]], %[[ABS]], %[[SIGN]], %[[RELU]], %[[UABS]], %[[NOT]]
  %c = dl.constant dense<[3, 0, -128]> : tensor<3xi8>
  %u = dl.constant dense<[3, 0, 128]> : tensor<3xui8>
  %b = dl.constant dense<[true, false]> : tensor<2xi1>
  %0 = dl.neg %c : tensor<3xi8> -> tensor<3xi8>
  %1 = dl.abs %c : tensor<3xi8> -> tensor<3xi8>
  %2 = dl.sign %c : tensor<3xi8> -> tensor<3xi8>
  %3 = dl.relu %c : tensor<3xi8> -> tensor<3xi8>
  %4 = dl.abs %u : tensor<3xui8> -> tensor<3xui8>
  %5 = dl.not %b : tensor<2xi1> -> tensor<2xi1>
  return %0, %1, %2, %3, %4, %5 : tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xui8>, tensor<2xi1>
}

// CHECK-LABEL: @floats
func.func @floats() -> (tensor<4xf32>, tensor<99x99xf32>, tensor<2xf16>, tensor<2xi1>) {
  // CHECK-DAG: %[[ROUND:.*]] = dl.constant dense<[0.000000e+00, 2.000000e+00, 2.000000e+00, -2.000000e+00]> : tensor<4xf32>
  // CHECK-DAG: %[[SPLAT:.*]] = dl.constant dense<3.000000e+00> : tensor<99x99xf32>
  // CHECK-DAG: %[[LOG:.*]] = dl.constant dense<[0.000000e+00, 0xFC00]> : tensor<2xf16>
  // CHECK-DAG: %[[INF:.*]] = dl.constant dense<[false, true]> : tensor<2xi1>
  // CHECK: return %[[ROUND]], %[[SPLAT]], %[[LOG]], %[[INF]]
  %c = dl.constant dense<[0.5, 1.5, 2.5, -1.5]> : tensor<4xf32>
  %0 = dl.round %c : tensor<4xf32> -> tensor<4xf32>
  %nine = dl.constant dense<9.0> : tensor<99x99xf32>
  %1 = dl.sqrt %nine : tensor<99x99xf32> -> tensor<99x99xf32>
  %h = dl.constant dense<[1.0, 0.0]> : tensor<2xf16>
  %2 = dl.log %h : tensor<2xf16> -> tensor<2xf16>
  %3 = dl.is_inf %2 : tensor<2xf16> -> tensor<2xi1>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<99x99xf32>, tensor<2xf16>, tensor<2xi1>
}

// CHECK-LABEL: @identities
func.func @identities(%x: tensor<?xf32>, %b: tensor<?xi1>) -> (tensor<?xf32>, tensor<?xi1>, tensor<?xf32>, tensor<?xf32>) {
  // CHECK-DAG: %[[RELU:.*]] = dl.relu %arg0
  // CHECK-DAG: %[[FLOOR:.*]] = dl.floor %arg0
  // CHECK: return %arg0, %arg1, %[[RELU]], %[[FLOOR]]
  %0 = dl.neg %x : tensor<?xf32> -> tensor<?xf32>
  %1 = dl.neg %0 : tensor<?xf32> -> tensor<?xf32>
  %2 = dl.not %b : tensor<?xi1> -> tensor<?xi1>
  %3 = dl.not %2 : tensor<?xi1> -> tensor<?xi1>
  %4 = dl.relu %x : tensor<?xf32> -> tensor<?xf32>
  %5 = dl.relu %4 : tensor<?xf32> -> tensor<?xf32>
  %6 = dl.floor %x : tensor<?xf32> -> tensor<?xf32>
  %7 = dl.ceil %6 : tensor<?xf32> -> tensor<?xf32>
  return %1, %3, %5, %7 : tensor<?xf32>, tensor<?xi1>, tensor<?xf32>, tensor<?xf32>
}
