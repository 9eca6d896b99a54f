// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled | FileCheck %s

// x > 0 ? x² : −x, by both modes.
func.func private @branch(%x: tensor<f32>) -> tensor<f32> {
  %zero = dl.constant dense<0.0> : tensor<f32>
  %p = dl.compare gt %x, %zero : tensor<f32>, tensor<f32> -> tensor<i1>
  %c = tensor.extract %p[] : tensor<i1>
  %y = scf.if %c -> tensor<f32> {
    %0 = dl.mul %x, %x : tensor<f32>, tensor<f32> -> tensor<f32>
    scf.yield %0 : tensor<f32>
  } else {
    %0 = dl.neg %x : tensor<f32> -> tensor<f32>
    scf.yield %0 : tensor<f32>
  }
  return %y : tensor<f32>
}
// CHECK-LABEL: @if
// CHECK: f32 = 6
// CHECK: f32 = -1
// CHECK: f32 = 6
// CHECK: f32 = -1
func.func @if() -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) {
  %x = dl.constant dense<3.0> : tensor<f32>
  %y = dl.constant dense<-3.0> : tensor<f32>
  %c = dl.constant dense<1.0> : tensor<f32>
  %0 = grad.vjp @branch(%x) cotangents(%c) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  %1 = grad.vjp @branch(%y) cotangents(%c) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  %2 = grad.jvp @branch(%x) tangents(%c) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  %3 = grad.jvp @branch(%y) tangents(%c) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return %0, %1, %2, %3 : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
}

// y ← y·y·w three times: y = x⁸w⁷.
func.func private @loop(%x: tensor<?xf64>, %w: tensor<?xf64>) -> tensor<?xf64> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%y = %x) -> (tensor<?xf64>) {
    %0 = dl.mul %y, %y : tensor<?xf64>, tensor<?xf64> -> tensor<?xf64>
    %1 = dl.mul %0, %w : tensor<?xf64>, tensor<?xf64> -> tensor<?xf64>
    scf.yield %1 : tensor<?xf64>
  }
  return %r : tensor<?xf64>
}
// CHECK-LABEL: @for
// CHECK: 2xf64 = [8, 1024]
// CHECK: 2xf64 = [7, 448]
// CHECK: 2xf64 = [8, 1024]
func.func @for() -> (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) {
  %x = dl.constant dense<[1.0, 1.0]> : tensor<2xf64>
  %w = dl.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %c = dl.constant dense<1.0> : tensor<2xf64>
  %xd = tensor.cast %x : tensor<2xf64> to tensor<?xf64>
  %wd = tensor.cast %w : tensor<2xf64> to tensor<?xf64>
  %cd = tensor.cast %c : tensor<2xf64> to tensor<?xf64>
  %0:2 = grad.vjp @loop(%xd, %wd) cotangents(%cd) of [0] wrt [0, 1]
      : (tensor<?xf64>, tensor<?xf64>), (tensor<?xf64>) -> (tensor<?xf64>, tensor<?xf64>)
  %1 = grad.jvp @loop(%xd, %wd) tangents(%cd) of [0] wrt [0]
      : (tensor<?xf64>, tensor<?xf64>), (tensor<?xf64>) -> (tensor<?xf64>)
  %2 = tensor.cast %0#0 : tensor<?xf64> to tensor<2xf64>
  %3 = tensor.cast %0#1 : tensor<?xf64> to tensor<2xf64>
  %4 = tensor.cast %1 : tensor<?xf64> to tensor<2xf64>
  return %2, %3, %4 : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
}

// Doubles y while it is below 100, inside a function that is called.
func.func private @double(%x: tensor<f32>) -> tensor<f32> {
  %hundred = dl.constant dense<100.0> : tensor<f32>
  %r = scf.while (%y = %x) : (tensor<f32>) -> tensor<f32> {
    %p = dl.compare lt %y, %hundred : tensor<f32>, tensor<f32> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    scf.condition(%c) %y : tensor<f32>
  } do {
  ^bb0(%y: tensor<f32>):
    %0 = dl.add %y, %y : tensor<f32>, tensor<f32> -> tensor<f32>
    scf.yield %0 : tensor<f32>
  }
  return %r : tensor<f32>
}
func.func private @calls(%x: tensor<f32>) -> tensor<f32> {
  %0 = func.call @double(%x) : (tensor<f32>) -> tensor<f32>
  %1 = dl.mul %0, %0 : tensor<f32>, tensor<f32> -> tensor<f32>
  return %1 : tensor<f32>
}
// 3 → 192: d(192²)/dx = 2·192·64.
// CHECK-LABEL: @while
// CHECK: f32 = 24576
// CHECK: f32 = 24576
func.func @while() -> (tensor<f32>, tensor<f32>) {
  %x = dl.constant dense<3.0> : tensor<f32>
  %c = dl.constant dense<1.0> : tensor<f32>
  %0 = grad.vjp @calls(%x) cotangents(%c) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  %1 = grad.jvp @calls(%x) tangents(%c) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return %0, %1 : tensor<f32>, tensor<f32>
}

