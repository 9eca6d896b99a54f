// RUN: dl-opt %s --split-input-file --verify-diagnostics

// A declared type that the inferred one can't be: what a result's constraint says.

func.func @concat(%a: tensor<2xf32>) { // concat C6
  // expected-error @+2 {{inferred type(s) 'tensor<4xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.concat %a, %a dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @transpose(%x: tensor<2x?xf32>) { // transpose C3
  // expected-error @+2 {{inferred type(s) 'tensor<?x2xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.transpose %x, permutation = [1, 0] : tensor<2x?xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @reverse(%x: tensor<3xf32>) { // reverse C2
  // expected-error @+2 {{inferred type(s) 'tensor<3xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.reverse %x, dims = [0] : tensor<3xf32> -> tensor<2xf32>
  return
}

// -----

func.func @slice(%x: tensor<9x?xf32>) { // slice C5
  // expected-error @+2 {{inferred type(s) 'tensor<3x?xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.slice %x, starts = [1, 0] limits = [8, -1] strides = [3, 1] : tensor<9x?xf32> -> tensor<4x?xf32>
  return
}

// -----

func.func @dynamic_update_slice(%x: tensor<4xf32>, %u: tensor<2xf32>, %i: tensor<1xi64>) { // dynamic_update_slice C5
  // expected-error @+2 {{inferred type(s) 'tensor<4xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.dynamic_update_slice %x, %u, %i : tensor<4xf32>, tensor<2xf32>, tensor<1xi64> -> tensor<2xf32>
  return
}

// -----

func.func @reduce(%x: tensor<2x?xf32>) { // reduce C4
  // expected-error @+2 {{inferred type(s) 'tensor<2x1xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.reduce sum %x, dims = [1] keep_dims : tensor<2x?xf32> -> tensor<2xf32>
  return
}

// -----

func.func @cumulative(%x: tensor<3xf32>) { // cumulative C3
  // expected-error @+2 {{inferred type(s) 'tensor<3xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.cumulative sum %x, dim = 0 : tensor<3xf32> -> tensor<3xf64>
  return
}

// -----

func.func @cholesky(%a: tensor<2x2xf32>) { // cholesky C2
  // expected-error @+2 {{inferred type(s) 'tensor<2x2xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.cholesky %a : tensor<2x2xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @embedding(%t: tensor<9x4xf32>, %i: tensor<?xi64>) { // embedding C2
  // expected-error @+2 {{inferred type(s) 'tensor<?x4xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.embedding %t, %i : tensor<9x4xf32>, tensor<?xi64> -> tensor<?x9xf32>
  return
}
