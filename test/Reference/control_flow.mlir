// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @branches
// CHECK: f32 = 1
// CHECK: f32 = 2
func.func @branches() -> (tensor<f32>, tensor<f32>) {
  %true = arith.constant true
  %false = arith.constant false
  %a = func.call @choose(%true) : (i1) -> tensor<f32>
  %b = func.call @choose(%false) : (i1) -> tensor<f32>
  return %a, %b : tensor<f32>, tensor<f32>
}
func.func private @choose(%p: i1) -> tensor<f32> {
  %r = scf.if %p -> tensor<f32> {
    %x = dl.constant dense<1.0> : tensor<f32>
    scf.yield %x : tensor<f32>
  } else {
    %y = dl.constant dense<2.0> : tensor<f32>
    scf.yield %y : tensor<f32>
  }
  return %r : tensor<f32>
}

// A result that grows: its shape is `?` in the loop.
// CHECK-LABEL: @for
// CHECK: 3xi64 = [0, 2, 4]
func.func @for() -> tensor<?xi64> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c5 = arith.constant 5 : index
  %none = dl.constant dense<> : tensor<0xi64>
  %start = tensor.cast %none : tensor<0xi64> to tensor<?xi64>
  %r = scf.for %i = %c0 to %c5 step %c2 iter_args(%t = %start) -> tensor<?xi64> {
    %k = arith.index_cast %i : index to i64
    %e = tensor.from_elements %k : tensor<1xi64>
    %n = dl.concat %t, %e dim = 0 : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
    scf.yield %n : tensor<?xi64>
  }
  return %r : tensor<?xi64>
}

// CHECK-LABEL: @while
// CHECK: i32 = 128
func.func @while() -> tensor<i32> {
  %one = dl.constant dense<1> : tensor<i32>
  %limit = dl.constant dense<100> : tensor<i32>
  %r = scf.while (%x = %one) : (tensor<i32>) -> tensor<i32> {
    %p = dl.compare lt %x, %limit : tensor<i32>, tensor<i32> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    scf.condition(%c) %x : tensor<i32>
  } do {
  ^bb0(%y: tensor<i32>):
    %z = dl.add %y, %y : tensor<i32>, tensor<i32> -> tensor<i32>
    scf.yield %z : tensor<i32>
  }
  return %r : tensor<i32>
}

// Bounds of eight bits without a sign: −56 is 200.
// CHECK-LABEL: @for_unsigned
// CHECK: i32 = 200
func.func @for_unsigned() -> tensor<i32> {
  %c0 = arith.constant 0 : i8
  %c200 = arith.constant 200 : i8
  %c1 = arith.constant 1 : i8
  %zero = dl.constant dense<0> : tensor<i32>
  %one = dl.constant dense<1> : tensor<i32>
  %r = scf.for unsigned %i = %c0 to %c200 step %c1 iter_args(%n = %zero) -> tensor<i32> : i8 {
    %m = dl.add %n, %one : tensor<i32>, tensor<i32> -> tensor<i32>
    scf.yield %m : tensor<i32>
  }
  return %r : tensor<i32>
}
