// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @tall
// CHECK: 2x1xf32 = {{\[\[}}-0.6], [-0.8]]
// CHECK: 1x1xf32 = {{\[\[}}-5]]
func.func @tall() -> (tensor<2x1xf32>, tensor<1x1xf32>) {
  %a = dl.constant dense<[[3.0], [4.0]]> : tensor<2x1xf32>
  %q, %r = dl.qr %a : tensor<2x1xf32> -> tensor<2x1xf32>, tensor<1x1xf32>
  return %q, %r : tensor<2x1xf32>, tensor<1x1xf32>
}

// CHECK-LABEL: @complete
// CHECK: 2x2xf32 = {{\[\[}}-0.6, -0.8], [-0.8, 0.6]]
// CHECK: 2x1xf32 = {{\[\[}}-5], [0]]
func.func @complete() -> (tensor<2x2xf32>, tensor<2x1xf32>) {
  %a = dl.constant dense<[[3.0], [4.0]]> : tensor<2x1xf32>
  %q, %r = dl.qr %a {complete} : tensor<2x1xf32> -> tensor<2x2xf32>, tensor<2x1xf32>
  return %q, %r : tensor<2x2xf32>, tensor<2x1xf32>
}

// CHECK-LABEL: @wide
// CHECK: 2x2xf32 = {{\[\[}}-0.6, -0.8], [-0.8, 0.6]]
// CHECK: 2x3xf32 = {{\[\[}}-5, -1.4, -0.8], [0, -0.2, 0.6]]
func.func @wide() -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %a = dl.constant dense<[[3.0, 1.0, 0.0], [4.0, 1.0, 1.0]]> : tensor<2x3xf32>
  %x = tensor.cast %a : tensor<2x3xf32> to tensor<?x?xf32>
  %q, %r = dl.qr %x : tensor<?x?xf32> -> tensor<?x?xf32>, tensor<?x?xf32>
  return %q, %r : tensor<?x?xf32>, tensor<?x?xf32>
}

// CHECK-LABEL: @complete_dynamic
// CHECK: 2x2xf32 = {{\[\[}}-0.6, -0.8], [-0.8, 0.6]]
// CHECK: 2x1xf32 = {{\[\[}}-5], [0]]
func.func @complete_dynamic() -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %a = dl.constant dense<[[3.0], [4.0]]> : tensor<2x1xf32>
  %x = tensor.cast %a : tensor<2x1xf32> to tensor<?x?xf32>
  %q, %r = dl.qr %x {complete} : tensor<?x?xf32> -> tensor<?x?xf32>, tensor<?x?xf32>
  return %q, %r : tensor<?x?xf32>, tensor<?x?xf32>
}
