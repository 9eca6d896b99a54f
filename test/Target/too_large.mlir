// Weights that no disk holds are refused before a byte of them is written.

// RUN: not dl-compile %s -o %t.so 2>&1 | FileCheck %s
// RUN: not ls %t.so

// CHECK: error: {{.*}}the weights take 4503599627370496 bytes, but only {{[0-9]+}} are free

func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<1048576x1048576x1024xf32>) {
  %c = dl.constant dense<1.0> : tensor<1048576x1048576x1024xf32>
  return %x, %c : tensor<4xf32>, tensor<1048576x1048576x1024xf32>
}
