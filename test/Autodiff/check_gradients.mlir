// RUN: dl-opt %s -dl-check-gradients | FileCheck %s
// RUN: dl-opt %s -dl-check-gradients -dl-autodiff -o %t.mlir
// RUN: not dl-run %t.mlir --all --random-seed=1 2>&1 | FileCheck %s --check-prefix=KINK
// RUN: dl-opt %s -dl-check-gradients=differences=false -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2 differences=false" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1

func.func private @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = dl.sin %x : tensor<4xf64> -> tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @smooth(
// CHECK: grad.vjp @f
// CHECK: %[[T:.*]] = dl.rng_normal
// CHECK: grad.jvp @f(%{{.*}}) tangents(%[[T]]) of [0] wrt [0]
// CHECK: dl.assert %{{.*}}, "forward and reverse mode disagree on the derivative of @f"
// CHECK-COUNT-2: call @f(
// CHECK: dl.assert %{{.*}}, "the derivative of @f disagrees with a finite difference"
func.func @smooth(%x: tensor<4xf64>, %c: tensor<4xf64>) -> tensor<4xf64> {
  %0 = grad.vjp @f(%x) cotangents(%c) of [0] wrt [0] : (tensor<4xf64>), (tensor<4xf64>) -> (tensor<4xf64>)
  return %0 : tensor<4xf64>
}

// A finite difference across the kink gives half of what relu's convention says.
func.func private @relu(%x: tensor<f64>) -> tensor<f64> {
  %0 = dl.relu %x : tensor<f64> -> tensor<f64>
  return %0 : tensor<f64>
}
// KINK: the derivative of @relu disagrees with a finite difference
func.func @kink() -> tensor<f64> {
  %x = dl.constant dense<0.0> : tensor<f64>
  %c = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @relu(%x) cotangents(%c) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}

// Asks for nothing: `all` checks it.
// CHECK-LABEL: func.func @plain(
// CHECK-NOT: grad.
// CHECK: return
func.func @plain(%x: tensor<4xf64>, %n: tensor<i64>) -> (tensor<4xf64>, tensor<i64>) {
  %0 = dl.exp %x : tensor<4xf64> -> tensor<4xf64>
  return %0, %n : tensor<4xf64>, tensor<i64>
}
