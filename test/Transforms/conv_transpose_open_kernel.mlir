// RUN: dl-run %s --compiled --random-seed=1 --shape x=2x4x5 --shape w=4x3x2 | FileCheck %s
// RUN: dl-run %s --compiled --random-seed=2 --shape x=2x4x5 --shape w=4x3x1
// RUN: dl-opt %s -dl-decompose-composites | FileCheck %s --check-prefix=DECOMPOSED

// The size of the kernel shows as the program runs, as it does in gradients of gradients of
// a convolution of open size: compiled and interpreted it is the same.
// CHECK: y: 2x3x10xf32

// DECOMPOSED: dl.pad {{.*}} dynamic_low({{.*}}) dynamic_high({{.*}}) {{.*}} interior = [0, 0, 1]
// DECOMPOSED: dl.conv {{.*}} strides = [1] padding = [0], [0] dilations = [3]
func.func @main(%x: tensor<2x4x?xf32> {dlc.name = "x"}, %w: tensor<4x3x?xf32> {dlc.name = "w"},
                %b: tensor<3xf32> {dlc.name = "b"}) -> (tensor<2x3x?xf32> {dlc.name = "y"}) {
  %y = dl.conv_transpose %x, %w bias(%b : tensor<3xf32>) strides = [2] padding = [1], [2] dilations = [3] output_padding = [1]
      : tensor<2x4x?xf32>, tensor<4x3x?xf32> -> tensor<2x3x?xf32>
  return %y : tensor<2x3x?xf32>
}
