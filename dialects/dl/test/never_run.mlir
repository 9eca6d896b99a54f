// RUN: dl-opt %s --canonicalize --mlir-use-nameloc-as-prefix=false | FileCheck %s

// What is wrong for the sizes of an operand is an error of the run, if it gets
// there: no fold may make an invalid op of it.

// CHECK-LABEL: @reshapes
func.func @reshapes(%x: tensor<6xf32>, %n: tensor<1xi64>) -> (tensor<5xf32>, tensor<?x?xf32>) {
  // CHECK-DAG: dl.reshape %{{.*}} : tensor<?xf32> -> tensor<5xf32>
  // CHECK-DAG: dl.reshape %arg0 shape(%{{.*}} : tensor<2xi64>) : tensor<6xf32> -> tensor<?x?xf32>
  %0 = dl.reshape %x shape(%n : tensor<1xi64>) : tensor<6xf32> -> tensor<?xf32>
  %1 = dl.exp %0 : tensor<?xf32> -> tensor<?xf32>
  %2 = dl.reshape %1 : tensor<?xf32> -> tensor<5xf32>
  %s = dl.constant dense<[2, 2]> : tensor<2xi64>
  %3 = dl.reshape %x shape(%s : tensor<2xi64>) : tensor<6xf32> -> tensor<?x?xf32>
  return %2, %3 : tensor<5xf32>, tensor<?x?xf32>
}

// CHECK-LABEL: @broadcasts
func.func @broadcasts(%x: tensor<3xf32>, %n: tensor<1xi64>) -> (tensor<2x5xf32>, tensor<?xf32>) {
  // CHECK-DAG: dl.broadcast_in_dim %{{.*}}, dims = [1] : tensor<?xf32> -> tensor<2x5xf32>
  // CHECK-DAG: dl.broadcast_in_dim %arg0, dims = [0] shape(%{{.*}} : tensor<1xi64>) : tensor<3xf32> -> tensor<?xf32>
  %0 = dl.broadcast_in_dim %x, dims = [0] shape(%n : tensor<1xi64>) : tensor<3xf32> -> tensor<?xf32>
  %1 = dl.broadcast_in_dim %0, dims = [1] : tensor<?xf32> -> tensor<2x5xf32>
  %s = dl.constant dense<4> : tensor<1xi64>
  %2 = dl.broadcast_in_dim %x, dims = [0] shape(%s : tensor<1xi64>) : tensor<3xf32> -> tensor<?xf32>
  return %1, %2 : tensor<2x5xf32>, tensor<?xf32>
}

// CHECK-LABEL: @slices
func.func @slices(%a: tensor<2x3xf32>, %b: tensor<2x?xf32>) -> tensor<1x4xf32> {
  // CHECK: %[[C:.*]] = dl.concat
  // CHECK: dl.slice %[[C]]
  %0 = dl.concat %a, %b dim = 0 : (tensor<2x3xf32>, tensor<2x?xf32>) -> tensor<4x?xf32>
  %1 = dl.slice %0, starts = [1, 0] limits = [2, 4] strides = [1, 1] : tensor<4x?xf32> -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

// CHECK-LABEL: @transposes
func.func @transposes(%x: tensor<2x3xf32>) -> tensor<5x?xf32> {
  // CHECK-COUNT-2: dl.transpose
  %0 = dl.transpose %x, permutation = [1, 0] : tensor<2x3xf32> -> tensor<?x?xf32>
  %1 = dl.transpose %0, permutation = [1, 0] : tensor<?x?xf32> -> tensor<5x?xf32>
  return %1 : tensor<5x?xf32>
}
