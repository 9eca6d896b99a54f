// RUN: dl-opt %s --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%a: tensor<?x3x2xf32>, %s: tensor<?x?xf64>, %b: tensor<?x1xf64>, %k: tensor<2x?x3x2xf32>) {
  // CHECK: dl.lu %arg0 : tensor<?x3x2xf32> -> tensor<?x3x2xf32>, tensor<?x2xi32>
  %f, %p = dl.lu %a : tensor<?x3x2xf32> -> tensor<?x3x2xf32>, tensor<?x2xi32>
  // CHECK: dl.exchange_rows %arg0, %{{.*}} {backward} : tensor<?x3x2xf32>, tensor<?x2xi32> -> tensor<?x3x2xf32>
  %e = dl.exchange_rows %a, %p {backward} : tensor<?x3x2xf32>, tensor<?x2xi32> -> tensor<?x3x2xf32>
  // CHECK: dl.householder_qr %arg0 : tensor<?x3x2xf32> -> tensor<?x3x2xf32>, tensor<?x2xf32>
  %h, %t = dl.householder_qr %a : tensor<?x3x2xf32> -> tensor<?x3x2xf32>, tensor<?x2xf32>
  // CHECK: dl.householder_product %{{.*}}, %{{.*}} : tensor<?x3x2xf32>, tensor<?x2xf32> -> tensor<?x3x2xf32>
  %g = dl.householder_product %h, %t : tensor<?x3x2xf32>, tensor<?x2xf32> -> tensor<?x3x2xf32>
  // CHECK: dl.qr %arg0 {complete} : tensor<?x3x2xf32> -> tensor<?x3x3xf32>, tensor<?x3x2xf32>
  %q, %r = dl.qr %a {complete} : tensor<?x3x2xf32> -> tensor<?x3x3xf32>, tensor<?x3x2xf32>
  // CHECK: dl.eigh %arg1 {upper} : tensor<?x?xf64> -> tensor<?xf64>, tensor<?x?xf64>
  %l, %v = dl.eigh %s {upper} : tensor<?x?xf64> -> tensor<?xf64>, tensor<?x?xf64>
  // CHECK: dl.eig %arg3 : tensor<2x?x3x2xf32> -> tensor<2x3x2xf32>, tensor<2x3x3x2xf32>
  %c, %z = dl.eig %k : tensor<2x?x3x2xf32> -> tensor<2x3x2xf32>, tensor<2x3x3x2xf32>
  // CHECK: dl.svd %arg0 {full} : tensor<?x3x2xf32> -> tensor<?x3x3xf32>, tensor<?x2xf32>, tensor<?x2x2xf32>
  %u, %d, %w = dl.svd %a {full} : tensor<?x3x2xf32> -> tensor<?x3x3xf32>, tensor<?x2xf32>, tensor<?x2x2xf32>
  // CHECK: dl.ldl %arg1 : tensor<?x?xf64> -> tensor<?x?xf64>, tensor<?xi32>
  %m, %i = dl.ldl %s : tensor<?x?xf64> -> tensor<?x?xf64>, tensor<?xi32>
  // CHECK: dl.ldl_solve %{{.*}}, %{{.*}}, %arg2 : tensor<?x?xf64>, tensor<?xi32>, tensor<?x1xf64> -> tensor<?x1xf64>
  %x = dl.ldl_solve %m, %i, %b : tensor<?x?xf64>, tensor<?xi32>, tensor<?x1xf64> -> tensor<?x1xf64>
  return
}

// -----

func.func @lu(%a: tensor<3xf32>) { // lu C1
  // expected-error @+2 {{input 'tensor<3xf32>' is not a stack of matrices}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.lu %a : tensor<3xf32> -> tensor<3xf32>, tensor<3xi32>
  return
}

// -----

func.func @exchange_rank(%x: tensor<2x3x1xf32>, %p: tensor<2xi32>) { // exchange_rows C1, C2
  // expected-error @+2 {{pivots 'tensor<2xi32>' has a wrong rank for input 'tensor<2x3x1xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.exchange_rows %x, %p : tensor<2x3x1xf32>, tensor<2xi32> -> tensor<2x3x1xf32>
  return
}

// -----

func.func @exchange_count(%x: tensor<3x1xf32>, %p: tensor<4xi32>) { // exchange_rows C3
  // expected-error @+2 {{4 pivots exchange rows of input 'tensor<3x1xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.exchange_rows %x, %p : tensor<3x1xf32>, tensor<4xi32> -> tensor<3x1xf32>
  return
}

