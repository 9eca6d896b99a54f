// RUN: dl-opt %S/global.mlir --emit-bytecode | dl-opt | FileCheck %S/global.mlir
// RUN: dl-opt %S/constant.mlir --emit-bytecode | dl-opt | FileCheck %S/constant.mlir
// RUN: dl-opt %S/unary_floats.mlir --emit-bytecode | dl-opt | FileCheck %S/unary_floats.mlir

// Bytecode holds what the text does, enumerations and properties included.
// RUN: dl-opt %s --emit-bytecode | dl-opt | FileCheck %s

// CHECK-LABEL: @properties
func.func @properties(%x: tensor<?x3xf32>) -> (tensor<?x1xf32>, tensor<?x5xf32>) {
  // CHECK-NEXT: dl.reduce mean %arg0, dims = [1] keep_dims : tensor<?x3xf32> -> tensor<?x1xf32>
  %0 = dl.reduce mean %x, dims = [1] keep_dims : tensor<?x3xf32> -> tensor<?x1xf32>
  // CHECK-NEXT: dl.pad %arg0 low = [0, 1] high = [0, 1] interior = [0, 0] {mode = #dl.pad_mode<reflect>} : tensor<?x3xf32> -> tensor<?x5xf32>
  %1 = dl.pad %x low = [0, 1] high = [0, 1] interior = [0, 0] {mode = #dl.pad_mode<reflect>} : tensor<?x3xf32> -> tensor<?x5xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x5xf32>
}
