// RUN: dl-opt %s --inline --symbol-dce | FileCheck %s

// A function of dl ops, control flow and globals is inlined into its callers.
dl.global private @w : tensor<2xf32> = dense<[1.0, 2.0]> : tensor<2xf32>

// CHECK-LABEL: func.func @main(
// CHECK-NOT: call
// CHECK: scf.if
// CHECK: dl.global_load @w
// CHECK: dl.exp
// CHECK-NOT: func.func private
func.func @main(%x: tensor<2xf32>, %p: i1) -> tensor<2xf32> {
  %0 = func.call @branch(%x, %p) : (tensor<2xf32>, i1) -> tensor<2xf32>
  %1 = func.call @leaf(%0) : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}
func.func private @branch(%x: tensor<2xf32>, %p: i1) -> tensor<2xf32> {
  %0 = scf.if %p -> tensor<2xf32> {
    %w = dl.global_load @w : tensor<2xf32>
    scf.yield %w : tensor<2xf32>
  } else {
    %1 = func.call @leaf(%x) : (tensor<2xf32>) -> tensor<2xf32>
    scf.yield %1 : tensor<2xf32>
  }
  return %0 : tensor<2xf32>
}
func.func private @leaf(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = dl.exp %x : tensor<2xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
