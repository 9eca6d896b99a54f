// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Factorisations. What is returned doesn't depend on the signs of vectors.

func.func @lu(%x: tensor<2x3x3xf64>) -> tensor<2x3x3xf64> {
  %f, %p = dl.lu %x : tensor<2x3x3xf64> -> tensor<2x3x3xf64>, tensor<2x3xi32>
  return %f : tensor<2x3x3xf64>
}

func.func @lu_tall(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %f, %p = dl.lu %x : tensor<4x2xf64> -> tensor<4x2xf64>, tensor<2xi32>
  return %f : tensor<4x2xf64>
}

func.func @lu_wide(%x: tensor<2x4xf64>) -> tensor<2x4xf64> {
  %f, %p = dl.lu %x : tensor<2x4xf64> -> tensor<2x4xf64>, tensor<2xi32>
  return %f : tensor<2x4xf64>
}

func.func @lu_dynamic(%x: tensor<4x2xf64>) -> tensor<?x?xf64> {
  %y = tensor.cast %x : tensor<4x2xf64> to tensor<?x?xf64>
  %f, %p = dl.lu %y : tensor<?x?xf64> -> tensor<?x?xf64>, tensor<?xi32>
  return %f : tensor<?x?xf64>
}

func.func @exchange_rows(%x: tensor<3x2xf64>) -> (tensor<3x2xf64>, tensor<3x2xf64>) {
  %p = dl.constant dense<[2, 2]> : tensor<2xi32>
  %y = dl.exchange_rows %x, %p : tensor<3x2xf64>, tensor<2xi32> -> tensor<3x2xf64>
  %z = dl.exchange_rows %x, %p {backward} : tensor<3x2xf64>, tensor<2xi32> -> tensor<3x2xf64>
  return %y, %z : tensor<3x2xf64>, tensor<3x2xf64>
}

func.func @qr(%x: tensor<2x4x3xf64>) -> (tensor<2x4x3xf64>, tensor<2x3x3xf64>) {
  %q, %r = dl.qr %x : tensor<2x4x3xf64> -> tensor<2x4x3xf64>, tensor<2x3x3xf64>
  return %q, %r : tensor<2x4x3xf64>, tensor<2x3x3xf64>
}

func.func @qr_wide(%x: tensor<2x3xf64>) -> (tensor<2x2xf64>, tensor<2x3xf64>) {
  %q, %r = dl.qr %x {complete} : tensor<2x3xf64> -> tensor<2x2xf64>, tensor<2x3xf64>
  return %q, %r : tensor<2x2xf64>, tensor<2x3xf64>
}

func.func @householder_product(%f: tensor<2x4x3xf64>, %t: tensor<2x2xf64>) -> tensor<2x4x3xf64> {
  %q = dl.householder_product %f, %t : tensor<2x4x3xf64>, tensor<2x2xf64> -> tensor<2x4x3xf64>
  return %q : tensor<2x4x3xf64>
}

func.func @eigh(%x: tensor<3x3xf64>) -> (tensor<3xf64>, tensor<3x3xf64>) {
  %t = dl.transpose %x, permutation = [1, 0] : tensor<3x3xf64> -> tensor<3x3xf64>
  %d = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 12.0]]> : tensor<3x3xf64>
  %s = dl.add %x, %t : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %a = dl.add %s, %d : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %l, %v = dl.eigh %a : tensor<3x3xf64> -> tensor<3xf64>, tensor<3x3xf64>
  %w = dl.mul %v, %v : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %l, %w : tensor<3xf64>, tensor<3x3xf64>
}

