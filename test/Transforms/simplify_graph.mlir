// RUN: dl-opt %s -dl-simplify-graph | FileCheck %s

// Functions are inlined. What a loop carries may grow, although it starts with a
// static size that was cast.
// CHECK-LABEL: func.func @main(
// CHECK: %[[START:.*]] = tensor.cast
// CHECK: scf.for {{.*}} iter_args(%[[CARRIED:.*]] = %[[START]]) -> (tensor<?xi64>)
// CHECK: dl.concat %[[CARRIED]],
// CHECK-NOT: call
func.func @main(%count: index) -> tensor<?xi64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %none = dl.constant dense<> : tensor<0xi64>
  %start = tensor.cast %none : tensor<0xi64> to tensor<?xi64>
  %r = scf.for %i = %c0 to %count step %c1 iter_args(%t = %start) -> tensor<?xi64> {
    %next = func.call @append(%t, %i) : (tensor<?xi64>, index) -> tensor<?xi64>
    scf.yield %next : tensor<?xi64>
  }
  return %r : tensor<?xi64>
}
func.func private @append(%t: tensor<?xi64>, %i: index) -> tensor<?xi64> {
  %k = arith.index_cast %i : index to i64
  %e = tensor.from_elements %k : tensor<1xi64>
  %n = dl.concat %t, %e dim = 0 : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  return %n : tensor<?xi64>
}
