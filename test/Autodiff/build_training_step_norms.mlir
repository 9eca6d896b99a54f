// RUN: dl-opt %s -dl-build-training-step="loss=output optimizer=sgd" | FileCheck %s
// RUN: dl-opt %s -dl-build-training-step="loss=output optimizer=sgd batch-norm=false" | FileCheck %s --check-prefix=FIXED
// RUN: dl-opt %s -dl-build-training-step="loss=output optimizer=sgd" -dl-autodiff -o /dev/null
// RUN: not dl-opt %S/Inputs/constant_statistics.mlir -dl-build-training-step="loss=output optimizer=sgd" 2>&1 | FileCheck %s --check-prefix=CONSTANT

// CONSTANT: error: {{.*}}has a mean or variance that is no weight of its own, so that it can't move; batch-norm=false goes on with what they are

// Statistics are state, but no parameters.
// CHECK: dl.global private mutable @mean
// FIXED: dl.global private @mean
dl.global private @scale : tensor<3xf32> = dense<1.0> : tensor<3xf32>
dl.global private @bias : tensor<3xf32> = dense<0.0> : tensor<3xf32>
dl.global private @mean : tensor<3xf32> = dense<0.0> : tensor<3xf32>
dl.global private @variance : tensor<3xf32> = dense<1.0> : tensor<3xf32>

// CHECK-LABEL: func.func @step(
// CHECK-SAME: dlc.name = "seed"
// CHECK: %[[D:.*]]:5 = grad.vjp @main_loss({{.*}}) of [0] wrt [5, 6] with_primal
// CHECK: dl.global_store %[[D]]#1, @mean
// CHECK: dl.global_store %[[D]]#2, @variance
// FIXED-LABEL: func.func @step(
// FIXED-NOT: global_store {{.*}}@mean

// The batch's mean and variance, and random numbers by step and seed.
// CHECK-LABEL: func.func private @main_loss(
// CHECK: %[[M:.*]] = dl.reduce mean
// CHECK: %[[V:.*]] = dl.reduce mean
// CHECK: dl.batch_norm %{{.*}}, %{{.*}}, %{{.*}}, %[[M]], %[[V]]
// CHECK: dl.concat
// CHECK: dl.rng_uniform
func.func @main(%x: tensor<4x3xf32>) -> tensor<f32> {
  %s = dl.global_load @scale : tensor<3xf32>
  %b = dl.global_load @bias : tensor<3xf32>
  %m = dl.global_load @mean : tensor<3xf32>
  %v = dl.global_load @variance : tensor<3xf32>
  %0 = dl.batch_norm %x, %s, %b, %m, %v {epsilon = 1.0e-5 : f64, feature_dimension = 1 : i64}
      : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  %key = dl.constant dense<[0, 7]> : tensor<2xi64>
  %zero = dl.constant dense<0.0> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %r = dl.rng_uniform %key, %zero, %one : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<4x3xf32>
  %1 = dl.mul %0, %r : tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
  %2 = dl.reduce sum %1, dims = [0, 1] : tensor<4x3xf32> -> tensor<f32>
  return %2 : tensor<f32>
}
