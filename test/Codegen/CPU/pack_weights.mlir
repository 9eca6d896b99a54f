// RUN: dl-opt %s -dl-pack-weights | FileCheck %s

dl.global private @w : tensor<48x64xf32> = dense<1.0> : tensor<48x64xf32>

// CHECK-LABEL: func.func @main(
// CHECK: %[[W:.*]] = dl.global_load @w
// CHECK: %[[T:.*]] = dl.transpose %[[W]], permutation = [1, 0]
// CHECK: %[[R:.*]] = dl.reshape %[[T]] : tensor<64x48xf32> -> tensor<64x1x48xf32>
// CHECK: %[[P:.*]] = dl.transpose %[[R]], permutation = [1, 0, 2]
// CHECK: dispatch.launch @k(%{{.*}}, %[[P]])
func.func @main(%x: tensor<128x64xf32>) -> tensor<128x48xf32> {
  %w = dl.global_load @w : tensor<48x64xf32>
  %y = dispatch.launch @k(%x, %w) : (tensor<128x64xf32>, tensor<48x64xf32>) -> tensor<128x48xf32>
  return %y : tensor<128x48xf32>
}

// CHECK-LABEL: func.func private @k(
// CHECK-SAME: %[[WP:[a-z0-9]+]]: tensor<1x64x48xf32>
// CHECK: %[[U:.*]] = dl.transpose %[[WP]], permutation = [1, 0, 2]
// CHECK: %[[M:.*]] = dl.reshape %[[U]]
// CHECK: dl.dot_general %{{.*}}, %[[M]],{{.*}}contracting = [1] x [0]
func.func private @k(%x: tensor<128x64xf32>, %w: tensor<48x64xf32>) -> tensor<128x48xf32> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [1] : tensor<128x64xf32>, tensor<48x64xf32> -> tensor<128x48xf32>
  return %0 : tensor<128x48xf32>
}
