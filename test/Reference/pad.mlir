// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// With interior padding, and cropping.
// CHECK-LABEL: @constant
// CHECK: 7xi8 = [9, 1, 9, 2, 9, 3, 9]
// CHECK: 2xi8 = [2, 3]
func.func @constant() -> (tensor<7xi8>, tensor<2xi8>) {
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %v = dl.constant dense<9> : tensor<i8>
  %y = dl.pad %x value(%v : tensor<i8>) low = [1] high = [1] interior = [1] : tensor<3xi8> -> tensor<7xi8>
  %z = dl.pad %x value(%v : tensor<i8>) low = [-1] high = [0] interior = [0] : tensor<3xi8> -> tensor<2xi8>
  return %y, %z : tensor<7xi8>, tensor<2xi8>
}

// CHECK-LABEL: @edge
// CHECK: 6xi8 = [1, 1, 1, 2, 3, 3]
func.func @edge() -> tensor<6xi8> {
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %y_edge = dl.pad %x low = [2] high = [1] interior = [0] {mode = #dl.pad_mode<edge>} : tensor<3xi8> -> tensor<6xi8>
  return %y_edge : tensor<6xi8>
}

// Repeats as often as the padding is long.
// CHECK-LABEL: @reflect
// CHECK: 11xi8 = [2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2]
func.func @reflect() -> tensor<11xi8> {
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %y_reflect = dl.pad %x low = [5] high = [3] interior = [0] {mode = #dl.pad_mode<reflect>} : tensor<3xi8> -> tensor<11xi8>
  return %y_reflect : tensor<11xi8>
}

// CHECK-LABEL: @wrap
// CHECK: 8xi8 = [3, 1, 2, 3, 1, 2, 3, 1]
func.func @wrap() -> tensor<8xi8> {
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %y_wrap = dl.pad %x low = [1] high = [4] interior = [0] {mode = #dl.pad_mode<wrap>} : tensor<3xi8> -> tensor<8xi8>
  return %y_wrap : tensor<8xi8>
}

// CHECK-LABEL: @dynamic
// CHECK: 4xi8 = [0, 1, 2, 0]
func.func @dynamic() -> tensor<?xi8> {
  %x = dl.constant dense<[1, 2]> : tensor<2xi8>
  %v = dl.constant dense<0> : tensor<i8>
  %p = dl.constant dense<[1]> : tensor<1xi64>
  %y = dl.pad %x value(%v : tensor<i8>) dynamic_low(%p : tensor<1xi64>) dynamic_high(%p : tensor<1xi64>) low = [0] high = [0] interior = [0] : tensor<2xi8> -> tensor<?xi8>
  return %y : tensor<?xi8>
}

// Two open sizes in one result, one cropped and one padded.
// CHECK-LABEL: @crop_and_pad
// CHECK: 2x1x4xi8 = {{\[\[\[}}0, 3, 4, 0]], {{\[\[}}0, 7, 8, 0]]]
func.func @crop_and_pad() -> tensor<2x?x?xi8> {
  %x = dl.constant dense<[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]> : tensor<2x2x2xi8>
  %v = dl.constant dense<0> : tensor<i8>
  %l = dl.constant dense<[0, -1, 1]> : tensor<3xi64>
  %h = dl.constant dense<[0, 0, 1]> : tensor<3xi64>
  %y = dl.pad %x value(%v : tensor<i8>) dynamic_low(%l : tensor<3xi64>) dynamic_high(%h : tensor<3xi64>) low = [0, 0, 0] high = [0, 0, 0] interior = [0, 0, 0] : tensor<2x2x2xi8> -> tensor<2x?x?xi8>
  return %y : tensor<2x?x?xi8>
}

// What is left of an operand may be nothing.
// CHECK-LABEL: @nothing
// CHECK: 2xi8 = [7, 7]
// CHECK: 2xi8 = [7, 7]
func.func @nothing() -> (tensor<2xi8>, tensor<2xi8>) {
  %e = dl.constant dense<> : tensor<0xi8>
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %v = dl.constant dense<7> : tensor<i8>
  %y = dl.pad %e value(%v : tensor<i8>) low = [2] high = [0] interior = [0] : tensor<0xi8> -> tensor<2xi8>
  %z = dl.pad %x value(%v : tensor<i8>) low = [-5] high = [4] interior = [0] : tensor<3xi8> -> tensor<2xi8>
  return %y, %z : tensor<2xi8>, tensor<2xi8>
}
