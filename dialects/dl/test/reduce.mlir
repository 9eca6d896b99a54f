// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<2x?x4xf32>, %b: tensor<3xi1>) -> (tensor<?xf32>, tensor<1x?x1xf32>, tensor<i1>) {
  // CHECK: dl.reduce sum %arg0, dims = [0, 2] : tensor<2x?x4xf32> -> tensor<?xf32>
  %0 = dl.reduce sum %x, dims = [0, 2] : tensor<2x?x4xf32> -> tensor<?xf32>
  // CHECK: dl.reduce mean %arg0, dims = [0, 2] keep_dims : tensor<2x?x4xf32> -> tensor<1x?x1xf32>
  %1 = dl.reduce mean %x, dims = [0, 2] keep_dims : tensor<2x?x4xf32> -> tensor<1x?x1xf32>
  // CHECK: dl.reduce and %arg1, dims = [0] : tensor<3xi1> -> tensor<i1>
  %2 = dl.reduce and %b, dims = [0] : tensor<3xi1> -> tensor<i1>
  return %0, %1, %2 : tensor<?xf32>, tensor<1x?x1xf32>, tensor<i1>
}

// CHECK-LABEL: @folds
func.func @folds(%x: tensor<?x3xf32>, %y: tensor<1x3xf32>) -> (tensor<?x3xf32>, tensor<3xf32>, tensor<i64>, tensor<1xi8>, tensor<ui8>) {
  // CHECK-DAG: %[[PROD:.*]] = dl.constant dense<24> : tensor<i64>
  // CHECK-DAG: %[[MIN:.*]] = dl.constant dense<-5> : tensor<1xi8>
  // CHECK-DAG: %[[MAX:.*]] = dl.constant dense<251> : tensor<ui8>
  // CHECK-DAG: %[[ONE:.*]] = dl.reshape %arg1 : tensor<1x3xf32> -> tensor<3xf32>
  // CHECK: return %arg0, %[[ONE]], %[[PROD]], %[[MIN]], %[[MAX]]
  %0 = dl.reduce sum %x, dims = [] : tensor<?x3xf32> -> tensor<?x3xf32>
  %1 = dl.reduce max %y, dims = [0] : tensor<1x3xf32> -> tensor<3xf32>
  %c = dl.constant dense<[2, 3, 4]> : tensor<3xi64>
  %2 = dl.reduce prod %c, dims = [0] : tensor<3xi64> -> tensor<i64>
  %d = dl.constant dense<[3, -5]> : tensor<2xi8>
  %3 = dl.reduce min %d, dims = [0] keep_dims : tensor<2xi8> -> tensor<1xi8>
  %u = dl.constant dense<[3, 251]> : tensor<2xui8>
  %4 = dl.reduce max %u, dims = [0] : tensor<2xui8> -> tensor<ui8>
  return %0, %1, %2, %3, %4 : tensor<?x3xf32>, tensor<3xf32>, tensor<i64>, tensor<1xi8>, tensor<ui8>
}

// -----

func.func @twice(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{dl.reduce: dims names dimension 1 twice}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.reduce sum %x, dims = [1, 1] : tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----

func.func @bitwise(%x: tensor<2xf32>) {
  // expected-error @+2 {{dl.reduce: or of floating-point numbers}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.reduce or %x, dims = [0] : tensor<2xf32> -> tensor<f32>
  return
}

// -----

func.func @booleans(%x: tensor<2xi1>) {
  // expected-error @+2 {{dl.reduce: sum of booleans}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.reduce sum %x, dims = [0] : tensor<2xi1> -> tensor<i1>
  return
}

// -----

func.func @kind(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected one of [sum, prod, max, min, and, or, xor, mean] for how elements are combined, got: median}}
  %0 = dl.reduce median %x, dims = [0] : tensor<2xf32> -> tensor<f32>
  return
}
