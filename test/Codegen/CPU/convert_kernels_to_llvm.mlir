// RUN: dl-opt %s -dl-outline-parallel-loops -dl-convert-kernels-to-llvm | FileCheck %s

// The call, a bare pointer for each buffer, then the dynamic sizes in order. Sizes
// and strides are computed from those; mathematics calls the library.
// CHECK: llvm.func @dlc_math_exp_f32(f32) -> f32
// CHECK-LABEL: llvm.func hidden @matrix(
// CHECK-SAME: %[[CALL:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias},
// CHECK-SAME: %{{.*}}: i64, %[[N:.*]]: i64, %{{.*}}: i64)
// CHECK: llvm.mul %{{.*}}, %[[N]]
// CHECK: llvm.call @dlc_math_exp_f32
// CHECK-NOT: memref
func.func private @matrix(%x: memref<?x?xf32>, %out: memref<?xf32>) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = memref.dim %x, %c0 : memref<?x?xf32>
  scf.for %i = %c0 to %m step %c1 {
    %v = memref.load %x[%i, %c1] : memref<?x?xf32>
    %e = math.exp %v : f32
    memref.store %e, %out[%i] : memref<?xf32>
  }
  return
}

// Scratch comes from the runtime; where there is none the kernel ends.
// CHECK-LABEL: llvm.func hidden @scratch(
// CHECK: %[[S:.*]] = llvm.call @dlc_rt_alloc(%{{.*}}, %{{.*}})
// CHECK: llvm.icmp "eq" %[[S]], %{{.*}}
// CHECK: llvm.cond_br
// CHECK: llvm.return
func.func private @scratch(%n: index, %out: memref<1xf32>) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %buffer = memref.alloc(%n) : memref<?xf32>
  memref.store %zero, %buffer[%c0] : memref<?xf32>
  %v = memref.load %buffer[%c0] : memref<?xf32>
  memref.store %v, %out[%c0] : memref<1xf32>
  memref.dealloc %buffer : memref<?xf32>
  return
}

// The caller gives what has a static size.
// CHECK-LABEL: llvm.func hidden @given(
// CHECK-SAME: !llvm.ptr, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias})
// CHECK-SAME: dlc.scratch = 192 : i64
// CHECK-NOT: dlc_rt_alloc
// CHECK: llvm.getelementptr
// CHECK: llvm.return
func.func private @given(%out: memref<1xf32>) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<17xf32>
  %b = memref.alloc() : memref<3xf32>
  memref.store %zero, %a[%c0] : memref<17xf32>
  %v = memref.load %a[%c0] : memref<17xf32>
  memref.store %v, %b[%c0] : memref<3xf32>
  %w = memref.load %b[%c0] : memref<3xf32>
  memref.store %w, %out[%c0] : memref<1xf32>
  memref.dealloc %a : memref<17xf32>
  memref.dealloc %b : memref<3xf32>
  return
}

// Narrow floats are widened without a call of compiler-rt.
// CHECK-LABEL: llvm.func hidden @narrow(
// CHECK: llvm.zext %{{.*}} : i16 to i32
// CHECK: llvm.shl
// CHECK: llvm.bitcast %{{.*}} : i32 to f32
func.func private @narrow(%x: memref<1xbf16>, %out: memref<1xf32>) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%c0] : memref<1xbf16>
  %w = arith.extf %v : bf16 to f32
  memref.store %w, %out[%c0] : memref<1xf32>
  return
}

// A scalar seen as a matrix.
// CHECK-LABEL: llvm.func hidden @scalar_view(
// CHECK-NOT: memref
func.func private @scalar_view(%x: memref<f32>, %out: memref<1x1xf32>) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  %m = memref.expand_shape %x [] output_shape [1, 1] : memref<f32> into memref<1x1xf32>
  %v = memref.load %m[%c0, %c0] : memref<1x1xf32>
  memref.store %v, %out[%c0, %c0] : memref<1x1xf32>
  return
}
