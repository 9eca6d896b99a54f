// RUN: dl-opt %s -dl-pack-weights | FileCheck %s

// A product of one row reads each weight once: no tile width that needs padding is
// worth it.

dl.global private @w : tensor<64x128xf32> = dense<1.0> : tensor<64x128xf32>

// CHECK-LABEL: func.func @main(
// CHECK-NOT: dl.pad
// CHECK: dl.transpose
// CHECK: dispatch.launch
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x128xf32> {
  %w = dl.global_load @w : tensor<64x128xf32>
  %y = dispatch.launch @k(%x, %w) : (tensor<1x64xf32>, tensor<64x128xf32>) -> tensor<1x128xf32>
  return %y : tensor<1x128xf32>
}

func.func private @k(%x: tensor<1x64xf32>, %w: tensor<64x128xf32>) -> tensor<1x128xf32> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<1x64xf32>, tensor<64x128xf32> -> tensor<1x128xf32>
  return %0 : tensor<1x128xf32>
}