// Values, and of the vectors what doesn't depend on their angle.
func.func @eig(%x: tensor<2x3x3x2xf64>) -> (tensor<2x3x2xf64>, tensor<2x3x3xf64>) {
  %d = dl.constant dense<[[[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [6.0, -1.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [-12.0, 5.0]]]> : tensor<3x3x2xf64>
  %b = dl.broadcast_in_dim %d, dims = [1, 2, 3] : tensor<3x3x2xf64> -> tensor<2x3x3x2xf64>
  %a = dl.add %x, %b : tensor<2x3x3x2xf64>, tensor<2x3x3x2xf64> -> tensor<2x3x3x2xf64>
  %l, %v = dl.eig %a : tensor<2x3x3x2xf64> -> tensor<2x3x2xf64>, tensor<2x3x3x2xf64>
  %w = dl.mul %v, %v : tensor<2x3x3x2xf64>, tensor<2x3x3x2xf64> -> tensor<2x3x3x2xf64>
  %s = dl.reduce sum %w, dims = [3] : tensor<2x3x3x2xf64> -> tensor<2x3x3xf64>
  return %l, %s : tensor<2x3x2xf64>, tensor<2x3x3xf64>
}

func.func @svd(%x: tensor<4x2xf64>) -> (tensor<4x2xf64>, tensor<2xf64>, tensor<2x2xf64>) {
  %d = dl.constant dense<[[2.0, 0.0], [0.0, 8.0], [0.0, 0.0], [0.0, 0.0]]> : tensor<4x2xf64>
  %a = dl.add %x, %d : tensor<4x2xf64>, tensor<4x2xf64> -> tensor<4x2xf64>
  %u, %s, %vt = dl.svd %a : tensor<4x2xf64> -> tensor<4x2xf64>, tensor<2xf64>, tensor<2x2xf64>
  %u2 = dl.mul %u, %u : tensor<4x2xf64>, tensor<4x2xf64> -> tensor<4x2xf64>
  %v2 = dl.mul %vt, %vt : tensor<2x2xf64>, tensor<2x2xf64> -> tensor<2x2xf64>
  return %u2, %s, %v2 : tensor<4x2xf64>, tensor<2xf64>, tensor<2x2xf64>
}

// Of the full factors what doesn't depend on which columns span the rest.
func.func @full_svd(%x: tensor<2x4xf64>) -> (tensor<2x2xf64>, tensor<2x4xf64>, tensor<4x4xf64>) {
  %d = dl.constant dense<[[2.0, 0.0, 1.0, 0.0], [0.0, 8.0, 0.0, 3.0]]> : tensor<2x4xf64>
  %a = dl.add %x, %d : tensor<2x4xf64>, tensor<2x4xf64> -> tensor<2x4xf64>
  %u, %s, %vt = dl.svd %a {full} : tensor<2x4xf64> -> tensor<2x2xf64>, tensor<2xf64>, tensor<4x4xf64>
  %u2 = dl.mul %u, %u : tensor<2x2xf64>, tensor<2x2xf64> -> tensor<2x2xf64>
  %v = dl.slice %vt, starts = [0, 0] limits = [2, 4] strides = [1, 1] : tensor<4x4xf64> -> tensor<2x4xf64>
  %v2 = dl.mul %v, %v : tensor<2x4xf64>, tensor<2x4xf64> -> tensor<2x4xf64>
  %rest = dl.slice %vt, starts = [2, 0] limits = [4, 4] strides = [1, 1] : tensor<4x4xf64> -> tensor<2x4xf64>
  %p = dl.dot_general %rest, %rest, batching = [] x [] contracting = [0] x [0] : tensor<2x4xf64>, tensor<2x4xf64> -> tensor<4x4xf64>
  return %u2, %v2, %p : tensor<2x2xf64>, tensor<2x4xf64>, tensor<4x4xf64>
}

func.func @singular_values(%x: tensor<2x4xf64>) -> tensor<2xf64> {
  %d = dl.constant dense<[[2.0, 0.0, 0.0, 0.0], [0.0, 8.0, 0.0, 0.0]]> : tensor<2x4xf64>
  %a = dl.add %x, %d : tensor<2x4xf64>, tensor<2x4xf64> -> tensor<2x4xf64>
  %u, %s, %vt = dl.svd %a {full} : tensor<2x4xf64> -> tensor<2x2xf64>, tensor<2xf64>, tensor<4x4xf64>
  return %s : tensor<2xf64>
}

func.func @ldl_solve(%b: tensor<2x3xf64>) -> tensor<2x3xf64> {
  %f = dl.constant dense<[[3.0, 0.0], [2.0, 1.0]]> : tensor<2x2xf64>
  %p = dl.constant dense<[2, 2]> : tensor<2xi32>
  %x = dl.ldl_solve %f, %p, %b : tensor<2x2xf64>, tensor<2xi32>, tensor<2x3xf64> -> tensor<2x3xf64>
  return %x : tensor<2x3xf64>
}
