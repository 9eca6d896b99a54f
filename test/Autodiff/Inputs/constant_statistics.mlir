dl.global private @scale : tensor<3xf32> = dense<1.0> : tensor<3xf32>
func.func @main(%x: tensor<4x3xf32>) -> tensor<f32> {
  %s = dl.global_load @scale : tensor<3xf32>
  %m = dl.constant dense<0.0> : tensor<3xf32>
  %v = dl.constant dense<1.0> : tensor<3xf32>
  %0 = dl.batch_norm %x, %s, %m, %m, %v {epsilon = 1.0e-5 : f64, feature_dimension = 1 : i64}
      : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  %1 = dl.reduce sum %0, dims = [0, 1] : tensor<4x3xf32> -> tensor<f32>
  return %1 : tensor<f32>
}
