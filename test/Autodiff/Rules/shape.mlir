// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Ops that move elements, of static and of open sizes.

func.func @reshape(%x: tensor<2x3xf64>) -> tensor<3x2xf64> {
  %r = dl.reshape %x : tensor<2x3xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @broadcast(%x: tensor<2x1xf64>) -> tensor<3x2x4xf64> {
  %r = dl.broadcast_in_dim %x, dims = [1, 2] : tensor<2x1xf64> -> tensor<3x2x4xf64>
  return %r : tensor<3x2x4xf64>
}

// Which `?` was repeated shows only when it runs.
func.func @broadcast_dynamic(%x: tensor<2x1x3xf64>) -> tensor<?x?x?x?xf64> {
  %d = tensor.cast %x : tensor<2x1x3xf64> to tensor<?x?x?xf64>
  %s = dl.constant dense<[2, 2, 4, 3]> : tensor<4xi64>
  %r = dl.broadcast_in_dim %d, dims = [1, 2, 3] shape(%s : tensor<4xi64>) : tensor<?x?x?xf64> -> tensor<?x?x?x?xf64>
  return %r : tensor<?x?x?x?xf64>
}

func.func @transpose(%x: tensor<2x3x4xf64>) -> tensor<4x2x3xf64> {
  %r = dl.transpose %x, permutation = [2, 0, 1] : tensor<2x3x4xf64> -> tensor<4x2x3xf64>
  return %r : tensor<4x2x3xf64>
}

func.func @reverse(%x: tensor<2x3xf64>) -> tensor<2x3xf64> {
  %r = dl.reverse %x, dims = [1] : tensor<2x3xf64> -> tensor<2x3xf64>
  return %r : tensor<2x3xf64>
}

func.func @concat(%x: tensor<2x3xf64>, %y: tensor<2x1xf64>) -> tensor<2x4xf64> {
  %r = dl.concat %x, %y dim = 1 : (tensor<2x3xf64>, tensor<2x1xf64>) -> tensor<2x4xf64>
  return %r : tensor<2x4xf64>
}

func.func @concat_dynamic(%x: tensor<2x3xf64>, %y: tensor<2x1xf64>) -> tensor<2x?xf64> {
  %a = tensor.cast %x : tensor<2x3xf64> to tensor<2x?xf64>
  %b = tensor.cast %y : tensor<2x1xf64> to tensor<2x?xf64>
  %r = dl.concat %a, %b dim = 1 : (tensor<2x?xf64>, tensor<2x?xf64>) -> tensor<2x?xf64>
  return %r : tensor<2x?xf64>
}

func.func @slice(%x: tensor<9x4xf64>) -> tensor<3x2xf64> {
  %r = dl.slice %x, starts = [1, 1] limits = [9, 3] strides = [3, 1] : tensor<9x4xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @slice_dynamic(%x: tensor<9xf64>) -> tensor<?xf64> {
  %d = tensor.cast %x : tensor<9xf64> to tensor<?xf64>
  %r = dl.slice %d, starts = [2] limits = [-1] strides = [3] : tensor<?xf64> -> tensor<?xf64>
  return %r : tensor<?xf64>
}

func.func @dynamic_slice(%x: tensor<3x5xf64>) -> tensor<2x3xf64> {
  %i = dl.constant dense<[1, 2]> : tensor<2xi64>
  %r = dl.dynamic_slice %x, %i : tensor<2xi64> : tensor<3x5xf64> -> tensor<2x3xf64>
  return %r : tensor<2x3xf64>
}

func.func @dynamic_slice_strides(%x: tensor<9xf64>) -> tensor<3xf64> {
  %i = dl.constant dense<[7]> : tensor<1xi64>
  %s = dl.constant dense<[-3]> : tensor<1xi64>
  %r = dl.dynamic_slice %x, %i : tensor<1xi64> strides(%s : tensor<1xi64>) : tensor<9xf64> -> tensor<3xf64>
  return %r : tensor<3xf64>
}

func.func @dynamic_update_slice(%x: tensor<3x5xf64>, %u: tensor<2x2xf64>) -> tensor<3x5xf64> {
  %i = dl.constant dense<[1, 2]> : tensor<2xi64>
  %r = dl.dynamic_update_slice %x, %u, %i : tensor<3x5xf64>, tensor<2x2xf64>, tensor<2xi64> -> tensor<3x5xf64>
  return %r : tensor<3x5xf64>
}

func.func @pad(%x: tensor<3x4xf64>, %v: tensor<f64>) -> tensor<6x10xf64> {
  %r = dl.pad %x value(%v : tensor<f64>) low = [1, -1] high = [2, 1] interior = [0, 2] : tensor<3x4xf64> -> tensor<6x10xf64>
  return %r : tensor<6x10xf64>
}

func.func @pad_dynamic(%x: tensor<3xf64>, %v: tensor<f64>) -> tensor<?xf64> {
  %l = dl.constant dense<[1]> : tensor<1xi64>
  %h = dl.constant dense<[-1]> : tensor<1xi64>
  %r = dl.pad %x value(%v : tensor<f64>) dynamic_low(%l : tensor<1xi64>) dynamic_high(%h : tensor<1xi64>) low = [0] high = [0] interior = [1] : tensor<3xf64> -> tensor<?xf64>
  return %r : tensor<?xf64>
}

func.func @pad_edge(%x: tensor<3x2xf64>) -> tensor<8x3xf64> {
  %r = dl.pad %x low = [2, 0] high = [3, 1] interior = [0, 0] {mode = #dl.pad_mode<edge>} : tensor<3x2xf64> -> tensor<8x3xf64>
  return %r : tensor<8x3xf64>
}

func.func @pad_reflect(%x: tensor<3x2xf64>) -> tensor<8x3xf64> {
  %r = dl.pad %x low = [2, 0] high = [3, 1] interior = [0, 0] {mode = #dl.pad_mode<reflect>} : tensor<3x2xf64> -> tensor<8x3xf64>
  return %r : tensor<8x3xf64>
}

func.func @pad_wrap(%x: tensor<3x2xf64>) -> tensor<8x3xf64> {
  %r = dl.pad %x low = [2, 0] high = [3, 1] interior = [0, 0] {mode = #dl.pad_mode<wrap>} : tensor<3x2xf64> -> tensor<8x3xf64>
  return %r : tensor<8x3xf64>
}

func.func @splat(%x: tensor<f64>) -> tensor<2x3xf64> {
  %r = dl.splat %x : tensor<f64> -> tensor<2x3xf64>
  return %r : tensor<2x3xf64>
}

func.func @rng(%a: tensor<f64>, %b: tensor<f64>) -> (tensor<5xf64>, tensor<5xf64>) {
  %k = dl.constant dense<[1, 2]> : tensor<2xi64>
  %r0 = dl.rng_uniform %k, %a, %b : tensor<2xi64>, tensor<f64>, tensor<f64> -> tensor<5xf64>
  %r1 = dl.rng_normal %k, %a, %b : tensor<2xi64>, tensor<f64>, tensor<f64> -> tensor<5xf64>
  return %r0, %r1 : tensor<5xf64>, tensor<5xf64>
}
