// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @bits
// CHECK: 2xi8 = [-1, 0]
// CHECK: 1xui4 = [10]
// CHECK: 2xi1 = [false, true]
func.func @bits() -> (tensor<2xi8>, tensor<1xui4>, tensor<2xi1>) {
  %a = dl.constant dense<[0, -1]> : tensor<2xi8>
  %b = dl.not %a : tensor<2xi8> -> tensor<2xi8>
  %c = dl.constant dense<[5]> : tensor<1xui4>
  %d = dl.not %c : tensor<1xui4> -> tensor<1xui4>
  %e = dl.constant dense<[true, false]> : tensor<2xi1>
  %f = dl.not %e : tensor<2xi1> -> tensor<2xi1>
  return %b, %d, %f : tensor<2xi8>, tensor<1xui4>, tensor<2xi1>
}
