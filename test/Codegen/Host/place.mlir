// While a kernel that has a check runs, also one in the body of a parallel loop, the call
// holds the places of the ops it is of: kernels are shared, and don't know them.

// RUN: dl-opt %s -dl-convert-host-to-llvm | FileCheck %s

llvm.func @dlc_rt_fail(!llvm.ptr, i32, !llvm.ptr)
llvm.func @body(%call: !llvm.ptr) {
  %status = llvm.mlir.constant(3 : i32) : i32
  llvm.call @dlc_rt_fail(%call, %status, %call) : (!llvm.ptr, i32, !llvm.ptr) -> ()
  llvm.return
}
llvm.func @checks(%call: !llvm.ptr, %x: !llvm.ptr, %y: !llvm.ptr) attributes {dlc.kernel} {
  %body = llvm.mlir.addressof @body : !llvm.ptr
  llvm.return
}
llvm.func @holds(!llvm.ptr, !llvm.ptr, !llvm.ptr) attributes {dlc.kernel}

// CHECK-DAG: llvm.mlir.global internal constant @[[FIRST:.*]]("a.py:1\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[SECOND:.*]]("a.py:2 or node 'n'\00")
// CHECK-LABEL: llvm.func @dlc_entry(
// CHECK: %[[PLACE:.*]] = llvm.mlir.addressof @[[FIRST]]
// CHECK: llvm.store %[[PLACE]], %{{.*}} : !llvm.ptr, !llvm.ptr
// CHECK: llvm.call @checks
// CHECK: %[[NONE:.*]] = llvm.mlir.zero : !llvm.ptr
// CHECK: llvm.store %[[NONE]]
// CHECK: llvm.mlir.addressof @[[SECOND]]
// CHECK: llvm.store
// CHECK: llvm.call @checks
// CHECK: llvm.store
// CHECK-NOT: llvm.store %{{.*}} : !llvm.ptr, !llvm.ptr
// CHECK: llvm.call @holds
func.func @main(%x: memref<4xf32>) {
  %o = dispatch.output 0 : memref<4xf32>
  dispatch.launch @checks(%x) outs(%o : memref<4xf32>) : (memref<4xf32>) -> () loc("a.py":1:0)
  dispatch.launch @checks(%x) outs(%o : memref<4xf32>) : (memref<4xf32>) -> ()
    loc(fused["a.py":2:0, "a.py":2:0, "n"])
  dispatch.launch @holds(%x) outs(%o : memref<4xf32>) : (memref<4xf32>) -> () loc("a.py":3:0)
  return
}
