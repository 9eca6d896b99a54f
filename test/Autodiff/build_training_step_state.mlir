// RUN: dl-opt %s -dl-build-training-step="loss=output optimizer=sgd" | FileCheck %s
// RUN: dl-opt %s -dl-build-training-step="loss=output optimizer=sgd accumulate=2" -dl-autodiff -o /dev/null
// RUN: not dl-opt %s -dl-build-training-step="loss=output optimizer=sgd frozen=w" 2>&1 | FileCheck %s --check-prefix=FROZEN

// A program that was recorded in training changes its own state, which the step stores;
// its batch norm stays as it is, and so does what the framework calls frozen.

// FROZEN: error: the loss depends on no parameter that is to be trained

dl.global private @w {dlc.parameter} : tensor<3xf32> = dense<1.0> : tensor<3xf32>
dl.global private @scale {dlc.frozen} : tensor<3xf32> = dense<1.0> : tensor<3xf32>
dl.global private @bias : tensor<3xf32> = dense<0.0> : tensor<3xf32>
// CHECK: dl.global private @mean
dl.global private @mean : tensor<3xf32> = dense<0.0> : tensor<3xf32>
// CHECK: dl.global private @variance
dl.global private @variance : tensor<3xf32> = dense<1.0> : tensor<3xf32>
dl.global private mutable @count : tensor<i64> = dense<0> : tensor<i64>

// CHECK-LABEL: func.func @step(
// CHECK: %[[OLD:.*]] = dl.global_load mutable @count
// CHECK: %[[D:.*]]:3 = grad.vjp @main_loss(%{{.*}}, %[[OLD]], %{{.*}}) {{.*}} of [0] wrt [2] with_primal
// CHECK: dl.global_store %[[D]]#1, @count
// CHECK: dl.global_store %{{.*}}, @w

// What is loaded after the store is what was stored.
// CHECK-LABEL: func.func private @main_loss(
// CHECK-SAME: %[[COUNT:[a-z0-9]*]]: tensor<i64>, %{{[a-z0-9]*}}: tensor<3xf32>)
// CHECK: %[[NEXT:.*]] = dl.add %[[COUNT]]
// CHECK-NOT: dl.global_store
// CHECK: dl.convert %[[NEXT]]
// CHECK: return %{{.*}}, %[[NEXT]]
func.func @main(%x: tensor<4x3xf32>) -> tensor<f32> {
  %w = dl.global_load @w : tensor<3xf32>
  %s = dl.global_load @scale : tensor<3xf32>
  %b = dl.global_load @bias : tensor<3xf32>
  %m = dl.global_load @mean : tensor<3xf32>
  %v = dl.global_load @variance : tensor<3xf32>
  %count = dl.global_load mutable @count : tensor<i64>
  %one = dl.constant dense<1> : tensor<i64>
  %next = dl.add %count, %one : tensor<i64>, tensor<i64> -> tensor<i64>
  dl.global_store %next, @count : tensor<i64>
  %0 = dl.batch_norm %x, %s, %b, %m, %v {epsilon = 1.0e-5 : f64, feature_dimension = 1 : i64}
      : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  %1 = dl.broadcast_in_dim %w, dims = [1] : tensor<3xf32> -> tensor<4x3xf32>
  %2 = dl.mul %0, %1 : tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
  %3 = dl.reduce sum %2, dims = [0, 1] : tensor<4x3xf32> -> tensor<f32>
  %4 = dl.global_load mutable @count : tensor<i64>
  %5 = dl.convert %4 : tensor<i64> -> tensor<f32>
  %6 = dl.mul %3, %5 : tensor<f32>, tensor<f32> -> tensor<f32>
  return %6 : tensor<f32>
}
