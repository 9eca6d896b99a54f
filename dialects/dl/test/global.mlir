// RUN: dl-opt %s | dl-opt | FileCheck %s
// RUN: dl-opt %s --cse | FileCheck %s --check-prefix=CSE

// CHECK: dl.global private @w : tensor<2x3xf32> = #dl.external<"w.bin", 0, 24>
dl.global private @w : tensor<2x3xf32> = #dl.external<"w.bin", 0, 24>
// CHECK: dl.global mutable @step : tensor<i64> = dense<0> : tensor<i64>
dl.global mutable @step : tensor<i64> = dense<0> : tensor<i64>
// CHECK: dl.global @late {note = "given when the artefact is loaded"} : tensor<4xi8>
dl.global @late {note = "given when the artefact is loaded"} : tensor<4xi8>

// CHECK-LABEL: func @loads
// Loads of what never changes are merged; CSE-LABEL: func @loads
func.func @loads(%n: tensor<i64>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<i64>, tensor<i64>) {
  // CHECK: dl.global_load @w : tensor<2x3xf32>
  // CSE-COUNT-1: dl.global_load @w
  %0 = dl.global_load @w : tensor<2x3xf32>
  %1 = dl.global_load @w : tensor<2x3xf32>
  // CHECK: dl.global_load mutable @step : tensor<i64>
  // CHECK: dl.global_store %{{.*}}, @step : tensor<i64>
  // CSE: dl.global_load mutable @step
  // CSE: dl.global_load mutable @step
  %2 = dl.global_load mutable @step : tensor<i64>
  dl.global_store %n, @step : tensor<i64>
  %3 = dl.global_load mutable @step : tensor<i64>
  return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<i64>, tensor<i64>
}
