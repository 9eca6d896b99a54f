// RUN: dl-opt %s -dl-split-host=max-ops=2 | FileCheck %s

func.func private @k(memref<32xf32>, memref<32xf32>) attributes {dlc.kernel}

// CHECK-LABEL: func.func private @dlc_host_0(
// CHECK-SAME: memref<?xi8>
// CHECK: dispatch.view
// CHECK-COUNT-2: dispatch.launch
// CHECK-NOT: dispatch.launch
// CHECK: return
// CHECK-LABEL: func.func private @dlc_host_1(
// CHECK: dispatch.output 0
// CHECK: dispatch.launch
// CHECK-LABEL: func.func @main(
// CHECK: dispatch.arena
// CHECK-NEXT: call @dlc_host_0(
// CHECK-NEXT: call @dlc_host_1(
// CHECK-NEXT: return
func.func @main(%x: memref<32xf32>) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %c256 = arith.constant 256 : index
  %arena = dispatch.arena %c256 : memref<?xi8>
  %a = dispatch.view %arena[%c0] : memref<?xi8> -> memref<32xf32>
  dispatch.launch @k(%x) outs(%a : memref<32xf32>) : (memref<32xf32>) -> ()
  %b = dispatch.view %arena[%c128] : memref<?xi8> -> memref<32xf32>
  dispatch.launch @k(%a) outs(%b : memref<32xf32>) : (memref<32xf32>) -> ()
  %o = dispatch.output 0 : memref<32xf32>
  dispatch.launch @k(%b) outs(%o : memref<32xf32>) : (memref<32xf32>) -> ()
  return
}
