// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// With a NaN only `ne` holds; the zeros are equal.
// CHECK-LABEL: @f32
// CHECK: = [false, true, false, true]
// CHECK: = [true, false, true, false]
// CHECK: = [true, false, false, false]
// CHECK: = [true, true, false, true]
// CHECK: = [false, false, false, false]
// CHECK: = [false, true, false, true]
func.func @f32() -> (tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>) {
  %x = dl.constant dense<[1.0, 2.0, 0x7FC00000, 0.0]> : tensor<4xf32>
  %y = dl.constant dense<[2.0, 2.0, 0x7FC00000, -0.0]> : tensor<4xf32>
  %eq = dl.compare eq %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %ne = dl.compare ne %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %lt = dl.compare lt %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %le = dl.compare le %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %gt = dl.compare gt %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  %ge = dl.compare ge %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %eq, %ne, %lt, %le, %gt, %ge : tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>
}

// CHECK-LABEL: @signs
// CHECK: 2xi1 = [true, false]
// CHECK: 2xi1 = [false, true]
func.func @signs() -> (tensor<2xi1>, tensor<2xi1>) {
  %a = dl.constant dense<[-1, 1]> : tensor<2xi8>
  %b = dl.constant dense<[1, -1]> : tensor<2xi8>
  %l = dl.compare lt %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi1>
  %c = dl.constant dense<[255, 1]> : tensor<2xui8>
  %d = dl.constant dense<[1, 255]> : tensor<2xui8>
  %m = dl.compare lt %c, %d : tensor<2xui8>, tensor<2xui8> -> tensor<2xi1>
  return %l, %m : tensor<2xi1>, tensor<2xi1>
}
