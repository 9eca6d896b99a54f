// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x8xf32>, %i: tensor<2xi64>, %n: tensor<2xi64>) -> tensor<?x2xf32> {
  // CHECK: dl.dynamic_slice %arg0, %arg1 : tensor<2xi64> sizes(%arg2 : tensor<2xi64>) strides(%arg2 : tensor<2xi64>) : tensor<?x8xf32> -> tensor<?x2xf32>
  %0 = dl.dynamic_slice %x, %i : tensor<2xi64> sizes(%n : tensor<2xi64>) strides(%n : tensor<2xi64>) : tensor<?x8xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// CHECK-LABEL: @constant_positions
func.func @constant_positions(%x: tensor<9xf32>) -> tensor<?xf32> {
  // CHECK-NEXT: %[[S:.*]] = dl.slice %arg0, starts = [2] limits = [7] strides = [2] : tensor<9xf32> -> tensor<3xf32>
  // CHECK-NEXT: tensor.cast %[[S]] : tensor<3xf32> to tensor<?xf32>
  %i = dl.constant dense<2> : tensor<1xi64>
  %n = dl.constant dense<3> : tensor<1xi64>
  %0 = dl.dynamic_slice %x, %i : tensor<1xi64> sizes(%n : tensor<1xi64>) strides(%i : tensor<1xi64>) : tensor<9xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// x[7:1:-3] of nine elements: 7, 4.
// CHECK-LABEL: @negative_stride
func.func @negative_stride(%x: tensor<9xf32>) -> tensor<2xf32> {
  // CHECK-NEXT: %[[S:.*]] = dl.slice %arg0, starts = [4] limits = [8] strides = [3] : tensor<9xf32> -> tensor<2xf32>
  // CHECK-NEXT: dl.reverse %[[S]], dims = [0]
  %i = dl.constant dense<7> : tensor<1xi64>
  %m = dl.constant dense<-3> : tensor<1xi64>
  %0 = dl.dynamic_slice %x, %i : tensor<1xi64> strides(%m : tensor<1xi64>) : tensor<9xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// Reading outside is an error of the run, not of compilation.
// CHECK-LABEL: @outside
func.func @outside(%x: tensor<9xf32>) -> tensor<2xf32> {
  // CHECK: dl.dynamic_slice
  %i = dl.constant dense<8> : tensor<1xi64>
  %0 = dl.dynamic_slice %x, %i : tensor<1xi64> : tensor<9xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @too_many(%x: tensor<2xf32>, %i: tensor<1xi64>) {
  // expected-error @+1 {{takes 3 of the 2 elements of dimension 0}}
  %0 = dl.dynamic_slice %x, %i : tensor<1xi64> : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

func.func @no_sizes(%x: tensor<2xf32>, %i: tensor<1xi64>) {
  // expected-error @+1 {{needs a shape operand for its dynamic result type 'tensor<?xf32>'}}
  %0 = dl.dynamic_slice %x, %i : tensor<1xi64> : tensor<2xf32> -> tensor<?xf32>
  return
}

// -----

func.func @starts(%x: tensor<2xf32>, %i: tensor<2xi64>) { // dynamic_slice C3
  // expected-error @+1 {{start_indices needs 1 entries, has 2}}
  %0 = dl.dynamic_slice %x, %i : tensor<2xi64> : tensor<2xf32> -> tensor<1xf32>
  return
}
