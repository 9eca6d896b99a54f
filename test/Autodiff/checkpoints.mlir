// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff=checkpoint-loops -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff=checkpoint-loops -o %t.mlir
// RUN: dl-run %t.mlir --all --compiled --random-seed=2
// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff=checkpoint-loops | FileCheck %s

// The loops of n iterations that checkpointing makes two of.

// 23 iterations, of any kind to the compiler.
func.func @while(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
  %zero = dl.constant dense<0> : tensor<i64>
  %one = dl.constant dense<1> : tensor<i64>
  %n = dl.constant dense<23> : tensor<i64>
  %eighth = dl.constant dense<0.125> : tensor<2xf64>
  %r:2 = scf.while (%y = %x, %i = %zero) : (tensor<2xf64>, tensor<i64>) -> (tensor<2xf64>, tensor<i64>) {
    %p = dl.compare lt %i, %n : tensor<i64>, tensor<i64> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    %z = dl.sin %y : tensor<2xf64> -> tensor<2xf64>
    scf.condition(%c) %z, %i : tensor<2xf64>, tensor<i64>
  } do {
  ^bb0(%y: tensor<2xf64>, %i: tensor<i64>):
    %t = dl.mul %y, %w : tensor<2xf64>, tensor<2xf64> -> tensor<2xf64>
    %u = dl.mul %t, %eighth : tensor<2xf64>, tensor<2xf64> -> tensor<2xf64>
    %v = dl.add %y, %u : tensor<2xf64>, tensor<2xf64> -> tensor<2xf64>
    %next = dl.add %i, %one : tensor<i64>, tensor<i64> -> tensor<i64>
    scf.yield %v, %next : tensor<2xf64>, tensor<i64>
  }
  return %r#0 : tensor<2xf64>
}

// A while loop that never runs, and one of a single iteration.
func.func @few(%x: tensor<f64>) -> tensor<f64> {
  %big = dl.constant dense<100.0> : tensor<f64>
  %r = scf.while (%y = %x) : (tensor<f64>) -> tensor<f64> {
    %p = dl.compare gt %y, %big : tensor<f64>, tensor<f64> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    scf.condition(%c) %y : tensor<f64>
  } do {
  ^bb0(%y: tensor<f64>):
    scf.yield %y : tensor<f64>
  }
  %s = scf.while (%y = %r) : (tensor<f64>) -> tensor<f64> {
    %p = dl.compare lt %y, %big : tensor<f64>, tensor<f64> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    scf.condition(%c) %y : tensor<f64>
  } do {
  ^bb0(%y: tensor<f64>):
    %e = dl.exp %y : tensor<f64> -> tensor<f64>
    %z = dl.add %e, %big : tensor<f64>, tensor<f64> -> tensor<f64>
    scf.yield %z : tensor<f64>
  }
  return %s : tensor<f64>
}

// 12 = 3 · 4 iterations.
// CHECK-LABEL: func.func private @even_checked_vjp
// CHECK-DAG: %[[THREE:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[FOUR:.*]] = arith.constant 4 : index
// CHECK: scf.for {{.*}} to %[[THREE]] {{.*}} -> ({{.*}}tensor<3x2xf64>
// CHECK: scf.for {{.*}} to %[[FOUR]] {{.*}} -> (tensor<2xf64>)
// CHECK: scf.for {{.*}} to %[[THREE]]
// CHECK: scf.for {{.*}} to %[[FOUR]] {{.*}} -> ({{.*}}tensor<4x2xf64>
// CHECK: scf.for {{.*}} to %[[FOUR]]
func.func @even(%x: tensor<2xf64>) -> tensor<2xf64> {
  %c0 = arith.constant 0 : index
  %c12 = arith.constant 12 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %c12 step %c1 iter_args(%y = %x) -> (tensor<2xf64>) {
    %0 = dl.sin %y : tensor<2xf64> -> tensor<2xf64>
    scf.yield %0 : tensor<2xf64>
  }
  return %r : tensor<2xf64>
}

// 37 iterations, of an open size, that don't count from 0 by 1.
func.func @odd(%x: tensor<2xf64>) -> tensor<2xf64> {
  %c2 = arith.constant 2 : i32
  %c150 = arith.constant 150 : i32
  %c4 = arith.constant 4 : i32
  %xd = tensor.cast %x : tensor<2xf64> to tensor<?xf64>
  %r = scf.for %i = %c2 to %c150 step %c4 iter_args(%y = %xd) -> (tensor<?xf64>) : i32 {
    %t = tensor.from_elements %i : tensor<1xi32>
    %f = dl.convert %t : tensor<1xi32> -> tensor<1xf64>
    %g = dl.sin %f : tensor<1xf64> -> tensor<1xf64>
    %h = dl.broadcast_in_dim %g, dims = [0] : tensor<1xf64> -> tensor<2xf64>
    %hd = tensor.cast %h : tensor<2xf64> to tensor<?xf64>
    %0 = dl.sin %y : tensor<?xf64> -> tensor<?xf64>
    %1 = dl.mul %0, %hd : tensor<?xf64>, tensor<?xf64> -> tensor<?xf64>
    %2 = dl.add %1, %y : tensor<?xf64>, tensor<?xf64> -> tensor<?xf64>
    scf.yield %2 : tensor<?xf64>
  }
  %s = tensor.cast %r : tensor<?xf64> to tensor<2xf64>
  return %s : tensor<2xf64>
}

// A loop in a while loop.
func.func @nest(%x: tensor<f64>, %w: tensor<f64>) -> tensor<f64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %zero = dl.constant dense<0> : tensor<i64>
  %one = dl.constant dense<1> : tensor<i64>
  %n = dl.constant dense<6> : tensor<i64>
  %r:2 = scf.while (%y = %x, %i = %zero) : (tensor<f64>, tensor<i64>) -> (tensor<f64>, tensor<i64>) {
    %p = dl.compare lt %i, %n : tensor<i64>, tensor<i64> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    scf.condition(%c) %y, %i : tensor<f64>, tensor<i64>
  } do {
  ^bb0(%y: tensor<f64>, %i: tensor<i64>):
    %s = scf.for %j = %c0 to %c5 step %c1 iter_args(%z = %y) -> (tensor<f64>) {
      %a = dl.mul %z, %w : tensor<f64>, tensor<f64> -> tensor<f64>
      %b = dl.sin %a : tensor<f64> -> tensor<f64>
      scf.yield %b : tensor<f64>
    }
    %next = dl.add %i, %one : tensor<i64>, tensor<i64> -> tensor<i64>
    scf.yield %s, %next : tensor<f64>, tensor<i64>
  }
  return %r#0 : tensor<f64>
}
