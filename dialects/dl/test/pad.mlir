// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x3xf32>, %v: tensor<f32>, %l: tensor<2xi64>) -> (tensor<?x7xf32>, tensor<?x?xf32>, tensor<?x5xf32>) {
  // CHECK: dl.pad %arg0 value(%arg1 : tensor<f32>) low = [1, 0] high = [-1, 2] interior = [0, 1] : tensor<?x3xf32> -> tensor<?x7xf32>
  %0 = dl.pad %x value(%v : tensor<f32>) low = [1, 0] high = [-1, 2] interior = [0, 1] : tensor<?x3xf32> -> tensor<?x7xf32>
  // CHECK: dl.pad %arg0 value(%arg1 : tensor<f32>) dynamic_low(%arg2 : tensor<2xi64>) dynamic_high(%arg2 : tensor<2xi64>) low = [0, 0] high = [0, 0] interior = [0, 0] : tensor<?x3xf32> -> tensor<?x?xf32>
  %1 = dl.pad %x value(%v : tensor<f32>) dynamic_low(%l : tensor<2xi64>) dynamic_high(%l : tensor<2xi64>) low = [0, 0] high = [0, 0] interior = [0, 0] : tensor<?x3xf32> -> tensor<?x?xf32>
  // CHECK: dl.pad %arg0 low = [0, 1] high = [0, 1] interior = [0, 0] {mode = #dl.pad_mode<reflect>}
  %2 = dl.pad %x low = [0, 1] high = [0, 1] interior = [0, 0] {mode = #dl.pad_mode<reflect>} : tensor<?x3xf32> -> tensor<?x5xf32>
  return %0, %1, %2 : tensor<?x7xf32>, tensor<?x?xf32>, tensor<?x5xf32>
}

// CHECK-LABEL: @folds
func.func @folds(%x: tensor<?xf32>, %v: tensor<f32>) -> (tensor<?xf32>, tensor<6xi32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<[9, 1, 9, 2, 9, 9]> : tensor<6xi32>
  // CHECK: return %arg0, %[[C]]
  %0 = dl.pad %x value(%v : tensor<f32>) low = [0] high = [0] interior = [0] : tensor<?xf32> -> tensor<?xf32>
  %c = dl.constant dense<[1, 2]> : tensor<2xi32>
  %nine = dl.constant dense<9> : tensor<i32>
  %1 = dl.pad %c value(%nine : tensor<i32>) low = [1] high = [2] interior = [1] : tensor<2xi32> -> tensor<6xi32>
  return %0, %1 : tensor<?xf32>, tensor<6xi32>
}

// CHECK-LABEL: @constant_padding
func.func @constant_padding(%x: tensor<4xf32>) -> tensor<?xf32> {
  // CHECK: %[[P:.*]] = dl.pad %arg0 low = [2] high = [2] interior = [0] {mode = #dl.pad_mode<edge>} : tensor<4xf32> -> tensor<8xf32>
  // CHECK: tensor.cast %[[P]]
  %c = dl.constant dense<2> : tensor<1xi64>
  %0 = dl.pad %x dynamic_low(%c : tensor<1xi64>) dynamic_high(%c : tensor<1xi64>) low = [0] high = [0] interior = [0] {mode = #dl.pad_mode<edge>} : tensor<4xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @size(%x: tensor<4xf32>, %v: tensor<f32>) {
  // expected-error @+1 {{pads dimension 0 to 6, but the result has 5}}
  %0 = dl.pad %x value(%v : tensor<f32>) low = [1] high = [1] interior = [0] : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

func.func @no_value(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs a value in mode constant}}
  %0 = dl.pad %x low = [1] high = [1] interior = [0] : tensor<4xf32> -> tensor<6xf32>
  return
}

// -----

func.func @value(%x: tensor<4xf32>, %v: tensor<i32>) {
  // expected-error @+1 {{value and operand differ in element type}}
  %0 = dl.pad %x value(%v : tensor<i32>) low = [1] high = [1] interior = [0] : tensor<4xf32> -> tensor<6xf32>
  return
}

// -----

func.func @crop(%x: tensor<4xf32>) {
  // expected-error @+1 {{dl.pad: low has an entry -1 below 0}}
  %0 = dl.pad %x low = [-1] high = [1] interior = [0] {mode = #dl.pad_mode<wrap>} : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @one_sided(%x: tensor<4xf32>, %v: tensor<f32>, %l: tensor<1xi64>) {
  // expected-error @+1 {{needs dynamic_low and dynamic_high together}}
  %0 = dl.pad %x value(%v : tensor<f32>) dynamic_low(%l : tensor<1xi64>) low = [0] high = [0] interior = [0] : tensor<4xf32> -> tensor<?xf32>
  return
}
