// RUN: dl-opt %s -dl-bufferize-host -dl-plan-memory | FileCheck %s

// What a loop changes in place stays where it is; nothing of the heap is left behind.
func.func private @fill(tensor<i64>) -> tensor<?x4xf32> attributes {dlc.kernel}
func.func private @update(tensor<?x4xf32>, tensor<1x4xf32>, tensor<2xindex>) -> tensor<?x4xf32>
    attributes {dlc.kernel, dlc.in_place = 0 : i64}
func.func private @grow(tensor<?x4xf32>) -> tensor<?x4xf32> attributes {dlc.kernel}

// CHECK-LABEL: @keep
// CHECK: %[[STACK:.*]] = dispatch.alloc
// CHECK-NEXT: dispatch.launch @fill({{.*}}) outs(%[[STACK]]
// CHECK-NEXT: %[[END:.*]] = scf.for {{.*}} iter_args(%[[NOW:.*]] = %[[STACK]])
// CHECK-NOT: dispatch.copy
// CHECK: dispatch.launch @update(%[[NOW]], {{.*}}) outs(%[[NOW]]
// CHECK-NOT: dispatch.free
// CHECK: scf.yield %[[NOW]]
// CHECK: dispatch.output
// CHECK: dispatch.copy %[[END]]
// CHECK-NEXT: dispatch.free %[[END]]
func.func @keep(%n: tensor<i64>, %row: tensor<1x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %i = tensor.extract %n[] : tensor<i64>
  %size = arith.index_cast %i : i64 to index
  %empty = dispatch.launch @fill(%n) sizes(%size) : (tensor<i64>) -> tensor<?x4xf32>
  %r = scf.for %k = %c0 to %size step %c1 iter_args(%stack = %empty) -> (tensor<?x4xf32>) {
    %rows = tensor.dim %stack, %c0 : tensor<?x4xf32>
    %at = tensor.from_elements %k, %c0 : tensor<2xindex>
    %new = dispatch.launch @update(%stack, %row, %at) sizes(%rows)
        : (tensor<?x4xf32>, tensor<1x4xf32>, tensor<2xindex>) -> tensor<?x4xf32>
    scf.yield %new : tensor<?x4xf32>
  }
  return %r : tensor<?x4xf32>
}

// What a while loop's iteration received is freed at its end.
// CHECK-LABEL: @double
// CHECK: scf.while (%[[IN:.*]] = %{{.*}})
// CHECK: scf.condition({{.*}}) %[[IN]], %[[IN]]
// CHECK: ^bb0(%[[X:.*]]: memref<?x4xf32>, %[[OLD:.*]]: memref<?x4xf32>):
// CHECK: dispatch.copy {{.*}} to %[[NEXT:.*]] :
// CHECK: dispatch.free %[[OLD]]
// CHECK-NEXT: scf.yield %[[NEXT]]
func.func @double(%x: tensor<?x4xf32>, %t: tensor<i64>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %i = tensor.extract %t[] : tensor<i64>
  %n = arith.index_cast %i : i64 to index
  %r = scf.while (%y = %x) : (tensor<?x4xf32>) -> tensor<?x4xf32> {
    %rows = tensor.dim %y, %c0 : tensor<?x4xf32>
    %less = arith.cmpi slt, %rows, %n : index
    scf.condition(%less) %y : tensor<?x4xf32>
  } do {
  ^bb0(%y: tensor<?x4xf32>):
    %rows = tensor.dim %y, %c0 : tensor<?x4xf32>
    %twice = arith.muli %rows, %c2 : index
    %z = dispatch.launch @grow(%y) sizes(%twice) : (tensor<?x4xf32>) -> tensor<?x4xf32>
    scf.yield %z : tensor<?x4xf32>
  }
  return %r : tensor<?x4xf32>
}
