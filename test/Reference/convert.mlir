// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Truncates and saturates; NaN is 0.
// CHECK-LABEL: @to_int
// CHECK: 6xi8 = [1, -1, 127, -128, 0, 127]
// CHECK: 3xui8 = [255, 0, 3]
func.func @to_int() -> (tensor<6xi8>, tensor<3xui8>) {
  %x = dl.constant dense<[1.9, -1.9, 300.0, -300.0, 0x7FC00000, 0x7F800000]> : tensor<6xf32>
  %y = dl.convert %x : tensor<6xf32> -> tensor<6xi8>
  %a = dl.constant dense<[1.0e9, -5.0, 3.7]> : tensor<3xf32>
  %b = dl.convert %a : tensor<3xf32> -> tensor<3xui8>
  return %y, %b : tensor<6xi8>, tensor<3xui8>
}

// Rounds to nearest, ties to even.
// CHECK-LABEL: @to_float
// CHECK: 2xf32 = [16777216, 1.677722e+07]
// CHECK: 3xf16 = [2048, 65504, inf]
// CHECK: 1xf32 = [1.8446744e+19]
func.func @to_float() -> (tensor<2xf32>, tensor<3xf16>, tensor<1xf32>) {
  %x = dl.constant dense<[16777217, 16777219]> : tensor<2xi32>
  %y = dl.convert %x : tensor<2xi32> -> tensor<2xf32>
  %a = dl.constant dense<[2049.0, 65519.0, 65520.0]> : tensor<3xf32>
  %b = dl.convert %a : tensor<3xf32> -> tensor<3xf16>
  %c = dl.constant dense<[18446744073709551615]> : tensor<1xui64>
  %d = dl.convert %c : tensor<1xui64> -> tensor<1xf32>
  return %y, %b, %d : tensor<2xf32>, tensor<3xf16>, tensor<1xf32>
}

// An overflow is NaN where there is no infinity, or the largest number. f4E2M1FN
// has no NaN: it becomes -0. f8E8M0FNU has powers of two alone: 0 becomes the
// smallest, a negative number NaN.
// CHECK-LABEL: @to_f8
// CHECK: 4xf8E4M3FN = [448, nan, nan, 0.001953125]
// CHECK: 4xf8E4M3FN = [448, 448, -448, 0.001953125]
// CHECK: 2xf8E5M2 = [inf, -inf]
// CHECK: 4xf4E2M1FN = [6, -6, 0.5, -0]
// CHECK: 6xf8E8M0FNU = [1, 4, nan, 5.877472e-39, nan, 5.877472e-39]
func.func @to_f8() -> (tensor<4xf8E4M3FN>, tensor<4xf8E4M3FN>, tensor<2xf8E5M2>, tensor<4xf4E2M1FN>, tensor<6xf8E8M0FNU>) {
  %x = dl.constant dense<[464.0, 465.0, -1.0e9, 0.002]> : tensor<4xf32>
  %a = dl.convert %x : tensor<4xf32> -> tensor<4xf8E4M3FN>
  %b = dl.convert %x {saturate} : tensor<4xf32> -> tensor<4xf8E4M3FN>
  %c = dl.constant dense<[1.0e9, -1.0e9]> : tensor<2xf32>
  %d = dl.convert %c : tensor<2xf32> -> tensor<2xf8E5M2>
  %e = dl.constant dense<[1.0e9, -7.0, 0.4, 0x7FC00000]> : tensor<4xf32>
  %f = dl.convert %e : tensor<4xf32> -> tensor<4xf4E2M1FN>
  %g = dl.constant dense<[1.2, 3.0, -1.0, 0.0, -1.0e-40, 7.0e-39]> : tensor<6xf32>
  %h = dl.convert %g : tensor<6xf32> -> tensor<6xf8E8M0FNU>
  return %a, %b, %d, %f, %h : tensor<4xf8E4M3FN>, tensor<4xf8E4M3FN>, tensor<2xf8E5M2>, tensor<4xf4E2M1FN>, tensor<6xf8E8M0FNU>
}

// Keeps the low bits; to i1 is whether it is not zero.
// CHECK-LABEL: @integers
// CHECK: 2xi8 = [44, -1]
// CHECK: 1xi32 = [255]
// CHECK: 3xi1 = [true, false, true]
func.func @integers() -> (tensor<2xi8>, tensor<1xi32>, tensor<3xi1>) {
  %x = dl.constant dense<[300, 255]> : tensor<2xi32>
  %y = dl.convert %x : tensor<2xi32> -> tensor<2xi8>
  %a = dl.constant dense<[255]> : tensor<1xui8>
  %b = dl.convert %a : tensor<1xui8> -> tensor<1xi32>
  %c = dl.constant dense<[0.5, -0.0, 0x7FC00000]> : tensor<3xf32>
  %d = dl.convert %c : tensor<3xf32> -> tensor<3xi1>
  return %y, %b, %d : tensor<2xi8>, tensor<1xi32>, tensor<3xi1>
}
