// RUN: dl-opt %s -dl-lower-template-kernels -split-input-file | FileCheck %s

// A right operand packed ahead: 13 rows by 2 vectors of accumulators (128 rows in
// ten balanced tiles), bias and residual sum finished in registers.
// CHECK-LABEL: func.func private @packed(
// CHECK-SAME: memref<128x64xf32>, %{{.*}}: memref<2x64x32xf32>
// CHECK: scf.parallel
// CHECK-COUNT-26: vector.fma
// CHECK: vector.store
// CHECK-NOT: memref.alloc
func.func private @packed(%x: tensor<128x64xf32>, %wp: tensor<2x64x32xf32>, %b: tensor<64xf32>, %r: tensor<128x64xf32>) -> tensor<128x64xf32> attributes {dlc.kernel} {
  %t = dl.transpose %wp, permutation = [1, 0, 2] : tensor<2x64x32xf32> -> tensor<64x2x32xf32>
  %w = dl.reshape %t : tensor<64x2x32xf32> -> tensor<64x64xf32>
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<128x64xf32>, tensor<64x64xf32> -> tensor<128x64xf32>
  %bb = dl.broadcast_in_dim %b, dims = [1] : tensor<64xf32> -> tensor<128x64xf32>
  %1 = dl.add %0, %bb : tensor<128x64xf32>, tensor<128x64xf32> -> tensor<128x64xf32>
  %2 = dl.add %1, %r : tensor<128x64xf32>, tensor<128x64xf32> -> tensor<128x64xf32>
  return %2 : tensor<128x64xf32>
}

// -----

// An epilogue with mathematics goes through a tile on the stack.
// CHECK-LABEL: func.func private @through_buffer(
// CHECK: vector.fma
// CHECK: memref.alloca()
// CHECK: memref.store
func.func private @through_buffer(%x: tensor<?x64xf32>, %w: tensor<64x40xf32>) -> tensor<?x40xf16> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<?x64xf32>, tensor<64x40xf32> -> tensor<?x40xf32>
  %1 = dl.gelu %0 : tensor<?x40xf32> -> tensor<?x40xf32>
  %2 = dl.convert %1 : tensor<?x40xf32> -> tensor<?x40xf16>
  return %2 : tensor<?x40xf16>
}

// -----

// A right operand contiguous along the contraction is packed first.
// CHECK-LABEL: func.func private @transposed(
// CHECK: memref.alloc
// CHECK: scf.parallel
// CHECK: scf.parallel
// CHECK: vector.fma
// CHECK: memref.dealloc
func.func private @transposed(%q: tensor<2x4x?x64xf32>, %k: tensor<2x4x?x64xf32>) -> tensor<2x4x?x?xf32> attributes {dlc.kernel} {
  %0 = dl.dot_general %q, %k, batching = [0, 1] x [0, 1] contracting = [3] x [3] : tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32> -> tensor<2x4x?x?xf32>
  return %0 : tensor<2x4x?x?xf32>
}

// -----

// A large one is packed some column tiles at a time.
// CHECK-LABEL: func.func private @vocabulary(
// CHECK: memref.alloc() {{.*}} : memref<{{[0-9]+}}xf32>
// CHECK: scf.for %[[FIRST:.*]] =
// CHECK: scf.parallel
// CHECK: scf.parallel
// CHECK: arith.addi %[[FIRST]]
// CHECK: vector.fma
func.func private @vocabulary(%x: tensor<128x768xf32>, %w: tensor<50257x768xf32>) -> tensor<128x50257xf32> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [1] : tensor<128x768xf32>, tensor<50257x768xf32> -> tensor<128x50257xf32>
  return %0 : tensor<128x50257xf32>
}

// -----

// Rows that lie apart are an outer loop and the rows of a tile, contracted dimensions
// that lie apart a loop each.
// CHECK-LABEL: func.func private @rows_apart(
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK: vector.fma
func.func private @rows_apart(%x: tensor<4x96x32xf32>, %y: tensor<96x64xf32>) -> tensor<4x32x64xf32> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %y, batching = [] x [] contracting = [1] x [0] : tensor<4x96x32xf32>, tensor<96x64xf32> -> tensor<4x32x64xf32>
  return %0 : tensor<4x32x64xf32>
}

// CHECK-LABEL: func.func private @contracted_apart(
// CHECK: scf.parallel
// CHECK: %[[SUMS:.*]]:{{.*}} = scf.for {{.*}} iter_args
// CHECK: scf.for {{.*}} iter_args
// CHECK: vector.fma
func.func private @contracted_apart(%x: tensor<8x32x24xf32>, %y: tensor<8x24x64xf32>) -> tensor<32x64xf32> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %y, batching = [] x [] contracting = [0, 2] x [0, 1] : tensor<8x32x24xf32>, tensor<8x24x64xf32> -> tensor<32x64xf32>
  return %0 : tensor<32x64xf32>
}

