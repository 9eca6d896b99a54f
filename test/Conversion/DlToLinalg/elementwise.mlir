// RUN: dl-opt %s -convert-dl-to-linalg | FileCheck %s

// Narrow floats are computed in f32, and rounded after each op.
// CHECK-LABEL: @narrow
// CHECK: linalg.generic
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: math.exp
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @narrow(%x: tensor<?x8xbf16>) -> tensor<?x8xbf16> {
  %0 = dl.exp %x : tensor<?x8xbf16> -> tensor<?x8xbf16>
  return %0 : tensor<?x8xbf16>
}

// A boolean is a byte, an unsigned integer is signless.
// CHECK-LABEL: @compare(
// CHECK-SAME: tensor<4xi8>, %{{.*}}: tensor<4xi8>) -> tensor<4xi8>
// CHECK: arith.cmpi ult
// CHECK: arith.extui %{{.*}} : i1 to i8
func.func @compare(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xi1> {
  %0 = dl.compare lt %x, %y : tensor<4xui8>, tensor<4xui8> -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// Division never traps: divisors 0 and -1 are replaced before it.
// CHECK-LABEL: @div
// CHECK: %[[SAFE:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK: arith.divsi %{{.*}}, %[[SAFE]]
func.func @div(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %0 = dl.div %x, %y : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// A function that the math dialect lacks is a call of the vector math library.
// CHECK-LABEL: @gelu
// CHECK: call @dlc_math_gelu_f32
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.gelu %x : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
