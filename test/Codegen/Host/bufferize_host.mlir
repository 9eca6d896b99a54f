// RUN: dl-opt %s -dl-bufferize-host -split-input-file | FileCheck %s

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {dlc.kernel}

// A result goes where the caller wants it; what is an input goes there by a copy.
// CHECK-LABEL: func.func @outputs(
// CHECK-SAME: %[[X:.*]]: memref<4xf32>)
// CHECK: %[[P:.*]] = dispatch.output 1 : memref<4xf32>
// CHECK: %[[T:.*]] = memref.alloc() : memref<4xf32>
// CHECK: dispatch.launch @k(%[[X]]) outs(%[[T]] : memref<4xf32>)
// CHECK: %[[O:.*]] = dispatch.output 0 : memref<2x2xf32>
// CHECK: %[[V:.*]] = dispatch.view %[[O]] : memref<2x2xf32> -> memref<4xf32>
// CHECK: dispatch.launch @k(%[[T]]) outs(%[[V]] : memref<4xf32>)
// CHECK: dispatch.copy %[[X]] to %[[P]]
func.func @outputs(%x: tensor<4xf32>) -> (tensor<2x2xf32>, tensor<4xf32>) {
  %0 = dispatch.launch @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = dispatch.launch @k(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = dispatch.view %1 : tensor<4xf32> -> tensor<2x2xf32>
  return %2, %x : tensor<2x2xf32>, tensor<4xf32>
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {dlc.kernel}

// A loop has a buffer for what it carries; values that change places are put aside.
// CHECK-LABEL: func.func @swap(
// CHECK: %[[A:.*]] = memref.alloc() : memref<4xf32>
// CHECK: dispatch.copy %{{.*}} to %[[A]]
// CHECK: %[[B:.*]] = memref.alloc() : memref<4xf32>
// CHECK: scf.for
// CHECK: %[[N:.*]] = memref.alloc()
// CHECK: dispatch.launch @k(%[[A]]) outs(%[[N]]
// CHECK: %[[ASIDE:.*]] = memref.alloc()
// CHECK: dispatch.copy %[[B]] to %[[ASIDE]]
// CHECK: dispatch.copy %[[ASIDE]] to %[[A]]
// CHECK: dispatch.copy %[[N]] to %[[B]]
func.func @swap(%x: tensor<4xf32>, %y: tensor<4xf32>, %n: tensor<index>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = tensor.extract %n[] : tensor<index>
  %r:2 = scf.for %i = %c0 to %end step %c1 iter_args(%a = %x, %b = %y) -> (tensor<4xf32>, tensor<4xf32>) {
    %0 = dispatch.launch @k(%a) : (tensor<4xf32>) -> tensor<4xf32>
    scf.yield %b, %0 : tensor<4xf32>, tensor<4xf32>
  }
  return %r#0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @branch(
// CHECK: %[[R:.*]] = scf.if %{{.*}} -> (memref<4xf32>)
// CHECK: scf.yield %{{.*}} : memref<4xf32>
// CHECK: %[[O:.*]] = dispatch.output 0
// CHECK: dispatch.copy %[[R]] to %[[O]]
func.func @branch(%x: tensor<4xf32>, %y: tensor<4xf32>, %p: tensor<i1>) -> tensor<4xf32> {
  %c = tensor.extract %p[] : tensor<i1>
  %r = scf.if %c -> (tensor<4xf32>) {
    scf.yield %x : tensor<4xf32>
  } else {
    scf.yield %y : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

func.func private @update(tensor<64xf32>, tensor<4xf32>) -> tensor<64xf32>
    attributes {dlc.kernel, dlc.in_place = 0 : i64}

// What a loop carries and updates stays where it is; an input is copied first.
// CHECK-LABEL: func.func @accumulate(
// CHECK-SAME: %[[X:.*]]: memref<64xf32>, %[[Y:.*]]: memref<4xf32>)
// CHECK: %[[A:.*]] = memref.alloc() : memref<64xf32>
// CHECK: dispatch.copy %[[X]] to %[[A]]
// CHECK: scf.for
// CHECK-NEXT: dispatch.launch @update(%[[A]], %[[Y]]) outs(%[[A]]
// CHECK-NEXT: }
// CHECK: %[[B:.*]] = dispatch.output 1
// CHECK: dispatch.copy %[[X]] to %[[B]]
// CHECK: dispatch.launch @update(%[[B]], %[[Y]]) outs(%[[B]]
func.func @accumulate(%x: tensor<64xf32>, %y: tensor<4xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %r = scf.for %i = %c0 to %c9 step %c1 iter_args(%a = %x) -> (tensor<64xf32>) {
    %0 = dispatch.launch @update(%a, %y) : (tensor<64xf32>, tensor<4xf32>) -> tensor<64xf32>
    scf.yield %0 : tensor<64xf32>
  }
  %1 = dispatch.launch @update(%x, %y) : (tensor<64xf32>, tensor<4xf32>) -> tensor<64xf32>
  return %r, %1 : tensor<64xf32>, tensor<64xf32>
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {dlc.kernel}
dl.global mutable @state : tensor<4xf32> = dense<0.0> : tensor<4xf32>

// State is read in place where nothing changes it before the last reader is done.
// CHECK-LABEL: func.func @in_place(
// CHECK: %[[S:.*]] = dispatch.global @state
// CHECK-NOT: dispatch.copy %[[S]]
// CHECK: dispatch.launch @k(%[[S]]) outs(%[[NEW:.*]] : memref<4xf32>)
// CHECK: %[[T:.*]] = dispatch.global @state
// CHECK: dispatch.copy %[[NEW]] to %[[T]]
func.func @in_place() {
  %0 = dl.global_load mutable @state : tensor<4xf32>
  %1 = dispatch.launch @k(%0) : (tensor<4xf32>) -> tensor<4xf32>
  dl.global_store %1, @state : tensor<4xf32>
  return
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {dlc.kernel}
dl.global mutable @state : tensor<4xf32> = dense<0.0> : tensor<4xf32>

// CHECK-LABEL: func.func @copied(
// CHECK: %[[S:.*]] = dispatch.global @state
// CHECK: %[[OLD:.*]] = memref.alloc() : memref<4xf32>
// CHECK: dispatch.copy %[[S]] to %[[OLD]]
// CHECK: dispatch.copy %[[OLD]] to %{{.*}}
func.func @copied(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.global_load mutable @state : tensor<4xf32>
  dl.global_store %x, @state : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

dl.global private mutable @w : tensor<4xf32> = dense<0.0> : tensor<4xf32>
dl.global private mutable @m : tensor<4xf32> = dense<0.0> : tensor<4xf32>
dl.global private mutable @n : tensor<4xf32> = dense<0.0> : tensor<4xf32>
func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {dlc.kernel}
llvm.func @update(!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr) attributes {dlc.kernel, dlc.pointwise = array<i64: 0, 1, 1, 0>} {
^bb0(%0: !llvm.ptr, %1: !llvm.ptr, %2: !llvm.ptr, %3: !llvm.ptr, %4: !llvm.ptr, %5: !llvm.ptr):
  llvm.return
}

// New state is made in place once nothing can fail, by a kernel that may write over what
// it reads; and is copied where the old is still read. Before that, errors are looked for.
// CHECK-LABEL: func.func @state(
// CHECK-DAG: %[[W:.*]] = dispatch.global @w
// CHECK-DAG: %[[M:.*]] = dispatch.global @m
// CHECK-DAG: %[[G:.*]] = memref.alloc
// CHECK: dispatch.launch @k(%{{.*}}) outs(%[[G]]
// CHECK: dispatch.leave_if_failed
// CHECK: %[[NEW_M:.*]] = dispatch.global @m
// CHECK: %[[NEW_W:.*]] = dispatch.global @w
// CHECK: dispatch.launch @update(%[[W]], %[[M]], %[[G]]) outs(%[[NEW_M]], %[[NEW_W]] :
// CHECK-NOT: dispatch.copy
// CHECK: %[[T:.*]] = memref.alloc
// CHECK: dispatch.launch @update({{.*}}) outs(%[[T]], %{{.*}} :
// CHECK-NEXT: dispatch.leave_if_failed
// CHECK-NEXT: %[[N:.*]] = dispatch.global @n
// CHECK-NEXT: dispatch.copy %[[T]] to %[[N]]
// CHECK-NOT: dispatch.copy
func.func @state(%x: tensor<4xf32>) {
  %w = dl.global_load mutable @w : tensor<4xf32>
  %m = dl.global_load mutable @m : tensor<4xf32>
  %n = dl.global_load mutable @n : tensor<4xf32>
  %g = dispatch.launch @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %0:2 = dispatch.launch @update(%w, %m, %g) : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  %1:2 = dispatch.launch @update(%n, %x, %g) : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  dl.global_store %0#0, @m : tensor<4xf32>
  dl.global_store %0#1, @w : tensor<4xf32>
  dl.global_store %1#0, @n : tensor<4xf32>
  return
}

// -----

dl.global private mutable @w : tensor<4xf32> = dense<0.0> : tensor<4xf32>
llvm.func @update(!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr) attributes {dlc.kernel, dlc.pointwise = array<i64: 0, 0>} {
^bb0(%0: !llvm.ptr, %1: !llvm.ptr, %2: !llvm.ptr, %3: !llvm.ptr):
  llvm.return
}
llvm.func @k(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64) attributes {dlc.kernel} {
^bb0(%0: !llvm.ptr, %1: !llvm.ptr, %2: !llvm.ptr, %3: i64, %4: i64):
  llvm.return
}

// Memory of a size that follows from the inputs' is there when the run starts: that asked
// for behind a store doesn't keep it from its place.
// CHECK-LABEL: func.func @open(
// CHECK: %[[W:.*]] = dispatch.global @w
// CHECK: dispatch.leave_if_failed
// CHECK: %[[NEW:.*]] = dispatch.global @w
// CHECK: dispatch.launch @update(%[[W]], %{{.*}}) outs(%[[NEW]] :
// CHECK: dispatch.launch @k
// CHECK-NOT: dispatch.copy
// CHECK: return
func.func @open(%x: tensor<?x4xf32>, %g: tensor<4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %w = dl.global_load mutable @w : tensor<4xf32>
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %twice = arith.addi %n, %n : index
  %new = dispatch.launch @update(%w, %g) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  dl.global_store %new, @w : tensor<4xf32>
  %0 = dispatch.launch @k(%x) sizes(%twice) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = dispatch.launch @k(%0) sizes(%n) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// Of a size that data decide there may be no memory: nothing is stored before.
// CHECK-LABEL: func.func @data(
// CHECK: %[[NEW:.*]] = memref.alloc() : memref<4xf32>
// CHECK: dispatch.launch @update(%{{.*}}) outs(%[[NEW]] :
// CHECK: dispatch.launch @k
// CHECK: dispatch.leave_if_failed
// CHECK: dispatch.copy %[[NEW]] to
func.func @data(%x: tensor<?x4xf32>, %g: tensor<4xf32>, %count: tensor<index>) -> tensor<?x4xf32> {
  %w = dl.global_load mutable @w : tensor<4xf32>
  %n = tensor.extract %count[] : tensor<index>
  %new = dispatch.launch @update(%w, %g) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  dl.global_store %new, @w : tensor<4xf32>
  %0 = dispatch.launch @k(%x) sizes(%n) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
