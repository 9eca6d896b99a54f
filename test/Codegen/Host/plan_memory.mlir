// RUN: dl-opt %s -dl-plan-memory -split-input-file | FileCheck %s

func.func private @k(memref<32xf32>, memref<32xf32>) attributes {dlc.kernel}

// Of a chain two buffers live at a time: the third takes the first one's place.
// CHECK-LABEL: func.func @chain
// CHECK: %[[BYTES:.*]] = arith.constant 256 : index
// CHECK: %[[ARENA:.*]] = dispatch.arena %[[BYTES]] : memref<?xi8>
// CHECK: dispatch.view %[[ARENA]][%[[C0:.*]]] : memref<?xi8> -> memref<32xf32>
// CHECK: dispatch.view %[[ARENA]][%[[C128:.*]]] : memref<?xi8> -> memref<32xf32>
// CHECK: dispatch.view %[[ARENA]][%[[C0]]] : memref<?xi8> -> memref<32xf32>
func.func @chain(%x: memref<32xf32>) {
  %a = memref.alloc() : memref<32xf32>
  dispatch.launch @k(%x) outs(%a : memref<32xf32>) : (memref<32xf32>) -> ()
  %b = memref.alloc() : memref<32xf32>
  dispatch.launch @k(%a) outs(%b : memref<32xf32>) : (memref<32xf32>) -> ()
  %c = memref.alloc() : memref<32xf32>
  dispatch.launch @k(%b) outs(%c : memref<32xf32>) : (memref<32xf32>) -> ()
  %o = dispatch.output 0 : memref<32xf32>
  dispatch.launch @k(%c) outs(%o : memref<32xf32>) : (memref<32xf32>) -> ()
  return
}

// -----

func.func private @k(memref<?xf32>, memref<?xf32>) attributes {dlc.kernel}

// A size that follows from an input's: a slot. One that is data: memory on the way.
// CHECK-LABEL: func.func @dynamic
// CHECK: %[[N:.*]] = memref.dim
// CHECK: %[[ROOM:.*]] = dispatch.bytes 4 sizes(%[[N]])
// CHECK: %[[TOTAL:.*]] = arith.addi %{{.*}}, %[[ROOM]]
// CHECK: %[[ARENA:.*]] = dispatch.arena %[[TOTAL]]
// CHECK: dispatch.view %[[ARENA]][%{{.*}}] sizes(%[[N]])
// CHECK: %[[M:.*]] = memref.load
// CHECK: %[[LATE:.*]] = dispatch.alloc sizes(%[[M]])
// CHECK: dispatch.launch @k(%{{.*}}) outs(%[[LATE]]
// CHECK: dispatch.free %[[LATE]]
func.func @dynamic(%x: memref<?xf32>, %m: memref<index>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %a = memref.alloc(%n) : memref<?xf32>
  dispatch.launch @k(%x) outs(%a : memref<?xf32>) : (memref<?xf32>) -> ()
  %size = memref.load %m[] : memref<index>
  %b = memref.alloc(%size) : memref<?xf32>
  dispatch.launch @k(%a) outs(%b : memref<?xf32>) : (memref<?xf32>) -> ()
  return
}

// -----

func.func private @k(memref<?xf32>, memref<?xf32>) attributes {dlc.kernel}

// What can be refused before the first launch is: sizes that don't go together, then tensors
// for outputs, but for one whose size is data.
// CHECK-LABEL: func.func @refuses
// CHECK: %[[BAD:.*]] = arith.cmpi
// CHECK: dispatch.fail_if %[[BAD]]
// CHECK: dispatch.arena
// CHECK: dispatch.output 0 sizes(
// CHECK: dispatch.output 2 :
// CHECK: dispatch.launch
// CHECK: dispatch.output 1 sizes(
// CHECK: dispatch.launch
func.func @refuses(%x: memref<?xf32>, %m: memref<index>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %c = memref.alloc(%n) : memref<?xf32>
  dispatch.launch @k(%x) outs(%c : memref<?xf32>) : (memref<?xf32>) -> ()
  %size = memref.load %m[] : memref<index>
  %b = dispatch.output 1 sizes(%size) : memref<?xf32>
  dispatch.launch @k(%c) outs(%b : memref<?xf32>) : (memref<?xf32>) -> ()
  %bad = arith.cmpi slt, %n, %c0 : index
  dispatch.fail_if %bad, "too few"
  %s = dispatch.output 2 : memref<index>
  dispatch.copy %m to %s : memref<index> to memref<index>
  %a = dispatch.output 0 sizes(%n) : memref<?xf32>
  dispatch.launch @k(%x) outs(%a : memref<?xf32>) : (memref<?xf32>) -> ()
  return
}

// -----

func.func private @k(memref<32xf32>, memref<32xf32>) attributes {dlc.kernel}

// What a loop reads lives as long as the loop: the two don't share.
// CHECK-LABEL: func.func @loop
// CHECK: arith.constant 256 : index
// CHECK: dispatch.arena
func.func @loop(%x: memref<32xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<32xf32>
  dispatch.launch @k(%x) outs(%a : memref<32xf32>) : (memref<32xf32>) -> ()
  scf.for %i = %c0 to %n step %c1 {
    dispatch.launch @k(%x) outs(%a : memref<32xf32>) : (memref<32xf32>) -> ()
    %b = memref.alloc() : memref<32xf32>
    dispatch.launch @k(%x) outs(%b : memref<32xf32>) : (memref<32xf32>) -> ()
  }
  return
}
