// RUN: dl-opt %s -split-input-file -verify-diagnostics | dl-opt | FileCheck %s

func.func private @f(%x: tensor<f32>, %n: tensor<i64>) -> (tensor<f32>, tensor<i64>) {
  return %x, %n : tensor<f32>, tensor<i64>
}
// CHECK-LABEL: @valid
// CHECK: grad.vjp @f(%{{.*}}, %{{.*}}) cotangents(%{{.*}}) of [0] wrt [0] with_primal
// CHECK: grad.jvp @f(%{{.*}}, %{{.*}}) tangents(%{{.*}}) of [0] wrt [0] :
// CHECK: grad.stop %{{.*}} : tensor<f32>
// CHECK: grad.revise %{{.*}} to %{{.*}} : tensor<f32>
func.func @valid(%x: tensor<f32>, %n: tensor<i64>) -> (tensor<f32>, tensor<f32>) {
  %0:3 = grad.vjp @f(%x, %n) cotangents(%x) of [0] wrt [0] with_primal
      : (tensor<f32>, tensor<i64>), (tensor<f32>) -> (tensor<f32>, tensor<i64>, tensor<f32>)
  %1 = grad.jvp @f(%x, %n) tangents(%x) of [0] wrt [0]
      : (tensor<f32>, tensor<i64>), (tensor<f32>) -> (tensor<f32>)
  %2 = grad.stop %1 : tensor<f32>
  %3 = grad.revise %1 to %2 : tensor<f32>
  return %0#2, %3 : tensor<f32>, tensor<f32>
}

// -----

func.func @c1(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{asks for a derivative of 'g', which is no function}}
  %0 = grad.vjp @g(%x) cotangents(%x) of [0] wrt [0] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return %0 : tensor<f32>
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @c2(%x: tensor<f64>) -> tensor<f64> {
  // expected-error @below {{input 0 has type 'tensor<f64>', not 'tensor<f32>'}}
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @c3_empty(%x: tensor<f32>) {
  // expected-error @below {{`wrt` is empty}}
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [] with_primal
      : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @c3_twice(%x: tensor<f32>) {
  // expected-error @below {{`wrt` has the entry 0 twice}}
  %0:2 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0, 0]
      : (tensor<f32>), (tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @c3_beyond(%x: tensor<f32>) {
  // expected-error @below {{asks for argument 1 of a function with 1}}
  %0 = grad.jvp @f(%x) tangents(%x) of [0] wrt [1] : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @c4_count(%x: tensor<f32>) {
  // expected-error @below {{has 2 cotangents for 1 to give}}
  %0 = grad.vjp @f(%x) cotangents(%x, %x) of [0] wrt [0] : (tensor<f32>), (tensor<f32>, tensor<f32>) -> (tensor<f32>)
  return
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @c4_type(%x: tensor<f32>, %d: tensor<2xf32>) {
  // expected-error @below {{tangent 0 has type 'tensor<2xf32>', not 'tensor<f32>'}}
  %0 = grad.jvp @f(%x) tangents(%d) of [0] wrt [0] : (tensor<f32>), (tensor<2xf32>) -> (tensor<f32>)
  return
}

// -----

func.func private @f(%x: tensor<i64>) -> tensor<f32>
func.func @c5(%x: tensor<i64>, %d: tensor<f32>) {
  // expected-error @below {{asks for a derivative by argument 0, which is no tensor of floats but 'tensor<i64>'}}
  %0 = grad.vjp @f(%x) cotangents(%d) of [0] wrt [0] : (tensor<i64>), (tensor<f32>) -> (tensor<i64>)
  return
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @c6(%x: tensor<f32>) {
  // expected-error @below {{has 1 results, not 2}}
  %0 = grad.vjp @f(%x) cotangents(%x) of [0] wrt [0] with_primal : (tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return
}

// -----

func.func @stop_c1(%x: tensor<f32>) -> tensor<f64> {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "grad.stop"(%x) : (tensor<f32>) -> tensor<f64> // stop C1
  return %0 : tensor<f64>
}

// -----

func.func @revise_c1(%x: tensor<f32>, %y: tensor<f64>) -> tensor<f32> {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "grad.revise"(%x, %y) : (tensor<f32>, tensor<f64>) -> tensor<f32> // revise C1
  return %0 : tensor<f32>
}
