// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @static
// CHECK: 2x2xf32 = {{\[\[}}7, 7], [7, 7]]
func.func @static() -> tensor<2x2xf32> {
  %v = dl.constant dense<7.0> : tensor<f32>
  %a = dl.splat %v : tensor<f32> -> tensor<2x2xf32>
  return %a : tensor<2x2xf32>
}

// CHECK-LABEL: @dynamic
// CHECK: 3xi1 = [true, true, true]
func.func @dynamic() -> tensor<?xi1> {
  %v = dl.constant dense<true> : tensor<i1>
  %s = dl.constant dense<[3]> : tensor<1xi64>
  %a = dl.splat %v shape(%s : tensor<1xi64>) : tensor<i1> -> tensor<?xi1>
  return %a : tensor<?xi1>
}
