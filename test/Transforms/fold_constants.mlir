// RUN: dl-opt %s -dl-fold-constants=inline-elements=4 | FileCheck %s

// The weight's transpose is computed now and becomes a global.
// CHECK: dl.global private @folded{{.*}} : tensor<2x3xf32>
// CHECK-NOT: @unused
dl.global private @w : tensor<3x2xf32> = dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
dl.global private @unused : tensor<f32> = dense<0.0> : tensor<f32>

// CHECK-LABEL: @transposed_weight
func.func @transposed_weight() -> tensor<2x3xf32> {
  // CHECK-NEXT: %[[W:.*]] = dl.global_load @folded{{.*}} : tensor<2x3xf32>
  // CHECK-NEXT: return %[[W]]
  %w = dl.global_load @w : tensor<3x2xf32>
  %t = dl.transpose %w, permutation = [1, 0] : tensor<3x2xf32> -> tensor<2x3xf32>
  return %t : tensor<2x3xf32>
}

// CHECK-LABEL: @small
func.func @small() -> tensor<3xi64> {
  // CHECK-NEXT: dl.constant dense<[5, 7, 9]> : tensor<3xi64>
  // CHECK-NEXT: return
  %a = dl.constant dense<[1, 2, 3]> : tensor<3xi64>
  %b = dl.constant dense<[4, 5, 6]> : tensor<3xi64>
  %0 = dl.add %a, %b : tensor<3xi64>, tensor<3xi64> -> tensor<3xi64>
  return %0 : tensor<3xi64>
}

// A broadcast is not worth storing: it stays, but what it repeats is computed.
// CHECK-LABEL: @broadcast
func.func @broadcast() -> tensor<8x2xf32> {
  // CHECK-NEXT: %[[C:.*]] = dl.constant dense<[4.000000e+00, 6.000000e+00]>
  // CHECK-NEXT: dl.broadcast_in_dim %[[C]], dims = [1]
  %a = dl.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %s = dl.add %a, %a : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %b = dl.broadcast_in_dim %s, dims = [1] : tensor<2xf32> -> tensor<8x2xf32>
  return %b : tensor<8x2xf32>
}

// An error is left to the run, which reports it.
// CHECK-LABEL: @error_stays
func.func @error_stays() -> tensor<2xf32> {
  // CHECK: dl.embedding
  %t = dl.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %i = dl.constant dense<[0, 9]> : tensor<2xi64>
  %0 = dl.embedding %t, %i : tensor<2xf32>, tensor<2xi64> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// A kernel can't load a weight: what it computes stays.
// CHECK-LABEL: @kernel
func.func private @kernel() -> tensor<8xi64> attributes {dlc.kernel} {
  // CHECK: dl.iota
  // CHECK: dl.add
  %i = dl.iota {dimension = 0 : i64} : tensor<8xi64>
  %0 = dl.add %i, %i : tensor<8xi64>, tensor<8xi64> -> tensor<8xi64>
  return %0 : tensor<8xi64>
}
