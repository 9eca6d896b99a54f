// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @dynamic
// CHECK: i64 = 3
func.func @dynamic() -> tensor<i64> {
  %x = dl.constant dense<0.0> : tensor<2x3xf32>
  %c = tensor.cast %x : tensor<2x3xf32> to tensor<?x?xf32>
  %d = dl.dim_size %c {dimension = 1 : i64} : tensor<?x?xf32> -> tensor<i64>
  return %d : tensor<i64>
}
