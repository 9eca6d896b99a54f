// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x3xf32>) -> tensor<?x3xf8E4M3FN> {
  // CHECK: dl.convert %arg0 {saturate} : tensor<?x3xf32> -> tensor<?x3xf8E4M3FN>
  %0 = dl.convert %x {saturate} : tensor<?x3xf32> -> tensor<?x3xf8E4M3FN>
  return %0 : tensor<?x3xf8E4M3FN>
}

// A conversion that loses nothing doesn't matter to the next.
// CHECK-LABEL: @chains
func.func @chains(%x: tensor<2xi32>, %y: tensor<2xf32>) -> (tensor<2xi32>, tensor<2xf32>, tensor<2xi8>) {
  // CHECK-DAG: %[[H:.*]] = dl.convert %arg1 : tensor<2xf32> -> tensor<2xf16>
  // CHECK-DAG: %[[F:.*]] = dl.convert %[[H]] : tensor<2xf16> -> tensor<2xf32>
  // CHECK-DAG: %[[B:.*]] = dl.convert %arg0 : tensor<2xi32> -> tensor<2xi8>
  // CHECK: return %arg0, %[[F]], %[[B]]
  %0 = dl.convert %x : tensor<2xi32> -> tensor<2xi64>
  %1 = dl.convert %0 : tensor<2xi64> -> tensor<2xi32>
  %2 = dl.convert %y : tensor<2xf32> -> tensor<2xf16>
  %3 = dl.convert %2 : tensor<2xf16> -> tensor<2xf32>
  %4 = dl.convert %0 : tensor<2xi64> -> tensor<2xi8>
  return %1, %3, %4 : tensor<2xi32>, tensor<2xf32>, tensor<2xi8>
}

// CHECK-LABEL: @constants
func.func @constants() -> (tensor<5xi8>, tensor<3xi1>, tensor<2xf16>, tensor<2xi64>, tensor<2xui8>) {
  // CHECK-DAG: dl.constant dense<[1, -1, 127, -128, 0]> : tensor<5xi8>
  // CHECK-DAG: dl.constant dense<[false, true, true]> : tensor<3xi1>
  // CHECK-DAG: dl.constant dense<[1.000000e+00, 0x7C00]> : tensor<2xf16>
  // CHECK-DAG: dl.constant dense<[-1, 5]> : tensor<2xi64>
  // CHECK-DAG: dl.constant dense<[255, 5]> : tensor<2xui8>
  %f = dl.constant dense<[1.9, -1.9, 1.0e9, -1.0e9, 0x7FC00000]> : tensor<5xf32>
  %0 = dl.convert %f : tensor<5xf32> -> tensor<5xi8>
  %g = dl.constant dense<[0.0, 0.5, -3.0]> : tensor<3xf32>
  %1 = dl.convert %g : tensor<3xf32> -> tensor<3xi1>
  %h = dl.constant dense<[1.0, 1.0e6]> : tensor<2xf32>
  %2 = dl.convert %h : tensor<2xf32> -> tensor<2xf16>
  %i = dl.constant dense<[-1, 5]> : tensor<2xi8>
  %3 = dl.convert %i : tensor<2xi8> -> tensor<2xi64>
  %4 = dl.convert %i : tensor<2xi8> -> tensor<2xui8>
  return %0, %1, %2, %3, %4 : tensor<5xi8>, tensor<3xi1>, tensor<2xf16>, tensor<2xi64>, tensor<2xui8>
}

// -----

func.func @shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{operand 'tensor<2xf32>' and result 'tensor<3xi32>' differ in shape}}
  %0 = dl.convert %x : tensor<2xf32> -> tensor<3xi32>
  return
}