// -----

// A long contraction goes block by block: 19 of 1024 positions and one of 544.
// CHECK-LABEL: func.func private @long(
// CHECK: %[[SUMS:.*]] = memref.alloc() {{.*}} : memref<12288xf32>
// CHECK: scf.parallel
// CHECK: scf.for %{{.*}} = %{{.*}} to %c19
// CHECK: scf.parallel
// CHECK: scf.for %{{.*}} = %{{.*}} to %c1024
// CHECK: vector.store {{.*}}, %[[SUMS]]
// CHECK: scf.parallel
// CHECK: vector.load %[[SUMS]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %c544
// CHECK: arith.select
func.func private @long(%x: tensor<256x20000xf32>, %y: tensor<20000x48xf32>) -> tensor<256x48xf32> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %y, batching = [] x [] contracting = [1] x [0] : tensor<256x20000xf32>, tensor<20000x48xf32> -> tensor<256x48xf32>
  %1 = dl.relu %0 : tensor<256x48xf32> -> tensor<256x48xf32>
  return %1 : tensor<256x48xf32>
}

// -----

// Pixels 2048 bytes apart would share sets of L1: they are copied further apart.
// CHECK-LABEL: func.func private @conv(
// CHECK: memref.alloc() {{.*}} : memref<{{.*}}xf32>
// CHECK: vector.fma
func.func private @conv(%x: tensor<1x14x14x512xf32>, %w: tensor<1x1x512x64xf32>) -> tensor<1x14x14x64xf32> attributes {dlc.kernel} {
  %0 = dl.conv %x, %w strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<1x14x14x512xf32>, tensor<1x1x512x64xf32> -> tensor<1x14x14x64xf32>
  return %0 : tensor<1x14x14x64xf32>
}

// -----

// Output rows of 3 pixels make low tiles: the rows are the 24 images, in two tiles of 12,
// which lie 64 bytes further apart than 25 pixels of 2048 bytes.
// CHECK-LABEL: func.func private @small_images(
// CHECK: memref.alloc() {{.*}} : memref<307584xf32>
// CHECK: scf.parallel
// CHECK-COUNT-24: vector.fma
func.func private @small_images(%x: tensor<24x3x3x512xf32>, %w: tensor<3x3x512x32xf32>) -> tensor<24x3x3x32xf32> attributes {dlc.kernel} {
  %0 = dl.conv %x, %w strides = [1, 1] padding = [1, 1], [1, 1] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<24x3x3x512xf32>, tensor<3x3x512x32xf32> -> tensor<24x3x3x32xf32>
  return %0 : tensor<24x3x3x32xf32>
}

// -----

// Integers are not the templates' business.
// CHECK-LABEL: func.func private @integers(
// CHECK: dl.dot_general
func.func private @integers(%x: tensor<8x64xi8>, %w: tensor<64x8xi8>) -> tensor<8x8xi32> attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<8x64xi8>, tensor<64x8xi8> -> tensor<8x8xi32>
  return %0 : tensor<8x8xi32>
}

// -----

// One channel to one filter is an ordinary convolution, packed like others.
// CHECK-LABEL: func.func private @one_channel(
// CHECK: %[[X:.*]] = memref.load
// CHECK: vector.broadcast %[[X]]
// CHECK: vector.fma
func.func private @one_channel(%x: tensor<1x1x64x1xf32>, %wp: tensor<1x8x16xf32>) -> tensor<1x1x29x1xf32> attributes {dlc.kernel} {
  %0 = dl.reshape %wp : tensor<1x8x16xf32> -> tensor<8x16xf32>
  %1 = dl.slice %0, starts = [0, 0] limits = [8, 1] strides = [1, 1] : tensor<8x16xf32> -> tensor<8x1xf32>
  %w = dl.reshape %1 : tensor<8x1xf32> -> tensor<1x8x1x1xf32>
  %2 = dl.conv %x, %w strides = [1, 2] padding = [0, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<1x1x64x1xf32>, tensor<1x8x1x1xf32> -> tensor<1x1x29x1xf32>
  return %2 : tensor<1x1x29x1xf32>
}

// -----

// Images in any number have a multiple of 49 pixels: tiles of 14 rows, and one of 7.
// CHECK-LABEL: func.func private @any_batch(
// CHECK: scf.if
// CHECK-COUNT-28: vector.store
// CHECK: scf.if
// CHECK-COUNT-14: vector.store
// CHECK-NOT: vector.store
func.func private @any_batch(%x: tensor<?x7x7x16xf32>, %w: tensor<1x1x16x32xf32>) -> tensor<?x7x7x32xf32> attributes {dlc.kernel} {
  %0 = dl.conv %x, %w strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<?x7x7x16xf32>, tensor<1x1x16x32xf32> -> tensor<?x7x7x32xf32>
  return %0 : tensor<?x7x7x32xf32>
}
