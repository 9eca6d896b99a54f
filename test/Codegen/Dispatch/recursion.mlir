// RUN: not dl-opt %s -dl-simplify-graph -dl-form-dispatches 2>&1 | FileCheck %s

// CHECK: error: 'func.call' op of @down can't be compiled: a function that calls itself can't be inlined
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  %0 = func.call @down(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @down(%x: tensor<f32>) -> tensor<f32> {
  %zero = dl.constant dense<0.0> : tensor<f32>
  %p = dl.compare gt %x, %zero : tensor<f32>, tensor<f32> -> tensor<i1>
  %c = tensor.extract %p[] : tensor<i1>
  %r = scf.if %c -> tensor<f32> {
    %one = dl.constant dense<1.0> : tensor<f32>
    %y = dl.sub %x, %one : tensor<f32>, tensor<f32> -> tensor<f32>
    %z = func.call @down(%y) : (tensor<f32>) -> tensor<f32>
    scf.yield %z : tensor<f32>
  } else {
    scf.yield %x : tensor<f32>
  }
  return %r : tensor<f32>
}
