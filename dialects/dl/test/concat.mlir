// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%a: tensor<2x?xf32>, %b: tensor<2x3xf32>) -> tensor<2x?xf32> {
  // CHECK: dl.concat %arg0, %arg1 dim = 1 : (tensor<2x?xf32>, tensor<2x3xf32>) -> tensor<2x?xf32>
  %0 = dl.concat %a, %b dim = 1 : (tensor<2x?xf32>, tensor<2x3xf32>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}

// CHECK-LABEL: @constants
func.func @constants() -> tensor<2x3xi32> {
  // CHECK{LITERAL}: dl.constant dense<[[1, 2, 5], [3, 4, 6]]> : tensor<2x3xi32>
  %a = dl.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %b = dl.constant dense<[[5], [6]]> : tensor<2x1xi32>
  %0 = dl.concat %a, %b dim = 1 : (tensor<2x2xi32>, tensor<2x1xi32>) -> tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// CHECK-LABEL: @of_one
func.func @of_one(%a: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK-NEXT: return %arg0
  %0 = dl.concat %a dim = 0 : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// Operands without elements vanish, inner concatenations dissolve.
// CHECK-LABEL: @flatten
func.func @flatten(%a: tensor<?xf32>, %b: tensor<0xf32>, %c: tensor<2xf32>) -> tensor<?xf32> {
  // CHECK-NEXT: %[[R:.*]] = dl.concat %arg0, %arg2, %arg2 dim = 0
  // CHECK-NEXT: return %[[R]]
  %0 = dl.concat %a, %b, %c dim = 0 : (tensor<?xf32>, tensor<0xf32>, tensor<2xf32>) -> tensor<?xf32>
  %1 = dl.concat %0, %c dim = 0 : (tensor<?xf32>, tensor<2xf32>) -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

func.func @rank(%a: tensor<2xf32>, %b: tensor<2x1xf32>) {
  // expected-error @+2 {{dl.concat: operand 1 has rank 2, the first has 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.concat %a, %b dim = 0 : (tensor<2xf32>, tensor<2x1xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @sizes(%a: tensor<2x1xf32>, %b: tensor<3x1xf32>) {
  // expected-error @+2 {{dl.concat: operand 1 has size 3 in dimension 0, another has 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.concat %a, %b dim = 1 : (tensor<2x1xf32>, tensor<3x1xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @element_type(%a: tensor<2xf32>, %b: tensor<2xi32>) {
  // expected-error @+2 {{dl.concat: operand 1 has another element type than the first}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.concat %a, %b dim = 0 : (tensor<2xf32>, tensor<2xi32>) -> tensor<4xf32>
  return
}

// -----

func.func @dimension(%a: tensor<2xf32>) {
  // expected-error @+2 {{dl.concat: dim 1 is not a dimension of a tensor of rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.concat %a dim = 1 : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @inferred(%a: tensor<2xf32>) {
  // expected-error @+2 {{inferred type(s) 'tensor<4xf32>' are incompatible with return type(s) of operation 'tensor<5xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.concat %a, %a dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<5xf32>
  return
}
