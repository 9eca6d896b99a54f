// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @bits
// CHECK: 2xi8 = [7, -1]
// CHECK: 3xi1 = [true, true, false]
func.func @bits() -> (tensor<2xi8>, tensor<3xi1>) {
  %a = dl.constant dense<[6, -1]> : tensor<2xi8>
  %b = dl.constant dense<[5, -4]> : tensor<2xi8>
  %c = dl.or %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi8>
  %d = dl.constant dense<[true, true, false]> : tensor<3xi1>
  %e = dl.constant dense<[true, false, false]> : tensor<3xi1>
  %f = dl.or %d, %e : tensor<3xi1>, tensor<3xi1> -> tensor<3xi1>
  return %c, %f : tensor<2xi8>, tensor<3xi1>
}
