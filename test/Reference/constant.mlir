// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @values
// CHECK: 2x2xf32 = {{\[\[}}1, 2], [3, 4]]
// CHECK: 3xi4 = [-8, 0, 7]
// CHECK: 2xi1 = [true, false]
// CHECK: f8E4M3FN = 448
// CHECK: 0x2xf32 = []
// CHECK: 2xbf16 = [1.5, 1.5]
func.func @values() -> (tensor<2x2xf32>, tensor<3xi4>, tensor<2xi1>, tensor<f8E4M3FN>, tensor<0x2xf32>, tensor<2xbf16>) {
  %a = dl.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = dl.constant dense<[-8, 0, 7]> : tensor<3xi4>
  %c = dl.constant dense<[true, false]> : tensor<2xi1>
  %d = dl.constant dense<448.0> : tensor<f8E4M3FN>
  %e = dl.constant dense<> : tensor<0x2xf32>
  %f = dl.constant dense<1.5> : tensor<2xbf16>
  return %a, %b, %c, %d, %e, %f : tensor<2x2xf32>, tensor<3xi4>, tensor<2xi1>, tensor<f8E4M3FN>, tensor<0x2xf32>, tensor<2xbf16>
}
