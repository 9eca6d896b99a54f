// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The mean and the deviation of many numbers.
// CHECK-LABEL: @moments
// CHECK: i1 = true
// CHECK: i1 = true
func.func @moments() -> (tensor<i1>, tensor<i1>) {
  %key = dl.constant dense<[42, 7]> : tensor<2xi64>
  %mean = dl.constant dense<3.0> : tensor<f32>
  %deviation = dl.constant dense<2.0> : tensor<f32>
  %x = dl.rng_normal %key, %mean, %deviation : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<4096xf32>
  %m = dl.reduce mean %x, dims = [0] : tensor<4096xf32> -> tensor<f32>
  %q = dl.mul %x, %x : tensor<4096xf32>, tensor<4096xf32> -> tensor<4096xf32>
  %s = dl.reduce mean %q, dims = [0] : tensor<4096xf32> -> tensor<f32>
  %e1 = dl.sub %m, %mean : tensor<f32>, tensor<f32> -> tensor<f32>
  %a1 = dl.abs %e1 : tensor<f32> -> tensor<f32>
  %c13 = dl.constant dense<13.0> : tensor<f32>
  %e2 = dl.sub %s, %c13 : tensor<f32>, tensor<f32> -> tensor<f32>
  %a2 = dl.abs %e2 : tensor<f32> -> tensor<f32>
  %near = dl.constant dense<0.1> : tensor<f32>
  %far = dl.constant dense<0.8> : tensor<f32>
  %p = dl.compare lt %a1, %near : tensor<f32>, tensor<f32> -> tensor<i1>
  %r = dl.compare lt %a2, %far : tensor<f32>, tensor<f32> -> tensor<i1>
  return %p, %r : tensor<i1>, tensor<i1>
}
