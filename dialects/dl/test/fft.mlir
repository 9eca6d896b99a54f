// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x8xf32>, %y: tensor<?x8x2xf32>, %z: tensor<?x5x2xf32>) -> (tensor<?x5x2xf32>, tensor<?x8x2xf32>, tensor<?x8xf32>) {
  // CHECK: dl.fft %arg0 {dimension = 1 : i64, kind = #dl.fft_kind<rfft>} : tensor<?x8xf32> -> tensor<?x5x2xf32>
  %0 = dl.fft %x {dimension = 1 : i64, kind = #dl.fft_kind<rfft>} : tensor<?x8xf32> -> tensor<?x5x2xf32>
  // CHECK: dl.fft %arg1 {dimension = 1 : i64, kind = #dl.fft_kind<ifft>}
  %1 = dl.fft %y {dimension = 1 : i64, kind = #dl.fft_kind<ifft>} : tensor<?x8x2xf32> -> tensor<?x8x2xf32>
  // CHECK: dl.fft %arg2 {dimension = 1 : i64, kind = #dl.fft_kind<irfft>, length = 8 : i64}
  %2 = dl.fft %z {dimension = 1 : i64, kind = #dl.fft_kind<irfft>, length = 8 : i64} : tensor<?x5x2xf32> -> tensor<?x8xf32>
  return %0, %1, %2 : tensor<?x5x2xf32>, tensor<?x8x2xf32>, tensor<?x8xf32>
}

// -----

func.func @complex(%x: tensor<8x3xf32>) {
  // expected-error @+1 {{has no last dimension of size 2}}
  %0 = dl.fft %x {dimension = 0 : i64, kind = #dl.fft_kind<fft>} : tensor<8x3xf32> -> tensor<8x3xf32>
  return
}

// -----

func.func @length(%x: tensor<8xf32>) {
  // expected-error @+1 {{`length` belongs to irfft, and is required there}}
  %0 = dl.fft %x {dimension = 0 : i64, kind = #dl.fft_kind<rfft>, length = 8 : i64} : tensor<8xf32> -> tensor<5x2xf32>
  return
}

// -----

func.func @terms(%x: tensor<4x2xf32>) {
  // expected-error @+1 {{8 real values have 5 terms, but the input has 4}}
  %0 = dl.fft %x {dimension = 0 : i64, kind = #dl.fft_kind<irfft>, length = 8 : i64} : tensor<4x2xf32> -> tensor<8xf32>
  return
}
