// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Philox4x32-10 with key and counter 0 gives 6627e8d5 e169c58d bc57ac4c
// 9b00dbd8 (the known-answer test of Random123): the 24 upper bits.
// CHECK-LABEL: @known_answer
// CHECK: 4xi1 = [true, true, true, true]
func.func @known_answer() -> tensor<4xi1> {
  %key = dl.constant dense<0> : tensor<2xi64>
  %low = dl.constant dense<0.0> : tensor<f32>
  %high = dl.constant dense<1.0> : tensor<f32>
  %x = dl.rng_uniform %key, %low, %high : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<4xf32>
  %scale = dl.constant dense<16777216.0> : tensor<4xf32>
  %y = dl.mul %x, %scale : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %words = dl.constant dense<[6694888.0, 14772677.0, 12343212.0, 10158299.0]> : tensor<4xf32>
  %same = dl.compare eq %y, %words : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %same : tensor<4xi1>
}

// CHECK-LABEL: @integers
// CHECK: 64xi32 = [{{([0-4], )+}}
func.func @integers() -> tensor<64xi32> {
  %key = dl.constant dense<[1, 2]> : tensor<2xi64>
  %low = dl.constant dense<0> : tensor<i32>
  %high = dl.constant dense<5> : tensor<i32>
  %x = dl.rng_uniform %key, %low, %high : tensor<2xi64>, tensor<i32>, tensor<i32> -> tensor<64xi32>
  return %x : tensor<64xi32>
}
