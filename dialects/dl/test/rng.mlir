// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%k: tensor<2xi64>, %a: tensor<f32>, %b: tensor<f32>, %s: tensor<1xi64>) -> (tensor<8xf32>, tensor<?xf32>) {
  // CHECK: dl.rng_uniform %arg0, %arg1, %arg2 : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<8xf32>
  %0 = dl.rng_uniform %k, %a, %b : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<8xf32>
  // CHECK: dl.rng_normal %arg0, %arg1, %arg2 shape(%arg3 : tensor<1xi64>) : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<?xf32>
  %1 = dl.rng_normal %k, %a, %b shape(%s : tensor<1xi64>) : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<?xf32>
  return %0, %1 : tensor<8xf32>, tensor<?xf32>
}

// -----

func.func @key(%k: tensor<3xi64>, %a: tensor<f32>) {
  // expected-error @+1 {{key needs two elements, is 'tensor<3xi64>'}}
  %0 = dl.rng_uniform %k, %a, %a : tensor<3xi64>, tensor<f32>, tensor<f32> -> tensor<8xf32>
  return
}

// -----

func.func @parameter(%k: tensor<2xi64>, %a: tensor<f64>) {
  // expected-error @+1 {{parameter of type 'tensor<f64>' for a result of type 'tensor<8xf32>'}}
  %0 = dl.rng_normal %k, %a, %a : tensor<2xi64>, tensor<f64>, tensor<f64> -> tensor<8xf32>
  return
}
