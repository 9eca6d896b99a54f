// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x6x4xf32>, %c: tensor<6xf32>, %s: tensor<4xf32>) -> tensor<?x6x4xf32> {
  // CHECK: dl.softmax %arg0, dim = 2 : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  %0 = dl.softmax %x, dim = 2 : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  // CHECK: dl.log_softmax %{{.*}}, dim = 1
  %1 = dl.log_softmax %0, dim = 1 : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  // CHECK: dl.batch_norm %{{.*}}, %arg1, %arg1, %arg1, %arg1 {epsilon = {{.*}} : f64} : (tensor<?x6x4xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x4xf32>
  %2 = dl.batch_norm %1, %c, %c, %c, %c {epsilon = 1.0e-5 : f64} : (tensor<?x6x4xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x4xf32>
  // CHECK: dl.layer_norm %{{.*}} scale(%arg2 : tensor<4xf32>) bias(%arg2 : tensor<4xf32>) axis = 2
  %3 = dl.layer_norm %2 scale(%s : tensor<4xf32>) bias(%s : tensor<4xf32>) axis = 2 {epsilon = 1.0e-5 : f64} : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  // CHECK: dl.group_norm %{{.*}} scale(%arg1 : tensor<6xf32>) groups = 3
  %4 = dl.group_norm %3 scale(%c : tensor<6xf32>) groups = 3 {epsilon = 1.0e-5 : f64} : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  // CHECK: dl.rms_norm %{{.*}} scale(%arg2 : tensor<4xf32>) axis = 1
  %5 = dl.rms_norm %4 scale(%s : tensor<4xf32>) axis = 1 {epsilon = 1.0e-5 : f64} : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  return %5 : tensor<?x6x4xf32>
}

// -----

func.func @softmax(%x: tensor<2xf32>) {
  // expected-error @+2 {{dimension 1 is out of range for the input 'tensor<2xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.softmax %x, dim = 1 : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @batch_norm(%x: tensor<2x3xf32>, %c: tensor<2xf32>) {
  // expected-error @+2 {{scale 'tensor<2xf32>' should hold one element per feature of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.batch_norm %x, %c, %c, %c, %c {epsilon = 1.0e-5 : f64} : (tensor<2x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @layer_norm(%x: tensor<2x3xf32>, %s: tensor<2xf32>) {
  // expected-error @+2 {{scale 'tensor<2xf32>' does not broadcast to the normalised dimensions of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.layer_norm %x scale(%s : tensor<2xf32>) axis = 1 {epsilon = 1.0e-5 : f64} : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @group_norm(%x: tensor<2x5xf32>) {
  // expected-error @+2 {{5 channels cannot be split into 2 groups}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.group_norm %x groups = 2 {epsilon = 1.0e-5 : f64} : tensor<2x5xf32> -> tensor<2x5xf32>
  return
}

// -----

func.func @log_softmax(%x: tensor<2xf32>) {
  // expected-error @+2 {{dimension 1 is out of range for the input 'tensor<2xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.log_softmax %x, dim = 1 : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @rms_norm(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{axis 2 is out of range for the input 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.rms_norm %x axis = 2 {epsilon = 0.0 : f64} : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}
