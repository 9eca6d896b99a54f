// Weights that no disk holds are refused before a byte of them is written.

// RUN: rm -rf %t.so && split-file %s %t
// RUN: not dl-compile %t/weights.mlir -o %t.so 2>&1 | FileCheck %s
// RUN: not ls %t.so
// CHECK: error: {{.*}}the weights take 4503599627370496 bytes, but only {{[0-9]+}} are free

// A result of equal elements isn't a weight: it is the call that finds no memory.
// RUN: dl-compile %t/result.mlir -o %t-result.so
// RUN: not dl-run %t-result.so --random-seed=1 2>&1 | FileCheck %s --check-prefix=RESULT
// RESULT: error: {{.*}}no memory: more bytes are needed than any machine has

//--- weights.mlir
dl.global private @w : tensor<1048576x1048576x1024xf32> = dense<1.0> : tensor<1048576x1048576x1024xf32>
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<1048576x1048576x1024xf32>) {
  %c = dl.global_load @w : tensor<1048576x1048576x1024xf32>
  return %x, %c : tensor<4xf32>, tensor<1048576x1048576x1024xf32>
}

//--- result.mlir
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<1048576x1048576x1024xf32>) {
  %c = dl.constant dense<1.0> : tensor<1048576x1048576x1024xf32>
  return %x, %c : tensor<4xf32>, tensor<1048576x1048576x1024xf32>
}
