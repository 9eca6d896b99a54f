// Odd signatures: no inputs, no outputs, an input that is the output, one value
// twice, no dimensions, no elements.

// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: dl-compile none.mlir -o none.so && dl-run none.so --random-seed=1 | FileCheck %s --check-prefix=NOTHING --allow-empty
// RUN: dl-compile constant.mlir -o constant.so && dl-run constant.so | FileCheck %s --check-prefix=CONSTANT
// RUN: dl-compile through.mlir -o through.so && dl-run through.so --input x=random:min=3,max=3 | FileCheck %s --check-prefix=THROUGH
// RUN: dl-compile twice.mlir -o twice.so && dl-run twice.so --input x=random:min=3,max=3 | FileCheck %s --check-prefix=TWICE
// RUN: dl-compile scalar.mlir -o scalar.so && dl-run scalar.so --input x=random:min=3,max=3 | FileCheck %s --check-prefix=SCALAR
// RUN: dl-compile empty.mlir -o empty.so && dl-run empty.so --random-seed=1 | FileCheck %s --check-prefix=EMPTY

// NOTHING-NOT: {{.}}
// CONSTANT: y: 2xf32 = [1, 2]
// THROUGH: y: 2xf32 = [3, 3]
// TWICE: a: 2xf32 = [6, 6]
// TWICE: b: 2xf32 = [6, 6]
// TWICE: c: 2xf32 = [3, 3]
// TWICE: d: 2xf32 = [3, 3]
// SCALAR: y: f32 = 6
// EMPTY: y: 0x3xf32 = []
// EMPTY: z: 3xf32 = [0, 0, 0]

//--- none.mlir
func.func @main(%x: tensor<2xf32> {dlc.name = "x"}) {
  return
}
//--- constant.mlir
func.func @main() -> (tensor<2xf32> {dlc.name = "y"}) {
  %0 = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %0 : tensor<2xf32>
}
//--- through.mlir
func.func @main(%x: tensor<2xf32> {dlc.name = "x"}) -> (tensor<2xf32> {dlc.name = "y"}) {
  return %x : tensor<2xf32>
}
//--- twice.mlir
func.func @main(%x: tensor<2xf32> {dlc.name = "x"})
    -> (tensor<2xf32> {dlc.name = "a"}, tensor<2xf32> {dlc.name = "b"},
        tensor<2xf32> {dlc.name = "c"}, tensor<2xf32> {dlc.name = "d"}) {
  %0 = dl.add %x, %x : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %0, %0, %x, %x : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}
//--- scalar.mlir
func.func @main(%x: tensor<f32> {dlc.name = "x"}) -> (tensor<f32> {dlc.name = "y"}) {
  %0 = dl.add %x, %x : tensor<f32>, tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}
//--- empty.mlir
func.func @main(%x: tensor<0x3xf32> {dlc.name = "x"})
    -> (tensor<0x3xf32> {dlc.name = "y"}, tensor<3xf32> {dlc.name = "z"}) {
  %0 = dl.exp %x : tensor<0x3xf32> -> tensor<0x3xf32>
  %1 = dl.reduce sum %0, dims = [0] : tensor<0x3xf32> -> tensor<3xf32>
  return %0, %1 : tensor<0x3xf32>, tensor<3xf32>
}