// A loop in a loop, differentiated twice: y ← y·(w + i·j), i < 2, j < 2, y = x·w³(w + 1).
func.func private @nest(%x: tensor<f64>, %w: tensor<f64>) -> tensor<f64> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %c2 step %c1 iter_args(%y = %x) -> (tensor<f64>) {
    %s = scf.for %j = %c0 to %c2 step %c1 iter_args(%z = %y) -> (tensor<f64>) {
      %ij = arith.muli %i, %j : index
      %t = tensor.from_elements %ij : tensor<index>
      %f = dl.convert %t : tensor<index> -> tensor<f64>
      %a = dl.add %w, %f : tensor<f64>, tensor<f64> -> tensor<f64>
      %b = dl.mul %z, %a : tensor<f64>, tensor<f64> -> tensor<f64>
      scf.yield %b : tensor<f64>
    }
    scf.yield %s : tensor<f64>
  }
  return %r : tensor<f64>
}
func.func private @nest_by_w(%x: tensor<f64>, %w: tensor<f64>) -> tensor<f64> {
  %c = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @nest(%x, %w) cotangents(%c) of [0] wrt [1] : (tensor<f64>, tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}
// x(4w³ + 3w²) = 44·5, and by w x(12w² + 6w) = 60·5.
// CHECK-LABEL: @nested
// CHECK: f64 = 220
// CHECK: f64 = 300
// CHECK: f64 = 300
func.func @nested() -> (tensor<f64>, tensor<f64>, tensor<f64>) {
  %x = dl.constant dense<5.0> : tensor<f64>
  %w = dl.constant dense<2.0> : tensor<f64>
  %c = dl.constant dense<1.0> : tensor<f64>
  %0 = call @nest_by_w(%x, %w) : (tensor<f64>, tensor<f64>) -> tensor<f64>
  %1 = grad.vjp @nest_by_w(%x, %w) cotangents(%c) of [0] wrt [1] : (tensor<f64>, tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  %2 = grad.jvp @nest_by_w(%x, %w) tangents(%c) of [0] wrt [1] : (tensor<f64>, tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0, %1, %2 : tensor<f64>, tensor<f64>, tensor<f64>
}

// A loop that never runs.
func.func private @none(%x: tensor<2xf64>) -> tensor<2xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %c0 step %c1 iter_args(%y = %x) -> (tensor<2xf64>) {
    %0 = dl.mul %y, %y : tensor<2xf64>, tensor<2xf64> -> tensor<2xf64>
    scf.yield %0 : tensor<2xf64>
  }
  return %r : tensor<2xf64>
}
// CHECK-LABEL: @never
// CHECK: 2xf64 = [1, 1]
func.func @never() -> tensor<2xf64> {
  %x = dl.constant dense<3.0> : tensor<2xf64>
  %c = dl.constant dense<1.0> : tensor<2xf64>
  %0 = grad.vjp @none(%x) cotangents(%c) of [0] wrt [0] : (tensor<2xf64>), (tensor<2xf64>) -> (tensor<2xf64>)
  return %0 : tensor<2xf64>
}

// Bounds without a sign, and bounds whose distance their type doesn't hold.
func.func private @unsigned(%x: tensor<f64>, %n: tensor<i8>) -> tensor<f64> {
  %c0 = arith.constant 0 : i8
  %c100 = arith.constant 100 : i8
  %high = tensor.extract %n[] : tensor<i8>
  %r = scf.for unsigned %i = %c0 to %high step %c100 iter_args(%y = %x) -> tensor<f64> : i8 {
    %k = arith.index_castui %i : i8 to index
    %k64 = arith.index_cast %k : index to i64
    %t = tensor.from_elements %k64 : tensor<i64>
    %f = dl.convert %t : tensor<i64> -> tensor<f64>
    %s = dl.mul %y, %y : tensor<f64>, tensor<f64> -> tensor<f64>
    %z = dl.add %s, %f : tensor<f64>, tensor<f64> -> tensor<f64>
    scf.yield %z : tensor<f64>
  }
  return %r : tensor<f64>
}
func.func private @wide(%x: tensor<f64>, %n: tensor<i8>) -> tensor<f64> {
  %low = arith.constant -100 : i8
  %c100 = arith.constant 100 : i8
  %high = tensor.extract %n[] : tensor<i8>
  %r = scf.for %i = %low to %high step %c100 iter_args(%y = %x) -> tensor<f64> : i8 {
    %s = dl.mul %y, %y : tensor<f64>, tensor<f64> -> tensor<f64>
    scf.yield %s : tensor<f64>
  }
  return %r : tensor<f64>
}
// (x² + 0)² + 100, and then x² twice.
// CHECK-LABEL: @narrow_bounds
// CHECK: f64 = 116
// CHECK: f64 = 32
// CHECK: f64 = 32
// CHECK: f64 = 32
func.func @narrow_bounds() -> (tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>) {
  %x = dl.constant dense<2.0> : tensor<f64>
  %c = dl.constant dense<1.0> : tensor<f64>
  %n200 = dl.constant dense<-56> : tensor<i8>
  %n100 = dl.constant dense<100> : tensor<i8>
  %0:2 = grad.vjp @unsigned(%x, %n200) cotangents(%c) of [0] wrt [0] with_primal
      : (tensor<f64>, tensor<i8>), (tensor<f64>) -> (tensor<f64>, tensor<f64>)
  %1 = grad.jvp @unsigned(%x, %n200) tangents(%c) of [0] wrt [0] : (tensor<f64>, tensor<i8>), (tensor<f64>) -> (tensor<f64>)
  %2 = grad.vjp @wide(%x, %n100) cotangents(%c) of [0] wrt [0] : (tensor<f64>, tensor<i8>), (tensor<f64>) -> (tensor<f64>)
  return %0#0, %0#1, %1, %2 : tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>
}
