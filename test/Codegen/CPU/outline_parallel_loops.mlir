// RUN: dl-opt %s -dl-outline-parallel-loops -split-input-file -verify-diagnostics | FileCheck %s
// RUN: dl-opt %s -dl-outline-parallel-loops=work-per-thread=8192 -split-input-file \
// RUN:   -verify-diagnostics | FileCheck %s --check-prefix=FINE

// The part has its range, then its buffers, as arguments; the range function is
// what the runtime calls. A thread takes 131072 / 4096 iterations at a time.
// CHECK: func.func private @k_part0(%{{.*}}: !llvm.ptr, %[[BEGIN:.*]]: index, %[[END:.*]]: index,
// CHECK-SAME: %{{.*}}: memref<?xf32>, %{{.*}}: memref<?xf32>) attributes {dlc.kernel_part = @k_range0}
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: llvm.func @k_range0(!llvm.ptr, i64, i64)
// CHECK-LABEL: func.func private @k(
// CHECK-SAME: %[[CALL:.*]]: !llvm.ptr, %{{.*}}: memref<?xf32>, %{{.*}}: memref<?xf32>)
// CHECK: %[[MEMORY:.*]] = llvm.alloca %{{.*}} x !llvm.struct<(ptr, ptr, ptr, i64, i64)>
// CHECK: %[[GRAIN:.*]] = llvm.mlir.constant(32 : i64)
// CHECK: %[[RANGE:.*]] = llvm.mlir.addressof @k_range0
// CHECK: llvm.call @dlc_rt_parallel(%[[CALL]], %[[RANGE]], %[[MEMORY]], %{{.*}}, %[[GRAIN]])
// CHECK-NOT: scf.parallel
// FINE: llvm.mlir.constant(2 : i64)
func.func private @k(%x: memref<?xf32>, %out: memref<?xf32>) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %v = memref.load %x[%i] : memref<?xf32>
    %e = math.exp %v : f32
    memref.store %e, %out[%i] : memref<?xf32>
    scf.reduce
  } {dlc.work = 4096 : i64}
  return
}

// -----

// A check that fails tells the runtime and leaves the kernel.
// CHECK-LABEL: func.func private @checked(
// CHECK: cf.cond_br %{{.*}}, ^[[FAILS:bb[0-9]+]], ^[[REST:bb[0-9]+]]
// CHECK: ^[[FAILS]]:
// CHECK: llvm.call @dlc_rt_fail
// CHECK-NEXT: return
// CHECK: ^[[REST]]:
// CHECK: memref.store
func.func private @checked(%ok: i1, %v: f32, %out: memref<1xf32>) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  cf.assert %ok, "too many"
  memref.store %v, %out[%c0] : memref<1xf32>
  return
}

// -----

func.func private @two_loops(%n: index) attributes {dlc.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{isn't one loop from 0 in steps of 1}}
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %n) step (%c1, %c1) {
    scf.reduce
  }
  return
}
