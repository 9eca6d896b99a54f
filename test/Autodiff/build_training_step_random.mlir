// RUN: dl-opt %s -dl-build-training-step="loss=output optimizer=sgd" | FileCheck %s
// RUN: dl-opt %s -dl-build-training-step="loss=output optimizer=sgd accumulate=3" | FileCheck %s --check-prefix=THREE
// RUN: not dl-opt %s -dl-build-training-step="loss=output optimizer=sgd frozen=w" 2>&1 | FileCheck %s --check-prefix=ALL

// ALL: error: the loss depends on no weight

dl.global private @w : tensor<f32> = dense<3.0> : tensor<f32>

// The model draws no numbers; what is trained does, from a stream that depends on the
// step and the seed. Each of several batches has numbers of its own.
// CHECK-LABEL: func.func @main
// CHECK-NOT: rng_uniform
// CHECK-LABEL: func.func @step
// CHECK-SAME: %[[SEED:[a-z0-9]*]]: tensor<i64> {dlc.name = "seed"})
// CHECK: %[[OLD:.*]] = dl.global_load mutable @optimizer.step
// CHECK: %[[NUMBER:.*]] = dl.add %[[OLD]]
// CHECK: grad.vjp @main_loss(%{{.*}}, %[[NUMBER]], %[[SEED]], %{{.*}})
// CHECK-LABEL: func.func private @main_loss(
// CHECK-SAME: %[[N:[a-z0-9]*]]: tensor<i64>, %[[S:[a-z0-9]*]]: tensor<i64>
// CHECK: %[[ADDED:.*]] = dl.concat
// CHECK: %[[KEY:.*]] = dl.add %{{.*}}, %[[ADDED]]
// CHECK: dl.rng_uniform %[[KEY]]
// CHECK-NOT: func.func
// THREE: %[[NUMBER:.*]] = dl.add
// THREE: scf.for %[[I:.*]] =
// THREE: %[[FIRST:.*]] = dl.mul %[[NUMBER]]
// THREE: %[[INDEX:.*]] = tensor.from_elements
// THREE: %[[MINE:.*]] = dl.add %[[FIRST]], %[[INDEX]]
// THREE: grad.vjp @main_loss(%{{.*}}, %[[MINE]], %{{.*}}, %{{.*}})
func.func @main(%x: tensor<1xf32> {dlc.name = "x"}) -> tensor<f32> {
  %w = dl.global_load @w : tensor<f32>
  %0 = dl.reshape %x : tensor<1xf32> -> tensor<f32>
  %1 = dl.mul %0, %w : tensor<f32>, tensor<f32> -> tensor<f32>
  return %1 : tensor<f32>
}

func.func @training(%x: tensor<1xf32> {dlc.name = "x"}) -> tensor<f32> attributes {dlc.training} {
  %w = dl.global_load @w : tensor<f32>
  %key = dl.constant dense<[0, 7]> : tensor<2xi64>
  %low = dl.constant dense<0.0> : tensor<f32>
  %high = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.reshape %x : tensor<1xf32> -> tensor<f32>
  %1 = dl.mul %0, %w : tensor<f32>, tensor<f32> -> tensor<f32>
  %r = dl.rng_uniform %key, %low, %high : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<f32>
  %2 = dl.mul %1, %r : tensor<f32>, tensor<f32> -> tensor<f32>
  return %2 : tensor<f32>
}
