// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%t: tensor<9x4xf32>, %i: tensor<?x2xi32>, %x: tensor<?x8x?x64xf32>, %c: tensor<1x?x16xf32>) -> (tensor<?x2x4xf32>, tensor<?x8x?x64xf32>) {
  // CHECK: dl.embedding %arg0, %arg1 : tensor<9x4xf32>, tensor<?x2xi32> -> tensor<?x2x4xf32>
  %0 = dl.embedding %t, %i : tensor<9x4xf32>, tensor<?x2xi32> -> tensor<?x2x4xf32>
  // CHECK: dl.rotary_embedding %arg2, %arg3, %arg3 {interleaved} : tensor<?x8x?x64xf32>, tensor<1x?x16xf32>, tensor<1x?x16xf32> -> tensor<?x8x?x64xf32>
  %1 = dl.rotary_embedding %x, %c, %c {interleaved} : tensor<?x8x?x64xf32>, tensor<1x?x16xf32>, tensor<1x?x16xf32> -> tensor<?x8x?x64xf32>
  return %0, %1 : tensor<?x2x4xf32>, tensor<?x8x?x64xf32>
}

// -----

func.func @features(%x: tensor<1x8x4x16xf32>, %c: tensor<1x4x16xf32>) {
  // expected-error @+2 {{cannot rotate 32 of 16 features}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.rotary_embedding %x, %c, %c : tensor<1x8x4x16xf32>, tensor<1x4x16xf32>, tensor<1x4x16xf32> -> tensor<1x8x4x16xf32>
  return
}
