// RUN: dl-opt %s -dl-form-dispatches | FileCheck %s

// That the concat needs equal sizes makes them one, the one that is there first:
// the first loop's result is reshaped before the second loop runs.

// CHECK-LABEL: func.func @main(
// CHECK: %[[A:.*]] = scf.for
// CHECK: %[[SIZE:.*]] = arith.floordivsi
// CHECK: dispatch.view %[[A]] sizes(%[[SIZE]])
// CHECK: %[[B:.*]] = scf.for
// CHECK: dispatch.view %[[B]] sizes(%[[SIZE]])
// CHECK: dispatch.fail_if {{.*}} "{{.*}}sizes differ
// CHECK: dispatch.launch @kernel_2_concat
func.func @main(%x: tensor<?x2xf32>, %n: tensor<i64>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.extract %n[] : tensor<i64>
  %d = arith.index_cast %e : i64 to index
  %a = scf.for %i = %c0 to %d step %c1 iter_args(%t = %x) -> (tensor<?x2xf32>) {
    %v = dl.exp %t : tensor<?x2xf32> -> tensor<?x2xf32>
    scf.yield %v : tensor<?x2xf32>
  }
  %ra = dl.reshape %a : tensor<?x2xf32> -> tensor<?x1x2xf32>
  %b = scf.for %i = %c0 to %d step %c1 iter_args(%t = %x) -> (tensor<?x2xf32>) {
    %v = dl.neg %t : tensor<?x2xf32> -> tensor<?x2xf32>
    scf.yield %v : tensor<?x2xf32>
  }
  %rb = dl.reshape %b : tensor<?x2xf32> -> tensor<?x1x2xf32>
  %c = dl.concat %ra, %rb dim = 1 : (tensor<?x1x2xf32>, tensor<?x1x2xf32>) -> tensor<?x2x2xf32>
  %r = dl.reshape %c : tensor<?x2x2xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
