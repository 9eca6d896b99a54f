// RUN: dl-run %s --all | FileCheck %s

// A number outside of tensors may decide, or become part of a tensor as a constant;
// a derivative that would have to follow it is an error (errors.mlir). Twice x ← x²
// while the last x was below 100, times a constant that is 3 here.
func.func private @f(%x: tensor<f64>) -> tensor<f64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %hundred = arith.constant 100.0 : f64
  %first = tensor.extract %x[] : tensor<f64>
  %0:2 = scf.for %i = %c0 to %c2 step %c1 iter_args(%y = %x, %last = %first) -> (tensor<f64>, f64) {
    %small = arith.cmpf olt, %last, %hundred : f64
    %square = scf.if %small -> tensor<f64> {
      %1 = dl.mul %y, %y : tensor<f64>, tensor<f64> -> tensor<f64>
      scf.yield %1 : tensor<f64>
    } else {
      scf.yield %y : tensor<f64>
    }
    %next = tensor.extract %square[] : tensor<f64>
    scf.yield %square, %next : tensor<f64>, f64
  }
  %2 = tensor.from_elements %first : tensor<f64>
  %3 = grad.stop %2 : tensor<f64>
  %4 = dl.mul %0#0, %3 : tensor<f64>, tensor<f64> -> tensor<f64>
  return %4 : tensor<f64>
}
func.func private @g(%x: tensor<f64>) -> tensor<f64> {
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @f(%x) cotangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}

// 3·4x³ and 3·12x² at 3, twice.
// CHECK-LABEL: @derivatives
// CHECK-COUNT-2: f64 = 324
// CHECK-COUNT-2: f64 = 324
func.func @derivatives() -> (tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>) {
  %x = dl.constant dense<3.0> : tensor<f64>
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = call @g(%x) : (tensor<f64>) -> tensor<f64>
  %1 = grad.jvp @f(%x) tangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  %2 = grad.vjp @g(%x) cotangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  %3 = grad.jvp @g(%x) tangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0, %1, %2, %3 : tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>
}
