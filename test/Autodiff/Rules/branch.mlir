// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-run %t.mlir --all --random-seed=1 --compiled
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2
// RUN: dl-opt %s -canonicalize -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2
// RUN: dl-opt %s -canonicalize | FileCheck %s

// Branches that give values from outside, which canonicalisation makes arith.select.

// CHECK-LABEL: @outside
// CHECK: arith.select {{.*}} tensor<f64>
func.func @outside(%x: tensor<f64>, %w: tensor<f64>) -> tensor<f64> {
  %zero = dl.constant dense<0.0> : tensor<f64>
  %p = dl.compare gt %x, %zero : tensor<f64>, tensor<f64> -> tensor<i1>
  %c = tensor.extract %p[] : tensor<i1>
  %v = scf.if %c -> tensor<f64> {
    scf.yield %x : tensor<f64>
  } else {
    scf.yield %w : tensor<f64>
  }
  %y = dl.mul %v, %v : tensor<f64>, tensor<f64> -> tensor<f64>
  return %y : tensor<f64>
}

// A gradient has the size of what wasn't chosen, too.
func.func @sizes(%x: tensor<2xf64>, %w: tensor<3xf64>, %p: tensor<i1>) -> tensor<f64> {
  %c = tensor.extract %p[] : tensor<i1>
  %xd = tensor.cast %x : tensor<2xf64> to tensor<?xf64>
  %wd = tensor.cast %w : tensor<3xf64> to tensor<?xf64>
  %x2 = dl.mul %xd, %xd : tensor<?xf64>, tensor<?xf64> -> tensor<?xf64>
  %w3 = dl.sin %wd : tensor<?xf64> -> tensor<?xf64>
  %v = arith.select %c, %x2, %w3 : tensor<?xf64>
  %s = dl.mul %v, %v : tensor<?xf64>, tensor<?xf64> -> tensor<?xf64>
  %y = dl.reduce sum %s, dims = [0] : tensor<?xf64> -> tensor<f64>
  return %y : tensor<f64>
}

// In a loop that is reversed, of unknown length.
func.func @loop(%x: tensor<f64>, %w: tensor<f64>) -> tensor<f64> {
  %one = dl.constant dense<1.0> : tensor<f64>
  %five = dl.constant dense<5.0> : tensor<f64>
  %start = dl.exp %x : tensor<f64> -> tensor<f64>
  %r = scf.while (%a = %start) : (tensor<f64>) -> tensor<f64> {
    %p = dl.compare lt %a, %five : tensor<f64>, tensor<f64> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    scf.condition(%c) %a : tensor<f64>
  } do {
  ^bb0(%a: tensor<f64>):
    %p = dl.compare lt %a, %one : tensor<f64>, tensor<f64> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    %t = scf.if %c -> tensor<f64> {
      scf.yield %w : tensor<f64>
    } else {
      scf.yield %a : tensor<f64>
    }
    %u = dl.mul %t, %t : tensor<f64>, tensor<f64> -> tensor<f64>
    %v = dl.add %u, %a : tensor<f64>, tensor<f64> -> tensor<f64>
    scf.yield %v : tensor<f64>
  }
  return %r : tensor<f64>
}
