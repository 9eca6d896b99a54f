// RUN: dl-opt %s --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @integers
func.func @integers(%x: tensor<?xi4>, %u: tensor<2xui64>, %b: tensor<2xi1>, %i: tensor<2xindex>) {
  // CHECK-NEXT: dl.neg %arg0 : tensor<?xi4> -> tensor<?xi4>
  %neg = dl.neg %x : tensor<?xi4> -> tensor<?xi4>
  // CHECK-NEXT: dl.abs %arg0 : tensor<?xi4> -> tensor<?xi4>
  %abs = dl.abs %x : tensor<?xi4> -> tensor<?xi4>
  // CHECK-NEXT: dl.sign %arg0 : tensor<?xi4> -> tensor<?xi4>
  %sign = dl.sign %x : tensor<?xi4> -> tensor<?xi4>
  // CHECK-NEXT: dl.not %arg0 : tensor<?xi4> -> tensor<?xi4>
  %not = dl.not %x : tensor<?xi4> -> tensor<?xi4>
  // CHECK-NEXT: dl.relu %arg0 : tensor<?xi4> -> tensor<?xi4>
  %relu = dl.relu %x : tensor<?xi4> -> tensor<?xi4>
  // CHECK-NEXT: dl.neg %arg1 : tensor<2xui64> -> tensor<2xui64>
  %neg_u = dl.neg %u : tensor<2xui64> -> tensor<2xui64>
  // CHECK-NEXT: dl.not %arg2 : tensor<2xi1> -> tensor<2xi1>
  %not_b = dl.not %b : tensor<2xi1> -> tensor<2xi1>
  // CHECK-NEXT: dl.abs %arg3 : tensor<2xindex> -> tensor<2xindex>
  %abs_i = dl.abs %i : tensor<2xindex> -> tensor<2xindex>
  return
}

// -----

func.func @float_function(%x: tensor<2xi32>) {
  // expected-error @+1 {{operand #0 must be tensor of floating-point values, but got 'tensor<2xi32>'}}
  %0 = dl.exp %x : tensor<2xi32> -> tensor<2xi32>
  return
}

// -----

func.func @bits(%x: tensor<2xf32>) {
  // expected-error @+1 {{operand #0 must be tensor of integer or boolean values, but got 'tensor<2xf32>'}}
  %0 = dl.not %x : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{all non-scalar operands/results must have the same shape and base type}}
  %0 = dl.exp %x : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

func.func @element_type(%x: tensor<2xf32>) {
  // expected-error @+1 {{requires the same element type for all operands and results}}
  %0 = dl.exp %x : tensor<2xf32> -> tensor<2xf64>
  return
}

// -----

func.func @predicate(%x: tensor<2xf32>) {
  // expected-error @+1 {{result #0 must be tensor of 1-bit signless integer values, but got 'tensor<2xi8>'}}
  %0 = dl.is_nan %x : tensor<2xf32> -> tensor<2xi8>
  return
}

// -----

func.func @gelu(%x: tensor<2xi32>) {
  // expected-error @+1 {{operand #0 must be tensor of floating-point values, but got 'tensor<2xi32>'}}
  %0 = dl.gelu %x : tensor<2xi32> -> tensor<2xi32>
  return
}
