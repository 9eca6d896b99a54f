// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @round_trip
// CHECK: 4x2xf32 = {{\[\[}}10, 0], [-2, 2], [-2, 0], [-2, -2]]
func.func @round_trip() -> tensor<4x2xf32> {
  %x = dl.constant dense<[[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 0.0]]> : tensor<4x2xf32>
  %y = dl.fft %x {kind = #dl.fft_kind<fft>, dimension = 0 : i64} : tensor<4x2xf32> -> tensor<4x2xf32>
  %q = dl.convert %y : tensor<4x2xf32> -> tensor<4x2xf32>
  %r = dl.round %q : tensor<4x2xf32> -> tensor<4x2xf32>
  %zero = dl.constant dense<0.0> : tensor<4x2xf32>
  %s = dl.add %r, %zero : tensor<4x2xf32>, tensor<4x2xf32> -> tensor<4x2xf32>
  return %s : tensor<4x2xf32>
}

// `irfft` undoes `rfft`.
// CHECK-LABEL: @real
// CHECK: 3xf32 = [1, 5, 2]
func.func @real() -> tensor<3xf32> {
  %x = dl.constant dense<[1.0, 5.0, 2.0]> : tensor<3xf32>
  %y = dl.fft %x {kind = #dl.fft_kind<rfft>, dimension = 0 : i64} : tensor<3xf32> -> tensor<2x2xf32>
  %z = dl.fft %y {kind = #dl.fft_kind<irfft>, dimension = 0 : i64, length = 3 : i64} : tensor<2x2xf32> -> tensor<3xf32>
  return %z : tensor<3xf32>
}
