// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The inverse of erf; infinity at 1, NaN beyond.
// CHECK-LABEL: @f64
// CHECK: 6xf64 = [0, 0.4769362762044699, -1.1630871536766743, 3.123413274341571, inf, nan]
func.func @f64() -> tensor<6xf64> {
  %x = dl.constant dense<[0.0, 0.5, -0.9, 0.99999, 1.0, 1.5]> : tensor<6xf64>
  %y = dl.erf_inv %x : tensor<6xf64> -> tensor<6xf64>
  return %y : tensor<6xf64>
}
