// RUN: dl-opt %s -dl-simplify -dl-fold-constants -cse --mlir-use-nameloc-as-prefix=false | FileCheck %s

// CHECK-LABEL: @conv_batch_norm
func.func @conv_batch_norm(%x: tensor<1x2x4x4xf32>) -> tensor<1x1x4x4xf32> {
  // factor = 3 / sqrt(1 + 3) = 1.5; w·factor = 3; bias = 1 - 2·1.5 = -2
  // CHECK-DAG: %[[W:.*]] = dl.constant dense<3.000000e+00> : tensor<1x2x1x1xf32>
  // CHECK-DAG: %[[B:.*]] = dl.constant dense<-2.000000e+00> : tensor<1xf32>
  // CHECK: dl.conv %arg0, %[[W]] bias(%[[B]]
  // CHECK-NEXT: return
  %w = dl.constant dense<2.0> : tensor<1x2x1x1xf32>
  %scale = dl.constant dense<3.0> : tensor<1xf32>
  %bias = dl.constant dense<1.0> : tensor<1xf32>
  %mean = dl.constant dense<2.0> : tensor<1xf32>
  %variance = dl.constant dense<1.0> : tensor<1xf32>
  %0 = dl.conv %x, %w strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1]
    : tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32> -> tensor<1x1x4x4xf32>
  %1 = dl.batch_norm %0, %scale, %bias, %mean, %variance {epsilon = 3.0 : f64}
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}

// CHECK-LABEL: @conv_bias_and_pad
func.func @conv_bias_and_pad(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<3xf32>) -> tensor<1x3x4x4xf32> {
  // CHECK-NEXT: dl.conv %arg0, %arg1 bias(%arg2 {{.*}} padding = [1, 1], [1, 1]
  // CHECK-NEXT: return
  %zero = dl.constant dense<0.0> : tensor<f32>
  %p = dl.pad %x value(%zero : tensor<f32>) low = [0, 0, 1, 1] high = [0, 0, 1, 1] interior = [0, 0, 0, 0]
    : tensor<1x2x4x4xf32> -> tensor<1x2x6x6xf32>
  %0 = dl.conv %p, %w strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1]
    : tensor<1x2x6x6xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x4x4xf32>
  %s = dl.broadcast_in_dim %b, dims = [1] : tensor<3xf32> -> tensor<1x3x4x4xf32>
  %1 = dl.add %0, %s : tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32> -> tensor<1x3x4x4xf32>
  return %1 : tensor<1x3x4x4xf32>
}

