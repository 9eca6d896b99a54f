// RUN: dl-opt %s -dl-lower-kernels | FileCheck %s

// A small kernel is a serial loop. Its arguments: the call, then the buffers.
// CHECK-LABEL: llvm.func hidden @small(
// CHECK-SAME: !llvm.ptr, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias})
// CHECK: llvm.call @dlc_math_exp_f32
// CHECK-NOT: dlc_rt_parallel
func.func private @small(%x: tensor<2x3xf32>) -> tensor<2x3xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<2x3xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// Sizes that aren't known follow the buffers; the loop runs on the pool.
// CHECK: llvm.func internal @dynamic_part0(
// CHECK-LABEL: llvm.func hidden @dynamic(
// CHECK-SAME: %{{.*}}: i64, %{{.*}}: i64)
// CHECK: llvm.mlir.addressof @dynamic_range0
// CHECK: llvm.call @dlc_rt_parallel
func.func private @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> attributes {dlc.kernel} {
  %0 = dl.neg %x : tensor<?xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// A check that fails ends the kernel.
// CHECK-LABEL: llvm.func hidden @checked(
// CHECK: llvm.cond_br
// CHECK: llvm.call @dlc_rt_fail
// CHECK-NEXT: llvm.return
func.func private @checked(%x: tensor<8xf32>, %s: tensor<1xi64>) -> tensor<2xf32> attributes {dlc.kernel} {
  %0 = dl.dynamic_slice %x, %s : tensor<1xi64> : tensor<8xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// No elements along one dimension, an open number along the next: the loops stay
// apart.
// CHECK-LABEL: llvm.func hidden @empty(
func.func private @empty(%x: tensor<0x?x3xi8>) -> tensor<0x?x3xui8> attributes {dlc.kernel} {
  %0 = dl.bitcast %x : tensor<0x?x3xi8> -> tensor<0x?x3xui8>
  return %0 : tensor<0x?x3xui8>
}
