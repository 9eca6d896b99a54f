// RUN: dl-opt %s -split-input-file -dl-build-training-step="loss=mse optimizer=sgd" -verify-diagnostics
// RUN: dl-opt %S/Inputs/momentum.mlir -dl-build-training-step="loss=output optimizer=sgd" | FileCheck %s --check-prefix=OWN
// RUN: dl-opt %S/Inputs/momentum.mlir -dl-build-training-step="loss=output optimizer=sgd batch-norm-momentum=0.25" | FileCheck %s --check-prefix=GIVEN

// The momentum of the batch norm, or the one that is given.

// OWN-LABEL: func.func private @main_loss(
// OWN: dense<5.000000e-01>
// GIVEN-LABEL: func.func private @main_loss(
// GIVEN: dense<7.500000e-01>
// GIVEN: dense<2.500000e-01>

dl.global private @s : tensor<2xf32> = dense<1.0> : tensor<2xf32>
dl.global private @m : tensor<2xf32> = dense<0.0> : tensor<2xf32>
dl.global private @v : tensor<2xf32> = dense<1.0> : tensor<2xf32>
func.func @none(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = dl.global_load @s : tensor<2xf32>
  %m = dl.global_load @m : tensor<2xf32>
  %v = dl.global_load @v : tensor<2xf32>
  // expected-error @below {{has momentum 0 or none at all}}
  %y = dl.batch_norm %x, %s, %s, %m, %v {epsilon = 1.0e-05 : f64, feature_dimension = 1 : i64, dlc.momentum = 0.0 : f64}
      : (tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

dl.global private @s : tensor<2xf32> = dense<1.0> : tensor<2xf32>
dl.global private @m : tensor<2xf32> = dense<0.0> : tensor<2xf32>
dl.global private @v : tensor<2xf32> = dense<1.0> : tensor<2xf32>
func.func @branch(%x: tensor<4x2xf32>, %p: tensor<i1>) -> tensor<4x2xf32> {
  %c = tensor.extract %p[] : tensor<i1>
  %s = dl.global_load @s : tensor<2xf32>
  %m = dl.global_load @m : tensor<2xf32>
  %v = dl.global_load @v : tensor<2xf32>
  %y = scf.if %c -> tensor<4x2xf32> {
    // expected-error @below {{is in a branch or a loop}}
    %0 = dl.batch_norm %x, %s, %s, %m, %v {epsilon = 1.0e-05 : f64, feature_dimension = 1 : i64}
        : (tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
    scf.yield %0 : tensor<4x2xf32>
  } else {
    scf.yield %x : tensor<4x2xf32>
  }
  return %y : tensor<4x2xf32>
}
