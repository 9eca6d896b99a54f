// A weight that two products use is packed once, and kept once.
// RUN: dl-compile %s --compile-to=dispatch -o - | FileCheck %s
// CHECK-COUNT-1: dl.global private
// CHECK-NOT: dl.global private
// CHECK-COUNT-2: dispatch.launch

func.func @main(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %i = dl.iota {dimension = 0} : tensor<4096xf32>
  %w = dl.reshape %i : tensor<4096xf32> -> tensor<64x64xf32>
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<8x64xf32>, tensor<64x64xf32> -> tensor<8x64xf32>
  %1 = dl.dot_general %0, %w, batching = [] x [] contracting = [1] x [0] : tensor<8x64xf32>, tensor<64x64xf32> -> tensor<8x64xf32>
  return %1 : tensor<8x64xf32>
}
