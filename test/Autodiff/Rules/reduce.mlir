// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Reductions, scans and sorting.

func.func @reduce_sum(%x: tensor<3x4x2xf64>) -> tensor<3x2xf64> {
  %r = dl.reduce sum %x, dims = [1] : tensor<3x4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @reduce_mean(%x: tensor<3x4x2xf64>) -> tensor<3x2xf64> {
  %r = dl.reduce mean %x, dims = [1] : tensor<3x4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @reduce_max(%x: tensor<3x4x2xf64>) -> tensor<3x2xf64> {
  %r = dl.reduce max %x, dims = [1] : tensor<3x4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @reduce_min(%x: tensor<3x4x2xf64>) -> tensor<3x2xf64> {
  %r = dl.reduce min %x, dims = [1] : tensor<3x4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @reduce_prod(%x: tensor<3x4x2xf64>) -> tensor<3x2xf64> {
  %r = dl.reduce prod %x, dims = [1] : tensor<3x4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @reduce_keep(%x: tensor<3x4x2xf64>) -> tensor<1x4x1xf64> {
  %r = dl.reduce mean %x, dims = [0, 2] keep_dims : tensor<3x4x2xf64> -> tensor<1x4x1xf64>
  return %r : tensor<1x4x1xf64>
}

func.func @reduce_dynamic(%x: tensor<3x4xf64>) -> (tensor<?xf64>, tensor<?xf64>, tensor<?xf64>) {
  %d = tensor.cast %x : tensor<3x4xf64> to tensor<?x?xf64>
  %r0 = dl.reduce mean %d, dims = [0] : tensor<?x?xf64> -> tensor<?xf64>
  %r1 = dl.reduce max %d, dims = [0] : tensor<?x?xf64> -> tensor<?xf64>
  %r2 = dl.reduce prod %d, dims = [0] : tensor<?x?xf64> -> tensor<?xf64>
  return %r0, %r1, %r2 : tensor<?xf64>, tensor<?xf64>, tensor<?xf64>
}

func.func @prod_of_zero(%x: tensor<3xf64>) -> tensor<f64> {
  %m = dl.constant dense<[1.0, 0.0, 1.0]> : tensor<3xf64>
  %z = dl.mul %x, %m : tensor<3xf64>, tensor<3xf64> -> tensor<3xf64>
  %c = dl.constant dense<[0.0, 0.0, 0.0]> : tensor<3xf64>
  %y = dl.add %z, %c : tensor<3xf64>, tensor<3xf64> -> tensor<3xf64>
  %r = dl.reduce prod %y, dims = [0] : tensor<3xf64> -> tensor<f64>
  return %r : tensor<f64>
}

func.func @cumulative_sum(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative sum %x, dim = 0 : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_sum_exclusive(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative sum %x, dim = 0 {exclusive} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_sum_reverse(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative sum %x, dim = 0 {reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_sum_exclusive_reverse(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative sum %x, dim = 0 {exclusive, reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_prod(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative prod %x, dim = 0 : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_prod_exclusive(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative prod %x, dim = 0 {exclusive} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_prod_reverse(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative prod %x, dim = 0 {reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_prod_exclusive_reverse(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative prod %x, dim = 0 {exclusive, reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_max(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative max %x, dim = 0 : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_max_exclusive(%x: tensor<4x2xf64>) -> tensor<3x2xf64> {
  %y = dl.cumulative max %x, dim = 0 {exclusive} : tensor<4x2xf64> -> tensor<4x2xf64>
  %r = dl.slice %y, starts = [1, 0] limits = [4, 2] strides = [1, 1] : tensor<4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @cumulative_max_reverse(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative max %x, dim = 0 {reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_max_exclusive_reverse(%x: tensor<4x2xf64>) -> tensor<3x2xf64> {
  %y = dl.cumulative max %x, dim = 0 {exclusive, reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  %r = dl.slice %y, starts = [0, 0] limits = [3, 2] strides = [1, 1] : tensor<4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @cumulative_min(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative min %x, dim = 0 : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_min_exclusive(%x: tensor<4x2xf64>) -> tensor<3x2xf64> {
  %y = dl.cumulative min %x, dim = 0 {exclusive} : tensor<4x2xf64> -> tensor<4x2xf64>
  %r = dl.slice %y, starts = [1, 0] limits = [4, 2] strides = [1, 1] : tensor<4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @cumulative_min_reverse(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative min %x, dim = 0 {reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_min_exclusive_reverse(%x: tensor<4x2xf64>) -> tensor<3x2xf64> {
  %y = dl.cumulative min %x, dim = 0 {exclusive, reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  %r = dl.slice %y, starts = [0, 0] limits = [3, 2] strides = [1, 1] : tensor<4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @cumulative_log_sum_exp(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative log_sum_exp %x, dim = 0 : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_log_sum_exp_exclusive(%x: tensor<4x2xf64>) -> tensor<3x2xf64> {
  %y = dl.cumulative log_sum_exp %x, dim = 0 {exclusive} : tensor<4x2xf64> -> tensor<4x2xf64>
  %r = dl.slice %y, starts = [1, 0] limits = [4, 2] strides = [1, 1] : tensor<4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @cumulative_log_sum_exp_reverse(%x: tensor<4x2xf64>) -> tensor<4x2xf64> {
  %r = dl.cumulative log_sum_exp %x, dim = 0 {reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  return %r : tensor<4x2xf64>
}

func.func @cumulative_log_sum_exp_exclusive_reverse(%x: tensor<4x2xf64>) -> tensor<3x2xf64> {
  %y = dl.cumulative log_sum_exp %x, dim = 0 {exclusive, reverse} : tensor<4x2xf64> -> tensor<4x2xf64>
  %r = dl.slice %y, starts = [0, 0] limits = [3, 2] strides = [1, 1] : tensor<4x2xf64> -> tensor<3x2xf64>
  return %r : tensor<3x2xf64>
}

func.func @sort(%x: tensor<3x4xf64>, %y: tensor<3x4xf64>) -> (tensor<3x4xf64>, tensor<3x4xf64>) {
  %s:2 = dl.sort %x, %y dim = 1 descending : (tensor<3x4xf64>, tensor<3x4xf64>) -> (tensor<3x4xf64>, tensor<3x4xf64>)
  %z = dl.constant dense<0.0> : tensor<3x4xf64>
  %r0 = dl.add %s#0, %z : tensor<3x4xf64>, tensor<3x4xf64> -> tensor<3x4xf64>
  %r1 = dl.add %s#1, %z : tensor<3x4xf64>, tensor<3x4xf64> -> tensor<3x4xf64>
  return %r0, %r1 : tensor<3x4xf64>, tensor<3x4xf64>
}

func.func @top_k(%x: tensor<3x4xf64>) -> tensor<2x4xf64> {
  %k = dl.constant dense<2> : tensor<i64>
  %r, %i = dl.top_k %x, %k, dim = 0 : tensor<3x4xf64>, tensor<i64> -> tensor<2x4xf64>, tensor<2x4xi64>
  return %r : tensor<2x4xf64>
}
