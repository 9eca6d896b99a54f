dl.global private @s : tensor<2xf32> = dense<1.0> : tensor<2xf32>
dl.global private @m : tensor<2xf32> = dense<0.0> : tensor<2xf32>
dl.global private @v : tensor<2xf32> = dense<1.0> : tensor<2xf32>
func.func @main(%x: tensor<4x2xf32>) -> tensor<f32> {
  %s = dl.global_load @s : tensor<2xf32>
  %m = dl.global_load @m : tensor<2xf32>
  %v = dl.global_load @v : tensor<2xf32>
  %0 = dl.batch_norm %x, %s, %s, %m, %v {epsilon = 1.0e-05 : f64, feature_dimension = 1 : i64, dlc.momentum = 0.5 : f64}
      : (tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  %1 = dl.reduce sum %0, dims = [0, 1] : tensor<4x2xf32> -> tensor<f32>
  return %1 : tensor<f32>
}
