// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x32xf32>, %m: tensor<1x1x?x?xi1>) -> tensor<?x8x?x32xf32> {
  // CHECK: dl.attention %arg0, %arg1, %arg2 mask(%arg3 : tensor<1x1x?x?xi1>) {causal, scale = 1.250000e-01 : f64} : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32> -> tensor<?x8x?x32xf32>
  %0 = dl.attention %q, %k, %v mask(%m : tensor<1x1x?x?xi1>) {causal, scale = 0.125 : f64} : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32> -> tensor<?x8x?x32xf32>
  return %0 : tensor<?x8x?x32xf32>
}

// -----

func.func @heads(%q: tensor<1x8x4x64xf32>, %k: tensor<1x3x4x64xf32>) {
  // expected-error @+2 {{8 query heads are no multiple of 3 key heads}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.attention %q, %k, %k {scale = 0.125 : f64} : tensor<1x8x4x64xf32>, tensor<1x3x4x64xf32>, tensor<1x3x4x64xf32> -> tensor<1x8x4x64xf32>
  return
}

// -----

func.func @head_size(%q: tensor<1x8x4x64xf32>, %k: tensor<1x8x4x32xf32>) {
  // expected-error @+2 {{differ in head size}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.attention %q, %k, %k {scale = 0.125 : f64} : tensor<1x8x4x64xf32>, tensor<1x8x4x32xf32>, tensor<1x8x4x32xf32> -> tensor<1x8x4x32xf32>
  return
}
