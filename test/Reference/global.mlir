// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

dl.global private @weight : tensor<2xf32> = dense<[1.0, 2.0]> : tensor<2xf32>
dl.global mutable @count : tensor<i64> = dense<5> : tensor<i64>

// CHECK-LABEL: @load
// CHECK: 2xf32 = [1, 2]
func.func @load() -> tensor<2xf32> {
  %w = dl.global_load @weight : tensor<2xf32>
  return %w : tensor<2xf32>
}

// CHECK-LABEL: @store
// CHECK: i64 = 5
// CHECK: i64 = 10
func.func @store() -> (tensor<i64>, tensor<i64>) {
  %a = dl.global_load mutable @count : tensor<i64>
  %b = dl.add %a, %a : tensor<i64>, tensor<i64> -> tensor<i64>
  dl.global_store %b, @count : tensor<i64>
  %c = dl.global_load mutable @count : tensor<i64>
  return %a, %c : tensor<i64>, tensor<i64>
}
