// RUN: dl-opt %s | dl-opt | FileCheck %s

// CHECK-LABEL: @constants
func.func @constants() {
  // CHECK: dl.constant dense<[1, 2]> : tensor<2xi64>
  %0 = dl.constant dense<[1, 2]> : tensor<2xi64>
  // CHECK: dl.constant dense<1.000000e+00> : tensor<1000x1000xf32>
  %1 = dl.constant dense<1.0> : tensor<1000x1000xf32>
  // CHECK: dl.constant dense_resource<weights> : tensor<2xf32>
  %2 = dl.constant dense_resource<weights> : tensor<2xf32>
  // CHECK: dl.constant dense<[1.000000e+00, 5.000000e-01]> : tensor<2xf8E4M3FN>
  %3 = dl.constant dense<[1.0, 0.5]> : tensor<2xf8E4M3FN>
  return
}

{-#
  dialect_resources: { builtin: { weights: "0x040000000000803F00000040" } }
#-}
