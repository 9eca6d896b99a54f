// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x?xf32>, %s: tensor<3xi64>) -> tensor<?x?x4xf32> {
  // CHECK: dl.reshape %arg0 shape(%arg1 : tensor<3xi64>) : tensor<?x?xf32> -> tensor<?x?x4xf32>
  %0 = dl.reshape %x shape(%s : tensor<3xi64>) : tensor<?x?xf32> -> tensor<?x?x4xf32>
  return %0 : tensor<?x?x4xf32>
}

// Equal dynamic types are not equal shapes.
// CHECK-LABEL: @same_type
func.func @same_type(%x: tensor<?x4xf32>, %y: tensor<?x?xf32>, %s: tensor<2xi64>) -> (tensor<?x4xf32>, tensor<?x?xf32>) {
  // CHECK-NEXT: %[[Y:.*]] = dl.reshape %arg1 shape(%arg2
  // CHECK-NEXT: return %arg0, %[[Y]]
  %0 = dl.reshape %x : tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = dl.reshape %y shape(%s : tensor<2xi64>) : tensor<?x?xf32> -> tensor<?x?xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x?xf32>
}

// CHECK-LABEL: @of_reshape
func.func @of_reshape(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  // CHECK-NEXT: dl.reshape %arg0 : tensor<2x3xf32> -> tensor<3x2xf32>
  %0 = dl.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %1 = dl.reshape %0 : tensor<6xf32> -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// CHECK-LABEL: @constant
func.func @constant() -> tensor<2x2xi64> {
  // CHECK{LITERAL}: dl.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi64>
  %c = dl.constant dense<[1, 2, 3, 4]> : tensor<4xi64>
  %0 = dl.reshape %c : tensor<4xi64> -> tensor<2x2xi64>
  return %0 : tensor<2x2xi64>
}

// The shape is known but for one size, which the element count gives.
// CHECK-LABEL: @known_shape
func.func @known_shape(%x: tensor<?x768xf32>) -> tensor<?x?x?xf32> {
  // CHECK-NEXT: %[[R:.*]] = dl.reshape %arg0 : tensor<?x768xf32> -> tensor<?x12x64xf32>
  // CHECK-NEXT: tensor.cast %[[R]] : tensor<?x12x64xf32> to tensor<?x?x?xf32>
  %n = dl.dim_size %x {dimension = 0} : tensor<?x768xf32> -> tensor<i64>
  %n1 = dl.reshape %n : tensor<i64> -> tensor<1xi64>
  %w = dl.dim_size %x {dimension = 1} : tensor<?x768xf32> -> tensor<i64>
  %w1 = dl.reshape %w : tensor<i64> -> tensor<1xi64>
  %c12 = dl.constant dense<12> : tensor<1xi64>
  %d = dl.div %w1, %c12 : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  %s = dl.concat %n1, %c12, %d dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
  %0 = dl.reshape %x shape(%s : tensor<3xi64>) : tensor<?x768xf32> -> tensor<?x?x?xf32>
  return %0 : tensor<?x?x?xf32>
}

// -----

func.func @count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{makes 'tensor<5xf32>' of 'tensor<2x3xf32>', which has another number of elements}}
  %0 = dl.reshape %x : tensor<2x3xf32> -> tensor<5xf32>
  return
}

// -----

func.func @no_shape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{needs a shape operand for its dynamic result type 'tensor<?x?xf32>'}}
  %0 = dl.reshape %x : tensor<2x3xf32> -> tensor<?x?xf32>
  return
}

// -----

func.func @shape_length(%x: tensor<2x3xf32>, %s: tensor<3xi64>) {
  // expected-error @+1 {{shape operand has 3 entries for a result of rank 2}}
  %0 = dl.reshape %x shape(%s : tensor<3xi64>) : tensor<2x3xf32> -> tensor<?x?xf32>
  return
}
