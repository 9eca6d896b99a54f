// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @floats
// CHECK: = [6, nan]
// CHECK: = [6, nan]
// CHECK: = [3, nan]
// CHECK: = [1, nan]
// CHECK: = [2, nan]
func.func @floats() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %x = dl.constant dense<[[1.0, 2.0, 3.0], [1.0, 0x7FC00000, 0.0]]> : tensor<2x3xf32>
  %sum = dl.reduce sum %x, dims = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %prod = dl.reduce prod %x, dims = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %max = dl.reduce max %x, dims = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %min = dl.reduce min %x, dims = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %mean = dl.reduce mean %x, dims = [1] : tensor<2x3xf32> -> tensor<2xf32>
  return %sum, %prod, %max, %min, %mean : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// The neutral elements.
// CHECK-LABEL: @empty
// CHECK: = 0
// CHECK: = 1
// CHECK: = -inf
// CHECK: = inf
// CHECK: = nan
// CHECK: i8 = -128
// CHECK: i8 = -1
func.func @empty() -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<i8>, tensor<i8>) {
  %x = dl.constant dense<> : tensor<0xf32>
  %sum = dl.reduce sum %x, dims = [0] : tensor<0xf32> -> tensor<f32>
  %prod = dl.reduce prod %x, dims = [0] : tensor<0xf32> -> tensor<f32>
  %max = dl.reduce max %x, dims = [0] : tensor<0xf32> -> tensor<f32>
  %min = dl.reduce min %x, dims = [0] : tensor<0xf32> -> tensor<f32>
  %mean = dl.reduce mean %x, dims = [0] : tensor<0xf32> -> tensor<f32>
  %y = dl.constant dense<> : tensor<0xi8>
  %imax = dl.reduce max %y, dims = [0] : tensor<0xi8> -> tensor<i8>
  %iand = dl.reduce and %y, dims = [0] : tensor<0xi8> -> tensor<i8>
  return %sum, %prod, %max, %min, %mean, %imax, %iand : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<i8>, tensor<i8>
}

// Sums wrap.
// CHECK-LABEL: @integers
// CHECK: 1x1xi8 = {{\[\[}}-56]]
// CHECK: i8 = 1
// CHECK: i8 = 7
// CHECK: i8 = 4
func.func @integers() -> (tensor<1x1xi8>, tensor<i8>, tensor<i8>, tensor<i8>) {
  %x = dl.constant dense<[[100, 100]]> : tensor<1x2xi8>
  %s = dl.reduce sum %x, dims = [0, 1] keep_dims : tensor<1x2xi8> -> tensor<1x1xi8>
  %y = dl.constant dense<[5, 3, 2]> : tensor<3xi8>
  %z = dl.constant dense<[5, 3]> : tensor<2xi8>
  %a = dl.reduce and %z, dims = [0] : tensor<2xi8> -> tensor<i8>
  %o = dl.reduce or %z, dims = [0] : tensor<2xi8> -> tensor<i8>
  %e = dl.reduce xor %y, dims = [0] : tensor<3xi8> -> tensor<i8>
  return %s, %a, %o, %e : tensor<1x1xi8>, tensor<i8>, tensor<i8>, tensor<i8>
}

// CHECK-LABEL: @booleans
// CHECK: i1 = false
// CHECK: i1 = true
func.func @booleans() -> (tensor<i1>, tensor<i1>) {
  %x = dl.constant dense<[true, false]> : tensor<2xi1>
  %a = dl.reduce and %x, dims = [0] : tensor<2xi1> -> tensor<i1>
  %o = dl.reduce or %x, dims = [0] : tensor<2xi1> -> tensor<i1>
  return %a, %o : tensor<i1>, tensor<i1>
}

// f16 accumulates wider: no overflow on the way.
// CHECK-LABEL: @narrow
// CHECK: f16 = 65504
func.func @narrow() -> tensor<f16> {
  %x = dl.constant dense<[65504.0, 65504.0, -65504.0]> : tensor<3xf16>
  %s = dl.reduce sum %x, dims = [0] : tensor<3xf16> -> tensor<f16>
  return %s : tensor<f16>
}
