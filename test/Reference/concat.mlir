// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @middle
// CHECK: 2x3xi8 = {{\[\[}}1, 2, 5], [3, 4, 6]]
func.func @middle() -> tensor<2x3xi8> {
  %x = dl.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %y = dl.constant dense<[[5], [6]]> : tensor<2x1xi8>
  %z = dl.concat %x, %y dim = 1 : (tensor<2x2xi8>, tensor<2x1xi8>) -> tensor<2x3xi8>
  return %z : tensor<2x3xi8>
}

// CHECK-LABEL: @empty
// CHECK: 2xf32 = [1, 2]
func.func @empty() -> tensor<2xf32> {
  %x = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = dl.constant dense<> : tensor<0xf32>
  %z = dl.concat %y, %x dim = 0 : (tensor<0xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
