// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// What holds everywhere, and what holds for nothing.
// CHECK-LABEL: @holds
// CHECK: i1 = true
func.func @holds() -> tensor<i1> {
  %p = dl.constant dense<true> : tensor<2xi1>
  dl.assert %p, "never said" : tensor<2xi1>
  %e = dl.constant dense<> : tensor<0xi1>
  dl.assert %e, "never said" : tensor<0xi1>
  %r = dl.constant dense<true> : tensor<i1>
  return %r : tensor<i1>
}
