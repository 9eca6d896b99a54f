// RUN: dl-opt %s --canonicalize --mlir-use-nameloc-as-prefix=false | FileCheck %s

// Integers wrap; division by zero and shifts beyond the width are defined.
// CHECK-LABEL: @integers
func.func @integers() -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  // CHECK-DAG: %[[ADD:.*]] = dl.constant dense<[-127, -3, 127, 3]> : tensor<4xi8>
  // CHECK-DAG: %[[DIV:.*]] = dl.constant dense<[63, -3, -128, 0]> : tensor<4xi8>
  // CHECK-DAG: %[[REM:.*]] = dl.constant dense<[1, -1, 0, 3]> : tensor<4xi8>
  // CHECK-DAG: %[[POW:.*]] = dl.constant dense<[1, 49, 0, 1]> : tensor<4xi8>
  // CHECK-DAG: %[[SHL:.*]] = dl.constant dense<[-4, -28, 0, 3]> : tensor<4xi8>
  // CHECK-DAG: %[[SHR:.*]] = dl.constant dense<[31, -2, -1, 3]> : tensor<4xi8>
  // CHECK-DAG: %[[MAX:.*]] = dl.constant dense<[127, 2, -1, 3]> : tensor<4xi8>
  // CHECK: return %[[ADD]], %[[DIV]], %[[REM]], %[[POW]], %[[SHL]], %[[SHR]], %[[MAX]]
  %x = dl.constant dense<[127, -7, -128, 3]> : tensor<4xi8>
  %y = dl.constant dense<[2, 2, -1, 0]> : tensor<4xi8>
  %z = dl.constant dense<[2, 4, -1, 0]> : tensor<4xi8>
  %add = dl.add %x, %z : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  %div = dl.div %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  %rem = dl.rem %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  %pow = dl.pow %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  %shl = dl.shift_left %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  %shr = dl.shift_right %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  %max = dl.max %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  return %add, %div, %rem, %pow, %shl, %shr, %max : tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>
}

// CHECK-LABEL: @unsigned
func.func @unsigned() -> (tensor<2xui8>, tensor<2xui8>, tensor<2xui8>) {
  // CHECK-DAG: %[[DIV:.*]] = dl.constant dense<[127, 50]> : tensor<2xui8>
  // CHECK-DAG: %[[SHR:.*]] = dl.constant dense<[63, 12]> : tensor<2xui8>
  // CHECK-DAG: %[[MIN:.*]] = dl.constant dense<[2, 4]> : tensor<2xui8>
  // CHECK: return %[[DIV]], %[[SHR]], %[[MIN]]
  %x = dl.constant dense<[255, 200]> : tensor<2xui8>
  %y = dl.constant dense<[2, 4]> : tensor<2xui8>
  %div = dl.div %x, %y : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  %shr = dl.shift_right %x, %y : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  %min = dl.min %x, %y : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  return %div, %shr, %min : tensor<2xui8>, tensor<2xui8>, tensor<2xui8>
}

// What is added may be a scalar repeated at run time.
// CHECK-LABEL: @identities
func.func @identities(%x: tensor<?xf32>, %s: tensor<1xi64>, %i: tensor<2xi32>) -> (tensor<?xf32>, tensor<2xi32>, tensor<2xi32>) {
  // CHECK-DAG: %[[ZERO:.*]] = dl.constant dense<0> : tensor<2xi32>
  // CHECK-NOT: dl.broadcast_in_dim
  // CHECK: return %arg0, %[[ZERO]], %[[ZERO]]
  %zero = dl.constant dense<0.0> : tensor<f32>
  %zeros = dl.broadcast_in_dim %zero, dims = [] shape(%s : tensor<1xi64>) : tensor<f32> -> tensor<?xf32>
  %0 = dl.add %zeros, %x : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %ones = dl.splat %one shape(%s : tensor<1xi64>) : tensor<f32> -> tensor<?xf32>
  %1 = dl.mul %0, %ones : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %2 = dl.div %1, %ones : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %3 = dl.sub %i, %i : tensor<2xi32>, tensor<2xi32> -> tensor<2xi32>
  %4 = dl.mul %i, %3 : tensor<2xi32>, tensor<2xi32> -> tensor<2xi32>
  return %2, %3, %4 : tensor<?xf32>, tensor<2xi32>, tensor<2xi32>
}

// Infinity and NaN: x − x and x · 0 of floats stay. Constants stand right.
// CHECK-LABEL: @not_identities
func.func @not_identities(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant
  // CHECK-DAG: dl.sub %arg0, %arg0
  // CHECK-DAG: dl.mul %arg0, %[[C]]
  %c = dl.constant dense<0.0> : tensor<2xf32>
  %0 = dl.sub %x, %x : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %1 = dl.mul %c, %x : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}
