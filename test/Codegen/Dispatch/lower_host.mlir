// RUN: dl-opt %s -dl-form-dispatches -dl-lower-host -canonicalize -cse | FileCheck %s

// The shape follows from a size: scalars, and a tensor only where a kernel reads it.
// CHECK-LABEL: func.func @shape
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[N:.*]] = tensor.dim %{{.*}}, %{{.*}} : tensor<?x8xf32>
// CHECK-NOT: dl.
// CHECK: %[[TWICE:.*]] = arith.muli
// CHECK: %[[SIZE:.*]] = arith.index_cast %[[TWICE]] : i64 to index
// CHECK: dispatch.view %{{.*}} sizes(%[[SIZE]]) : tensor<?x8xf32> -> tensor<?x4xf32>
func.func @shape(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %n = dl.dim_size %x {dimension = 0 : i64} : tensor<?x8xf32> -> tensor<i64>
  %two = dl.constant dense<2> : tensor<i64>
  %m = dl.mul %n, %two : tensor<i64>, tensor<i64> -> tensor<i64>
  %m1 = dl.reshape %m : tensor<i64> -> tensor<1xi64>
  %four = dl.constant dense<4> : tensor<1xi64>
  %s = dl.concat %m1, %four dim = 0 : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = dl.reshape %x shape(%s : tensor<2xi64>) : tensor<?x8xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A shape that is data is read.
// CHECK-LABEL: func.func @data
// CHECK: tensor.extract %{{.*}}[%{{.*}}] : tensor<1xi64>
// CHECK: dispatch.fail_if
func.func @data(%x: tensor<?xf32>, %s: tensor<1xi64>) -> tensor<?xf32> {
  %y = dl.reshape %x shape(%s : tensor<1xi64>) : tensor<?xf32> -> tensor<?xf32>
  return %y : tensor<?xf32>
}