// CHECK-LABEL: @gelu_erf
func.func @gelu_erf(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: dl.gelu %arg0 : tensor<4xf32>
  // CHECK-NEXT: return
  %half = dl.constant dense<0.5> : tensor<4xf32>
  %one = dl.constant dense<1.0> : tensor<4xf32>
  %root = dl.constant dense<1.41421354> : tensor<4xf32>
  %0 = dl.div %x, %root : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %1 = dl.erf %0 : tensor<4xf32> -> tensor<4xf32>
  %2 = dl.add %1, %one : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = dl.mul %x, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = dl.mul %3, %half : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// CHECK-LABEL: @gelu_tanh
func.func @gelu_tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: dl.gelu %arg0 {tanh} : tensor<4xf32>
  // CHECK-NEXT: return
  %half = dl.constant dense<0.5> : tensor<4xf32>
  %one = dl.constant dense<1.0> : tensor<4xf32>
  %three = dl.constant dense<3.0> : tensor<4xf32>
  %c = dl.constant dense<0.044715> : tensor<4xf32>
  %k = dl.constant dense<0.797884583> : tensor<4xf32>
  %0 = dl.pow %x, %three : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %1 = dl.mul %c, %0 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %2 = dl.add %x, %1 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = dl.mul %k, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = dl.tanh %3 : tensor<4xf32> -> tensor<4xf32>
  %5 = dl.add %one, %4 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %6 = dl.mul %half, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %7 = dl.mul %6, %5 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// CHECK-LABEL: @layer_norm
func.func @layer_norm(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  // CHECK-NEXT: dl.layer_norm %arg0 scale(%arg1 : tensor<8xf32>) bias(%arg2 : tensor<8xf32>) axis = 1 {epsilon = 5.000000e-01 : f64}
  // CHECK-NEXT: return
  %eps = dl.constant dense<0.5> : tensor<2x1xf32>
  %m = dl.reduce mean %x, dims = [1] keep_dims : tensor<2x8xf32> -> tensor<2x1xf32>
  %mb = dl.broadcast_in_dim %m, dims = [0, 1] : tensor<2x1xf32> -> tensor<2x8xf32>
  %c = dl.sub %x, %mb : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %q = dl.mul %c, %c : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %v = dl.reduce mean %q, dims = [1] keep_dims : tensor<2x8xf32> -> tensor<2x1xf32>
  %ve = dl.add %v, %eps : tensor<2x1xf32>, tensor<2x1xf32> -> tensor<2x1xf32>
  %d = dl.sqrt %ve : tensor<2x1xf32> -> tensor<2x1xf32>
  %db = dl.broadcast_in_dim %d, dims = [0, 1] : tensor<2x1xf32> -> tensor<2x8xf32>
  %n = dl.div %c, %db : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %sb = dl.broadcast_in_dim %s, dims = [1] : tensor<8xf32> -> tensor<2x8xf32>
  %ns = dl.mul %n, %sb : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %bb = dl.broadcast_in_dim %b, dims = [1] : tensor<8xf32> -> tensor<2x8xf32>
  %y = dl.add %ns, %bb : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// CHECK-LABEL: @softmax
func.func @softmax(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // CHECK-NEXT: dl.softmax %arg0, dim = 1
  // CHECK-NEXT: return
  %m = dl.reduce max %x, dims = [1] keep_dims : tensor<2x8xf32> -> tensor<2x1xf32>
  %mb = dl.broadcast_in_dim %m, dims = [0, 1] : tensor<2x1xf32> -> tensor<2x8xf32>
  %c = dl.sub %x, %mb : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %e = dl.exp %c : tensor<2x8xf32> -> tensor<2x8xf32>
  %s = dl.reduce sum %e, dims = [1] keep_dims : tensor<2x8xf32> -> tensor<2x1xf32>
  %sb = dl.broadcast_in_dim %s, dims = [0, 1] : tensor<2x1xf32> -> tensor<2x8xf32>
  %y = dl.div %e, %sb : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// The weights of an attention stay in f32.
// CHECK-LABEL: @weights
func.func @weights(%s: tensor<4x6xf16>, %v: tensor<6x8xf16>) -> tensor<4x8xf16> {
  // CHECK-NEXT: %[[S:.*]] = dl.convert %arg0 : tensor<4x6xf16> -> tensor<4x6xf32>
  // CHECK-NEXT: %[[W:.*]] = dl.softmax %[[S]], dim = 1
  // CHECK-NEXT: %[[V:.*]] = dl.convert %arg1 : tensor<6x8xf16> -> tensor<6x8xf32>
  // CHECK-NEXT: %[[Y:.*]] = dl.dot_general %[[W]], %[[V]],
  // CHECK: dl.convert %[[Y]] : tensor<4x8xf32> -> tensor<4x8xf16>
  %w = dl.softmax %s, dim = 1 : tensor<4x6xf16> -> tensor<4x6xf16>
  %y = dl.dot_general %w, %v, batching = [] x [] contracting = [1] x [0] : tensor<4x6xf16>, tensor<6x8xf16> -> tensor<4x8xf16>
  return %y : tensor<4x8xf16>
}

// A product that is transposed is the product the other way round.
// CHECK-LABEL: @transposed_product
func.func @transposed_product(%x: tensor<2x4x3xf32>, %y: tensor<2x4x5xf32>) -> tensor<2x5x3xf32> {
  // CHECK-NEXT: %[[P:.*]] = dl.dot_general %arg1, %arg0, batching = [0] x [0] contracting = [1] x [1]
  // CHECK-NEXT: return %[[P]]
  %p = dl.dot_general %x, %y, batching = [0] x [0] contracting = [1] x [1] : tensor<2x4x3xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
  %t = dl.transpose %p, permutation = [0, 2, 1] : tensor<2x3x5xf32> -> tensor<2x5x3xf32>
  return %t : tensor<2x5x3xf32>
}

// Two transposes meet below the elementwise ops and cancel.
// CHECK-LABEL: @transposes_cancel
func.func @transposes_cancel(%x: tensor<2x3x4xf32>, %b: tensor<3xf32>) -> tensor<2x3x4xf32> {
  // CHECK-NEXT: %[[B:.*]] = dl.broadcast_in_dim %arg1, dims = [1] : tensor<3xf32> -> tensor<2x3x4xf32>
  // CHECK-NEXT: %[[S:.*]] = dl.add %arg0, %[[B]]
  // CHECK-NEXT: %[[R:.*]] = dl.relu %[[S]]
  // CHECK-NEXT: return %[[R]]
  %t = dl.transpose %x, permutation = [0, 2, 1] : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %s = dl.broadcast_in_dim %b, dims = [2] : tensor<3xf32> -> tensor<2x4x3xf32>
  %a = dl.add %t, %s : tensor<2x4x3xf32>, tensor<2x4x3xf32> -> tensor<2x4x3xf32>
  %r = dl.relu %a : tensor<2x4x3xf32> -> tensor<2x4x3xf32>
  %u = dl.transpose %r, permutation = [0, 2, 1] : tensor<2x4x3xf32> -> tensor<2x3x4xf32>
  return %u : tensor<2x3x4xf32>
}
