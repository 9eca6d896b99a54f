// RUN: dl-opt %s -dl-build-training-step="loss=mse optimizer=sgd" | FileCheck %s
// RUN: dl-opt %s -dl-build-training-step="loss=mse optimizer=adamw,weight_decay=0.1 clip-norm=1" | FileCheck %s --check-prefix=ADAMW
// RUN: dl-opt %s -dl-build-training-step="loss=mse optimizer=sgd frozen=w" 2>&1 | FileCheck %s --check-prefix=FROZEN
// RUN: not dl-opt %s -dl-build-training-step="loss=mse optimizer=sgd frozen=w,b" 2>&1 | FileCheck %s --check-prefix=ALL
// RUN: not dl-opt %s -dl-build-training-step="loss=mse optimizer=sgd frozen=v" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not dl-opt %s -dl-build-training-step="loss=hinge" 2>&1 | FileCheck %s --check-prefix=LOSS
// RUN: not dl-opt %s -dl-build-training-step="loss=mse optimizer=adam,lr=3" 2>&1 | FileCheck %s --check-prefix=RATE
// RUN: not dl-opt %s -dl-build-training-step="loss=mse optimizer=sgd,momentum=x" 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not dl-opt %s -dl-build-training-step="loss=mse optimizer=adam,beta1=0.5,beta1=0.6" 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not dl-opt %s -dl-build-training-step="loss=cross_entropy optimizer=sgd" 2>&1 | FileCheck %s --check-prefix=LOGITS

// ALL: error: the loss depends on no weight of floats in a way that has a derivative: nothing can be trained
// UNKNOWN: error: frozen: the model has no weight 'v'
// LOSS: error: no loss is called 'hinge'; there are bce_with_logits, cross_entropy, mse, output
// RATE: error: adam has no setting 'lr'; it has beta1, beta2, eps, weight_decay, amsgrad; the learning rate is an input of the step
// NUMBER: error: sgd: 'momentum=x' gives no number
// TWICE: error: adam: beta1 is given twice
// LOGITS: error: cross_entropy takes logits [N, C, ...], but the model's first output is 'tensor<f32>'

// A weight that the loss doesn't depend on stays as it is.
// CHECK: dl.global private mutable @w : tensor<f32>
// CHECK: dl.global private @unused : tensor<f32>
// CHECK: dl.global private mutable @optimizer.step : tensor<i64> = dense<0>
// ADAMW: dl.global private mutable @w.exp_avg : tensor<f32> = dense<0.000000e+00>
// ADAMW: dl.global private mutable @w.exp_avg_sq
// ADAMW: dl.global private mutable @b.exp_avg
// FROZEN: dl.global private @w
// FROZEN: dl.global private mutable @b
dl.global private @w : tensor<f32> = dense<3.0> : tensor<f32>
dl.global private @b : tensor<f32> = dense<1.0> : tensor<f32>
dl.global private @unused : tensor<f32> = dense<1.0> : tensor<f32>

// The model itself stays, on the same weights.
// CHECK-LABEL: func.func @main
// CHECK: dl.global_load mutable @w
func.func @main(%x: tensor<f32> {dlc.name = "x"}) -> (tensor<f32>, tensor<f32>) {
  %w = dl.global_load @w : tensor<f32>
  %b = dl.global_load @b : tensor<f32>
  %u = dl.global_load @unused : tensor<f32>
  %0 = dl.mul %x, %w : tensor<f32>, tensor<f32> -> tensor<f32>
  %1 = dl.add %0, %b : tensor<f32>, tensor<f32> -> tensor<f32>
  return %1, %u : tensor<f32>, tensor<f32>
}

// CHECK-LABEL: func.func @step
// CHECK-SAME: (%[[X:.*]]: tensor<f32> {dlc.name = "x"}, %[[T:.*]]: tensor<f32> {dlc.name = "target"}, %[[R:.*]]: tensor<f64> {dlc.name = "learning_rate"}) -> (tensor<f32> {dlc.name = "loss"})
// CHECK-DAG: %[[W:.*]] = dl.global_load mutable @w
// CHECK-DAG: %[[B:.*]] = dl.global_load mutable @b
// CHECK: %[[D:.*]]:3 = grad.vjp @main_loss(%[[X]], %[[T]], %[[W]], %[[B]]) cotangents(%{{.*}}) of [0] wrt [2, 3] with_primal
// CHECK: %[[BY:.*]] = dl.convert %[[R]] : tensor<f64> -> tensor<f32>
// CHECK: %[[CHANGE:.*]] = dl.mul %[[D]]#1, %[[BY]]
// CHECK: %[[NEW:.*]] = dl.sub %[[W]], %[[CHANGE]]
// CHECK: dl.global_store %[[NEW]], @w
// CHECK: return %[[D]]#0
// ADAMW-LABEL: func.func @step
// ADAMW-SAME: -> (tensor<f32> {dlc.name = "loss"}, tensor<f64> {dlc.name = "gradient_norm"})

// CHECK-LABEL: func.func private @main_loss(
// CHECK: dl.reduce mean
