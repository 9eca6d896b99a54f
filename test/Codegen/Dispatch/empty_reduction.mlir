// RUN: dl-run %s --compiled --random-seed 1 | FileCheck %s
//
// A loop bounded by the maximum of nothing: no round.
// CHECK: 0xf32 = []
func.func @main(%x: tensor<0xf32>, %y: tensor<0xf32>) -> tensor<0xf32> {
  %h = dl.reduce max %x, dims = [0] : tensor<0xf32> -> tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %r:2 = scf.while (%k = %one, %a = %y) : (tensor<f32>, tensor<0xf32>) -> (tensor<f32>, tensor<0xf32>) {
    %c = dl.compare lt %k, %h : tensor<f32>, tensor<f32> -> tensor<i1>
    %f = tensor.extract %c[] : tensor<i1>
    scf.condition(%f) %k, %a : tensor<f32>, tensor<0xf32>
  } do {
  ^bb0(%k: tensor<f32>, %a: tensor<0xf32>):
    %n = dl.add %k, %one : tensor<f32>, tensor<f32> -> tensor<f32>
    %b = dl.mul %a, %x : tensor<0xf32>, tensor<0xf32> -> tensor<0xf32>
    scf.yield %n, %b : tensor<f32>, tensor<0xf32>
  }
  return %r#1 : tensor<0xf32>
}