// -----

func.func @householder_qr(%a: tensor<3xf32>) { // householder_qr C1
  // expected-error @+2 {{input 'tensor<3xf32>' is not a stack of matrices}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.householder_qr %a : tensor<3xf32> -> tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @product_batch(%f: tensor<2x3x2xf32>, %t: tensor<4x2xf32>) { // householder_product C1, C2
  // expected-error @+2 {{factors 'tensor<2x3x2xf32>' and tau 'tensor<4x2xf32>' differ in batch dimension 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.householder_product %f, %t : tensor<2x3x2xf32>, tensor<4x2xf32> -> tensor<2x3x2xf32>
  return
}

// -----

func.func @product_element(%f: tensor<3x2xf32>, %t: tensor<2xf64>) { // householder_product C3
  // expected-error @+2 {{differ in element type}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.householder_product %f, %t : tensor<3x2xf32>, tensor<2xf64> -> tensor<3x2xf32>
  return
}

// -----

func.func @product_wide(%f: tensor<2x3xf32>, %t: tensor<2xf32>) { // householder_product C4
  // expected-error @+2 {{should have at least as many rows as columns}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.householder_product %f, %t : tensor<2x3xf32>, tensor<2xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @qr(%a: tensor<3xf32>) { // qr C1
  // expected-error @+2 {{input 'tensor<3xf32>' is not a stack of matrices}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.qr %a : tensor<3xf32> -> tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @eigh(%a: tensor<2x3xf32>) { // eigh C1
  // expected-error @+2 {{input 'tensor<2x3xf32>' is not a stack of square matrices}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.eigh %a : tensor<2x3xf32> -> tensor<2xf32>, tensor<2x3xf32>
  return
}

// -----

func.func @eig_square(%a: tensor<2x3x2xf32>) { // eig C1
  // expected-error @+2 {{input 'tensor<2x3x2xf32>' is not a stack of square matrices of complex numbers}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.eig %a : tensor<2x3x2xf32> -> tensor<2x2xf32>, tensor<2x3x2xf32>
  return
}

// -----

func.func @eig_complex(%a: tensor<3x3x1xf32>) { // eig C2
  // expected-error @+2 {{input 'tensor<3x3x1xf32>' is not complex: its last size is not 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.eig %a : tensor<3x3x1xf32> -> tensor<3x2xf32>, tensor<3x3x2xf32>
  return
}

// -----

func.func @svd(%a: tensor<3xf32>) { // svd C1
  // expected-error @+2 {{input 'tensor<3xf32>' is not a stack of matrices}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:3 = dl.svd %a : tensor<3xf32> -> tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @ldl(%a: tensor<2x3xf32>) { // ldl C1
  // expected-error @+2 {{input 'tensor<2x3xf32>' is not a stack of square matrices}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.ldl %a : tensor<2x3xf32> -> tensor<2x3xf32>, tensor<2xi32>
  return
}

// -----

func.func @ldl_solve_batch(%f: tensor<2x3x3xf32>, %p: tensor<2x3xi32>, %b: tensor<3x1xf32>) { // ldl_solve C1, C2
  // expected-error @+2 {{b 'tensor<3x1xf32>' has a wrong rank for factors 'tensor<2x3x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.ldl_solve %f, %p, %b : tensor<2x3x3xf32>, tensor<2x3xi32>, tensor<3x1xf32> -> tensor<3x1xf32>
  return
}

// -----

func.func @ldl_solve_element(%f: tensor<3x3xf32>, %p: tensor<3xi32>, %b: tensor<3x1xf64>) { // ldl_solve C3
  // expected-error @+2 {{differ in element type}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.ldl_solve %f, %p, %b : tensor<3x3xf32>, tensor<3xi32>, tensor<3x1xf64> -> tensor<3x1xf64>
  return
}

// -----

func.func @ldl_solve_rows(%f: tensor<3x3xf32>, %p: tensor<3xi32>, %b: tensor<2x1xf32>) { // ldl_solve C4
  // expected-error @+2 {{cannot be solved for b 'tensor<2x1xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.ldl_solve %f, %p, %b : tensor<3x3xf32>, tensor<3xi32>, tensor<2x1xf32> -> tensor<2x1xf32>
  return
}
