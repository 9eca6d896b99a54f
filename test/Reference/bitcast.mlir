// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @widths
// CHECK: 2xi32 = [1065353216, -2147483648]
// CHECK: 2xui8 = [255, 1]
// CHECK: 1xf16 = [1]
func.func @widths() -> (tensor<2xi32>, tensor<2xui8>, tensor<1xf16>) {
  %x = dl.constant dense<[1.0, -0.0]> : tensor<2xf32>
  %y = dl.bitcast %x : tensor<2xf32> -> tensor<2xi32>
  %a = dl.constant dense<[-1, 1]> : tensor<2xi8>
  %b = dl.bitcast %a : tensor<2xi8> -> tensor<2xui8>
  %c = dl.constant dense<[15360]> : tensor<1xi16>
  %d = dl.bitcast %c : tensor<1xi16> -> tensor<1xf16>
  return %y, %b, %d : tensor<2xi32>, tensor<2xui8>, tensor<1xf16>
}
