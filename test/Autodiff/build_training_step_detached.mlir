// RUN: split-file %s %t
// RUN: dl-opt %t/part.mlir -dl-build-training-step="loss=mse optimizer=adamw,weight_decay=0.5" | FileCheck %s
// RUN: not dl-opt %t/all.mlir -dl-build-training-step="loss=mse optimizer=sgd" 2>&1 | FileCheck %s --check-prefix=NONE

// Weights that reach the loss by detached values or comparisons alone have no gradient, and
// don't decay; one of which the gradient is zero does.
// CHECK-LABEL: func.func @step
// CHECK: grad.vjp @main_loss
// CHECK-NOT: dl.global_store {{.*}}, @detached
// CHECK-NOT: dl.global_store {{.*}}, @compared
// CHECK: dl.global_store {{.*}}, @counted
// CHECK: dl.global_store {{.*}}, @trained
// CHECK-NOT: dl.global_store {{.*}}, @detached
// CHECK-NOT: dl.global_store {{.*}}, @compared

// NONE: the loss depends on no weight of floats in a way that has a derivative: nothing can be trained

//--- part.mlir
dl.global private @detached : tensor<2xf32> = dense<0.5> : tensor<2xf32>
dl.global private @compared : tensor<2xf32> = dense<0.5> : tensor<2xf32>
dl.global private @counted : tensor<2xf32> = dense<0.5> : tensor<2xf32>
dl.global private @trained : tensor<2xf32> = dense<0.5> : tensor<2xf32>
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %d = dl.global_load @detached : tensor<2xf32>
  %c = dl.global_load @compared : tensor<2xf32>
  %n = dl.global_load @counted : tensor<2xf32>
  %t = dl.global_load @trained : tensor<2xf32>
  %constant = grad.stop %d : tensor<2xf32>
  %floor = dl.floor %n : tensor<2xf32> -> tensor<2xf32>
  %less = dl.compare lt %c, %x : tensor<2xf32>, tensor<2xf32> -> tensor<2xi1>
  %0 = dl.mul %x, %t : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %1 = dl.add %0, %floor : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %2 = dl.select %less, %1, %constant : tensor<2xi1>, tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %2 : tensor<2xf32>
}
//--- all.mlir
dl.global private @w : tensor<2xf32> = dense<0.5> : tensor<2xf32>
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %w = dl.global_load @w : tensor<2xf32>
  %y = dl.mul %x, %w : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %s = grad.stop %y : tensor<2xf32>
  return %s : tensor<2xf32>
}
