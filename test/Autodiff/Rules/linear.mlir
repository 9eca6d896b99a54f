// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Products, convolutions, solvers and transforms.

func.func @dot(%x: tensor<2x3xf64>, %y: tensor<3x4xf64>) -> tensor<2x4xf64> {
  %r = dl.dot_general %x, %y, batching = [] x [] contracting = [1] x [0] : tensor<2x3xf64>, tensor<3x4xf64> -> tensor<2x4xf64>
  return %r : tensor<2x4xf64>
}

func.func @dot_general(%x: tensor<2x3x5x4xf64>, %y: tensor<4x6x2x3xf64>) -> tensor<2x5x6xf64> {
  %r = dl.dot_general %x, %y, batching = [0] x [2] contracting = [3, 1] x [0, 3] : tensor<2x3x5x4xf64>, tensor<4x6x2x3xf64> -> tensor<2x5x6xf64>
  return %r : tensor<2x5x6xf64>
}

func.func @dot_dynamic(%x: tensor<2x3xf64>, %y: tensor<3x4xf64>) -> tensor<?x?xf64> {
  %a = tensor.cast %x : tensor<2x3xf64> to tensor<?x?xf64>
  %b = tensor.cast %y : tensor<3x4xf64> to tensor<?x?xf64>
  %r = dl.dot_general %a, %b, batching = [] x [] contracting = [1] x [0] : tensor<?x?xf64>, tensor<?x?xf64> -> tensor<?x?xf64>
  return %r : tensor<?x?xf64>
}

func.func @conv(%x: tensor<2x3x6x5xf64>, %w: tensor<4x3x3x2xf64>, %b: tensor<4xf64>) -> tensor<2x4x3x4xf64> {
  %r = dl.conv %x, %w bias(%b : tensor<4xf64>) strides = [2, 1] padding = [1, 0], [0, 0] dilations = [1, 1] : tensor<2x3x6x5xf64>, tensor<4x3x3x2xf64> -> tensor<2x4x3x4xf64>
  return %r : tensor<2x4x3x4xf64>
}

func.func @conv_groups(%x: tensor<1x4x7xf64>, %w: tensor<6x2x2xf64>, %b: tensor<6xf64>) -> tensor<1x6x4xf64> {
  %r = dl.conv %x, %w bias(%b : tensor<6xf64>) strides = [2] padding = [1], [1] dilations = [2] {groups = 2 : i64} : tensor<1x4x7xf64>, tensor<6x2x2xf64> -> tensor<1x6x4xf64>
  return %r : tensor<1x6x4xf64>
}

func.func @conv_last(%x: tensor<2x6x5x3xf64>, %w: tensor<3x2x3x4xf64>, %b: tensor<4xf64>) -> tensor<2x3x4x4xf64> {
  %r = dl.conv %x, %w bias(%b : tensor<4xf64>) strides = [2, 1] padding = [1, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<2x6x5x3xf64>, tensor<3x2x3x4xf64> -> tensor<2x3x4x4xf64>
  return %r : tensor<2x3x4x4xf64>
}

func.func @conv_transpose(%x: tensor<1x4x3xf64>, %w: tensor<4x2x3xf64>, %b: tensor<4xf64>) -> tensor<1x4x7xf64> {
  %r = dl.conv_transpose %x, %w bias(%b : tensor<4xf64>) strides = [2] padding = [1], [0] dilations = [1] output_padding = [1] {groups = 2 : i64} : tensor<1x4x3xf64>, tensor<4x2x3xf64> -> tensor<1x4x7xf64>
  return %r : tensor<1x4x7xf64>
}

func.func @cholesky(%x: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.cholesky %a : tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @cholesky_upper(%x: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.cholesky %a {upper} : tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_right_side(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {right_side} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_upper(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {upper} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_unit_diagonal(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {unit_diagonal} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_upper_unit_diagonal(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {upper, unit_diagonal} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_transpose(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {transpose} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_right_side_transpose(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {right_side, transpose} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_right_side_upper_transpose(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {right_side, upper, transpose} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @solve_right_side_upper_unit_diagonal_transpose(%x: tensor<3x3xf64>, %y: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %t = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [1] : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %e = dl.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf64>
  %a = dl.add %t, %e : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  %r = dl.triangular_solve %a, %y {right_side, upper, unit_diagonal, transpose} : tensor<3x3xf64>, tensor<3x3xf64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @fft(%x: tensor<3x4x2xf64>) -> (tensor<3x4x2xf64>, tensor<3x4x2xf64>) {
  %r0 = dl.fft %x {kind = #dl.fft_kind<fft>, dimension = 1} : tensor<3x4x2xf64> -> tensor<3x4x2xf64>
  %r1 = dl.fft %x {kind = #dl.fft_kind<ifft>, dimension = 0} : tensor<3x4x2xf64> -> tensor<3x4x2xf64>
  return %r0, %r1 : tensor<3x4x2xf64>, tensor<3x4x2xf64>
}

func.func @rfft_5(%x: tensor<5x2xf64>) -> tensor<3x2x2xf64> {
  %r = dl.fft %x {kind = #dl.fft_kind<rfft>, dimension = 0} : tensor<5x2xf64> -> tensor<3x2x2xf64>
  return %r : tensor<3x2x2xf64>
}

func.func @irfft_5(%x: tensor<3x2xf64>) -> tensor<5xf64> {
  %r = dl.fft %x {kind = #dl.fft_kind<irfft>, dimension = 0, length = 5} : tensor<3x2xf64> -> tensor<5xf64>
  return %r : tensor<5xf64>
}

func.func @rfft_6(%x: tensor<6x2xf64>) -> tensor<4x2x2xf64> {
  %r = dl.fft %x {kind = #dl.fft_kind<rfft>, dimension = 0} : tensor<6x2xf64> -> tensor<4x2x2xf64>
  return %r : tensor<4x2x2xf64>
}

func.func @irfft_6(%x: tensor<4x2xf64>) -> tensor<6xf64> {
  %r = dl.fft %x {kind = #dl.fft_kind<irfft>, dimension = 0, length = 6} : tensor<4x2xf64> -> tensor<6xf64>
  return %r : tensor<6xf64>
}
