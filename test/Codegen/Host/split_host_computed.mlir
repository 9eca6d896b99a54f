// RUN: dl-opt %s -dl-split-host=max-ops=3 | FileCheck %s

// A view goes into the piece that uses it; its place, which that piece computes,
// is no argument of the piece.

func.func private @k(memref<32xf32>, memref<32xf32>) attributes {dlc.kernel}

// CHECK-LABEL: func.func private @dlc_host_0(
// CHECK-SAME: %[[N:[^:]*]]: index, %[[X:[^:]*]]: memref<32xf32>, %[[ARENA:[^:]*]]: memref<?xi8>)
// CHECK: %[[PLACE:.*]] = arith.muli %[[N]],
// CHECK: %[[VIEW:.*]] = dispatch.view %[[ARENA]][%[[PLACE]]]
// CHECK: dispatch.launch @k(%[[X]]) outs(%[[VIEW]]
// CHECK-LABEL: func.func @main(
func.func @main(%x: memref<32xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  %n = memref.dim %y, %c0 : memref<?xf32>
  %arena = dispatch.arena %c256 : memref<?xi8>
  %place = arith.muli %n, %c64 : index
  %a = dispatch.view %arena[%place] : memref<?xi8> -> memref<32xf32>
  dispatch.launch @k(%x) outs(%a : memref<32xf32>) : (memref<32xf32>) -> ()
  %o = dispatch.output 0 : memref<32xf32>
  dispatch.launch @k(%a) outs(%o : memref<32xf32>) : (memref<32xf32>) -> ()
  return
}
