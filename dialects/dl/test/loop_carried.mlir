// A loop that grows what it carries keeps carrying a dynamic size.
// RUN: dl-opt %s --canonicalize --mlir-use-nameloc-as-prefix=false | FileCheck %s

// CHECK-LABEL: @grows
func.func @grows(%x: tensor<1xf32>, %n: index) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: %[[X:.*]] = dl.reshape %arg0 : tensor<1xf32> -> tensor<?xf32>
  // CHECK: scf.for {{.*}} iter_args(%[[T:.*]] = %[[X]]) -> (tensor<?xf32>)
  // CHECK: dl.concat %[[T]], %arg0 dim = 0
  %one = dl.constant dense<1> : tensor<1xi64>
  %0 = dl.reshape %x shape(%one : tensor<1xi64>) : tensor<1xf32> -> tensor<?xf32>
  %1 = scf.for %i = %c0 to %n step %c1 iter_args(%t = %0) -> tensor<?xf32> {
    %2 = dl.concat %t, %x dim = 0 : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
    scf.yield %2 : tensor<?xf32>
  }
  return %1 : tensor<?xf32>
}
