// RUN: dl-opt %s -dl-convert-host-to-llvm | FileCheck %s

llvm.func @k(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64) attributes {dlc.kernel}
dl.global private @w : tensor<4xf32> = dense<0.0> : tensor<4xf32>

// CHECK: llvm.mlir.global internal constant @dlc_message_0("node 'n': too small\00")
// CHECK-LABEL: llvm.func @dlc_entry(
// CHECK-SAME: %[[CALL:.*]]: !llvm.ptr) -> i32
// CHECK: llvm.cond_br %{{.*}}, ^[[FAIL:.*]], ^
// CHECK: %[[OUT:.*]] = llvm.call @dlc_rt_output(%[[CALL]]
// CHECK: llvm.cond_br %{{.*}}, ^[[LEAVE:.*]], ^
// CHECK: llvm.call @k(%[[CALL]], %{{.*}}, %[[OUT]], %[[N:.*]], %[[N]]) : (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64) -> ()
// CHECK: %[[SO_FAR:.*]] = llvm.call @dlc_rt_status(%[[CALL]])
// CHECK: %[[FAILED:.*]] = llvm.icmp "ne" %[[SO_FAR]]
// CHECK: llvm.cond_br %[[FAILED]], ^[[LEAVE]], ^
// CHECK: llvm.br ^[[LEAVE]]
// CHECK: ^[[LEAVE]]:
// CHECK: %[[STATUS:.*]] = llvm.call @dlc_rt_status(%[[CALL]])
// CHECK: llvm.return %[[STATUS]] : i32
// CHECK: ^[[FAIL]]:
// CHECK: llvm.call @dlc_rt_fail
func.func @main(%x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %bad = arith.cmpi slt, %n, %c3 : index
  dispatch.fail_if %bad, "node 'n': too small"
  %o = dispatch.output 0 sizes(%n) : memref<?xf32>
  dispatch.launch @k(%x) outs(%o : memref<?xf32>) : (memref<?xf32>) -> ()
  dispatch.leave_if_failed
  return
}
