// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Quadrants by the signs, signed zeros too.
// CHECK-LABEL: @f64
// CHECK: 6xf64 = [0.7853981633974483, 2.356194490192345, -1.5707963267948966, 0, 3.141592653589793, nan]
func.func @f64() -> tensor<6xf64> {
  %y = dl.constant dense<[1.0, 1.0, -1.0, 0.0, 0.0, 0x7FF8000000000000]> : tensor<6xf64>
  %x = dl.constant dense<[1.0, -1.0, 0.0, 1.0, -1.0, 1.0]> : tensor<6xf64>
  %z = dl.atan2 %y, %x : tensor<6xf64>, tensor<6xf64> -> tensor<6xf64>
  return %z : tensor<6xf64>
}
