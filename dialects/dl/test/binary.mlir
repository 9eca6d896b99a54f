// RUN: dl-opt %s --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @numbers
func.func @numbers(%x: tensor<?x3xf32>, %y: tensor<2x?xf32>) {
  // CHECK-NEXT: dl.add %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %add = dl.add %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.sub %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %sub = dl.sub %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.mul %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %mul = dl.mul %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.div %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %div = dl.div %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.rem %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %rem = dl.rem %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.pow %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %pow = dl.pow %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.max %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %max = dl.max %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.min %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %min = dl.min %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: dl.atan2 %arg0, %arg1 : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  %atan2 = dl.atan2 %x, %y : tensor<?x3xf32>, tensor<2x?xf32> -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @integers
func.func @integers(%x: tensor<3xui8>, %y: tensor<3xui8>) {
  // CHECK-NEXT: dl.and %arg0, %arg1 : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  %and = dl.and %x, %y : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  // CHECK-NEXT: dl.or %arg0, %arg1 : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  %or = dl.or %x, %y : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  // CHECK-NEXT: dl.xor %arg0, %arg1 : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  %xor = dl.xor %x, %y : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  // CHECK-NEXT: dl.shift_left %arg0, %arg1 : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  %shift_left = dl.shift_left %x, %y : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  // CHECK-NEXT: dl.shift_right %arg0, %arg1 : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  %shift_right = dl.shift_right %x, %y : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  return
}

// -----

func.func @shape(%x: tensor<2xf32>, %y: tensor<3xf32>) { // add C1
  // expected-error @+1 {{all non-scalar operands/results must have the same shape and base type}}
  %0 = dl.add %x, %y : tensor<2xf32>, tensor<3xf32> -> tensor<2xf32>
  return
}

// -----

func.func @element_type(%x: tensor<2xf32>, %y: tensor<2xf64>) { // add C2
  // expected-error @+1 {{requires the same element type for all operands and results}}
  %0 = dl.add %x, %y : tensor<2xf32>, tensor<2xf64> -> tensor<2xf32>
  return
}

// -----

func.func @shift(%x: tensor<2xi1>) {
  // expected-error @+1 {{operand #0 must be tensor of integer or index values, but got 'tensor<2xi1>'}}
  %0 = dl.shift_left %x, %x : tensor<2xi1>, tensor<2xi1> -> tensor<2xi1>
  return
}
