// RUN: dl-opt %s -dl-share-residuals | FileCheck %s

func.func private @work(%x: tensor<64x512xf32>) -> tensor<64x512xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<64x512xf32> -> tensor<64x512xf32>
  return %0 : tensor<64x512xf32>
}
func.func private @work_open(%x: tensor<?x512xf32>) -> tensor<?x512xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<?x512xf32> -> tensor<?x512xf32>
  return %0 : tensor<?x512xf32>
}
func.func private @combine(%x: tensor<64x512xf32>, %y: tensor<64x512xf32>) -> tensor<64x512xf32> attributes {dlc.kernel} {
  %0 = dl.add %x, %y : tensor<64x512xf32>, tensor<64x512xf32> -> tensor<64x512xf32>
  return %0 : tensor<64x512xf32>
}
dl.global private mutable @bias : tensor<64x512xf32> = dense<1.0> : tensor<64x512xf32>

// An activation and its derivative, which only the product's result is needed for. The
// activation is used early as well.
func.func private @dot(%x: tensor<64x512xf32>, %w: tensor<512x512xf32>) -> (tensor<64x512xf32>, tensor<64x512xf32>) attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<64x512xf32>, tensor<512x512xf32> -> tensor<64x512xf32>
  %1 = dl.tanh %0 : tensor<64x512xf32> -> tensor<64x512xf32>
  %2 = dl.cos %0 : tensor<64x512xf32> -> tensor<64x512xf32>
  return %1, %2 : tensor<64x512xf32>, tensor<64x512xf32>
}
// CHECK-LABEL: func.func @activation
// CHECK: %[[Y:.*]]:2 = dispatch.launch @dot_{{[0-9]}}(
// CHECK: dispatch.launch @work(%[[Y]]#0)
// CHECK: %[[TANH:.*]] = dispatch.launch @dot_{{[0-9]}}(%[[Y]]#1)
// CHECK-NEXT: %[[VIEW:.*]] = dispatch.view %[[TANH]]
// CHECK-NEXT: dispatch.launch @reshaped(%[[VIEW]])
// CHECK: %[[COS:.*]] = dispatch.launch @dot_{{[0-9]}}(%[[Y]]#1)
// CHECK-NEXT: dispatch.launch @combine(%{{.*}}, %[[COS]])
func.func private @reshaped(%x: tensor<512x64xf32>) -> tensor<64x512xf32> attributes {dlc.kernel} {
  %0 = dl.transpose %x, permutation = [1, 0] : tensor<512x64xf32> -> tensor<64x512xf32>
  return %0 : tensor<64x512xf32>
}
func.func @activation(%x: tensor<64x512xf32>, %w: tensor<512x512xf32>) -> tensor<64x512xf32> {
  %y:2 = dispatch.launch @dot(%x, %w) : (tensor<64x512xf32>, tensor<512x512xf32>) -> (tensor<64x512xf32>, tensor<64x512xf32>)
  %view = dispatch.view %y#0 : tensor<64x512xf32> -> tensor<512x64xf32>
  %w0 = dispatch.launch @work(%y#0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w1 = dispatch.launch @work(%w0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w2 = dispatch.launch @work(%w1) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w3 = dispatch.launch @work(%w2) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w4 = dispatch.launch @work(%w3) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w5 = dispatch.launch @work(%w4) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w6 = dispatch.launch @work(%w5) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w7 = dispatch.launch @work(%w6) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w8 = dispatch.launch @work(%w7) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w9 = dispatch.launch @work(%w8) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w10 = dispatch.launch @work(%w9) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w11 = dispatch.launch @work(%w10) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w12 = dispatch.launch @work(%w11) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w13 = dispatch.launch @work(%w12) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w14 = dispatch.launch @work(%w13) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w15 = dispatch.launch @work(%w14) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w16 = dispatch.launch @work(%w15) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w17 = dispatch.launch @work(%w16) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w18 = dispatch.launch @work(%w17) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w19 = dispatch.launch @work(%w18) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w20 = dispatch.launch @work(%w19) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w21 = dispatch.launch @work(%w20) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w22 = dispatch.launch @work(%w21) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w23 = dispatch.launch @work(%w22) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w24 = dispatch.launch @work(%w23) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w25 = dispatch.launch @work(%w24) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w26 = dispatch.launch @work(%w25) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w27 = dispatch.launch @work(%w26) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w28 = dispatch.launch @work(%w27) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w29 = dispatch.launch @work(%w28) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w30 = dispatch.launch @work(%w29) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w31 = dispatch.launch @work(%w30) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w32 = dispatch.launch @work(%w31) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %late = dispatch.launch @reshaped(%view) : (tensor<512x64xf32>) -> tensor<64x512xf32>
  %a = dispatch.launch @combine(%w32, %late) : (tensor<64x512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>
  %b = dispatch.launch @combine(%a, %y#1) : (tensor<64x512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>
  return %b : tensor<64x512xf32>
}

// Nobody else is wanted of it early: it gives the sum alone, of an open size.
func.func private @dot_open(%x: tensor<?x512xf32>, %w: tensor<512x512xf32>) -> (tensor<?x512xf32>, tensor<?x512xf32>, tensor<?x512xf32>) attributes {dlc.kernel} {
  %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : tensor<?x512xf32>, tensor<512x512xf32> -> tensor<?x512xf32>
  %1 = dl.exp %0 : tensor<?x512xf32> -> tensor<?x512xf32>
  %2 = dl.tanh %1 : tensor<?x512xf32> -> tensor<?x512xf32>
  %3 = dl.cos %1 : tensor<?x512xf32> -> tensor<?x512xf32>
  return %0, %2, %3 : tensor<?x512xf32>, tensor<?x512xf32>, tensor<?x512xf32>
}
func.func private @combine_open(%x: tensor<?x512xf32>, %y: tensor<?x512xf32>, %z: tensor<?x512xf32>) -> tensor<?x512xf32> attributes {dlc.kernel} {
  %0 = dl.add %x, %y : tensor<?x512xf32>, tensor<?x512xf32> -> tensor<?x512xf32>
  %1 = dl.add %0, %z : tensor<?x512xf32>, tensor<?x512xf32> -> tensor<?x512xf32>
  return %1 : tensor<?x512xf32>
}
// CHECK-LABEL: func.func @open
// CHECK: %[[Y:.*]]:2 = dispatch.launch @dot_open_{{[0-9]}}(%{{.*}}) sizes(%[[N:.*]], %[[N]])
// CHECK: dispatch.launch @work_open(%[[Y]]#0)
// CHECK: %[[A:.*]] = dispatch.launch @dot_open_{{[0-9]}}(%[[Y]]#1) sizes(%[[N]])
// CHECK: %[[B:.*]] = dispatch.launch @dot_open_{{[0-9]}}(%[[Y]]#1) sizes(%[[N]])
// CHECK: dispatch.launch @combine_open(%{{.*}}, %[[A]], %[[B]])
func.func @open(%x: tensor<?x512xf32>, %w: tensor<512x512xf32>, %n: index) -> tensor<?x512xf32> {
  %y:3 = dispatch.launch @dot_open(%x, %w) sizes(%n, %n, %n) : (tensor<?x512xf32>, tensor<512x512xf32>) -> (tensor<?x512xf32>, tensor<?x512xf32>, tensor<?x512xf32>)
  %w0 = dispatch.launch @work_open(%y#0) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w1 = dispatch.launch @work_open(%w0) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w2 = dispatch.launch @work_open(%w1) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w3 = dispatch.launch @work_open(%w2) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w4 = dispatch.launch @work_open(%w3) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w5 = dispatch.launch @work_open(%w4) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w6 = dispatch.launch @work_open(%w5) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w7 = dispatch.launch @work_open(%w6) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w8 = dispatch.launch @work_open(%w7) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w9 = dispatch.launch @work_open(%w8) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w10 = dispatch.launch @work_open(%w9) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w11 = dispatch.launch @work_open(%w10) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w12 = dispatch.launch @work_open(%w11) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w13 = dispatch.launch @work_open(%w12) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w14 = dispatch.launch @work_open(%w13) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w15 = dispatch.launch @work_open(%w14) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w16 = dispatch.launch @work_open(%w15) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w17 = dispatch.launch @work_open(%w16) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w18 = dispatch.launch @work_open(%w17) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w19 = dispatch.launch @work_open(%w18) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w20 = dispatch.launch @work_open(%w19) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w21 = dispatch.launch @work_open(%w20) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w22 = dispatch.launch @work_open(%w21) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w23 = dispatch.launch @work_open(%w22) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w24 = dispatch.launch @work_open(%w23) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w25 = dispatch.launch @work_open(%w24) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w26 = dispatch.launch @work_open(%w25) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w27 = dispatch.launch @work_open(%w26) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w28 = dispatch.launch @work_open(%w27) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w29 = dispatch.launch @work_open(%w28) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w30 = dispatch.launch @work_open(%w29) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w31 = dispatch.launch @work_open(%w30) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %w32 = dispatch.launch @work_open(%w31) sizes(%n) : (tensor<?x512xf32>) -> tensor<?x512xf32>
  %b = dispatch.launch @combine_open(%w32, %y#1, %y#2) sizes(%n) : (tensor<?x512xf32>, tensor<?x512xf32>, tensor<?x512xf32>) -> tensor<?x512xf32>
  return %b : tensor<?x512xf32>
}

// The bias is another one by then.
func.func private @scaled(%x: tensor<64x512xf32>, %bias: tensor<64x512xf32>) -> (tensor<64x512xf32>, tensor<64x512xf32>) attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<64x512xf32> -> tensor<64x512xf32>
  %1 = dl.mul %0, %bias : tensor<64x512xf32>, tensor<64x512xf32> -> tensor<64x512xf32>
  return %0, %1 : tensor<64x512xf32>, tensor<64x512xf32>
}
// CHECK-LABEL: func.func @updated
// CHECK: dispatch.launch @scaled(%
// CHECK-NOT: @scaled
func.func @updated(%x: tensor<64x512xf32>) -> tensor<64x512xf32> {
  %bias = dl.global_load mutable @bias : tensor<64x512xf32>
  %y:2 = dispatch.launch @scaled(%x, %bias) : (tensor<64x512xf32>, tensor<64x512xf32>) -> (tensor<64x512xf32>, tensor<64x512xf32>)
  %w0 = dispatch.launch @work(%y#0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w1 = dispatch.launch @work(%w0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w2 = dispatch.launch @work(%w1) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w3 = dispatch.launch @work(%w2) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w4 = dispatch.launch @work(%w3) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w5 = dispatch.launch @work(%w4) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w6 = dispatch.launch @work(%w5) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w7 = dispatch.launch @work(%w6) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w8 = dispatch.launch @work(%w7) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w9 = dispatch.launch @work(%w8) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w10 = dispatch.launch @work(%w9) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w11 = dispatch.launch @work(%w10) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w12 = dispatch.launch @work(%w11) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w13 = dispatch.launch @work(%w12) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w14 = dispatch.launch @work(%w13) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w15 = dispatch.launch @work(%w14) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w16 = dispatch.launch @work(%w15) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w17 = dispatch.launch @work(%w16) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w18 = dispatch.launch @work(%w17) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w19 = dispatch.launch @work(%w18) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w20 = dispatch.launch @work(%w19) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w21 = dispatch.launch @work(%w20) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w22 = dispatch.launch @work(%w21) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w23 = dispatch.launch @work(%w22) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w24 = dispatch.launch @work(%w23) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w25 = dispatch.launch @work(%w24) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w26 = dispatch.launch @work(%w25) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w27 = dispatch.launch @work(%w26) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w28 = dispatch.launch @work(%w27) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w29 = dispatch.launch @work(%w28) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w30 = dispatch.launch @work(%w29) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w31 = dispatch.launch @work(%w30) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w32 = dispatch.launch @work(%w31) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  dl.global_store %w32, @bias : tensor<64x512xf32>
  %b = dispatch.launch @combine(%y#0, %y#1) : (tensor<64x512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>
  return %b : tensor<64x512xf32>
}

// An epilogue alone: of two results the first is kept, and the bias is there still.
// CHECK-LABEL: func.func @read
// CHECK: %[[Y:.*]] = dispatch.launch @scaled_{{[0-9]}}(%{{[^,]*}})
// CHECK: %[[B:.*]] = dispatch.launch @scaled_{{[0-9]}}(%[[Y]], %{{.*}})
// CHECK: dispatch.launch @combine(%[[Y]], %[[B]])
func.func @read(%x: tensor<64x512xf32>) -> tensor<64x512xf32> {
  %bias = dl.global_load mutable @bias : tensor<64x512xf32>
  %y:2 = dispatch.launch @scaled(%x, %bias) : (tensor<64x512xf32>, tensor<64x512xf32>) -> (tensor<64x512xf32>, tensor<64x512xf32>)
  %w0 = dispatch.launch @work(%y#0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w1 = dispatch.launch @work(%w0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w2 = dispatch.launch @work(%w1) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w3 = dispatch.launch @work(%w2) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w4 = dispatch.launch @work(%w3) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w5 = dispatch.launch @work(%w4) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w6 = dispatch.launch @work(%w5) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w7 = dispatch.launch @work(%w6) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w8 = dispatch.launch @work(%w7) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w9 = dispatch.launch @work(%w8) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w10 = dispatch.launch @work(%w9) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w11 = dispatch.launch @work(%w10) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w12 = dispatch.launch @work(%w11) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w13 = dispatch.launch @work(%w12) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w14 = dispatch.launch @work(%w13) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w15 = dispatch.launch @work(%w14) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w16 = dispatch.launch @work(%w15) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w17 = dispatch.launch @work(%w16) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w18 = dispatch.launch @work(%w17) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w19 = dispatch.launch @work(%w18) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w20 = dispatch.launch @work(%w19) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w21 = dispatch.launch @work(%w20) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w22 = dispatch.launch @work(%w21) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w23 = dispatch.launch @work(%w22) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w24 = dispatch.launch @work(%w23) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w25 = dispatch.launch @work(%w24) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w26 = dispatch.launch @work(%w25) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w27 = dispatch.launch @work(%w26) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w28 = dispatch.launch @work(%w27) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w29 = dispatch.launch @work(%w28) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w30 = dispatch.launch @work(%w29) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w31 = dispatch.launch @work(%w30) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w32 = dispatch.launch @work(%w31) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %b = dispatch.launch @combine(%y#0, %y#1) : (tensor<64x512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>
  return %b : tensor<64x512xf32>
}

// A kernel that checks something stays whole.
func.func private @checked(%x: tensor<64x512xf32>, %c: tensor<i1>) -> (tensor<64x512xf32>, tensor<64x512xf32>) attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<64x512xf32> -> tensor<64x512xf32>
  %1 = dl.tanh %0 : tensor<64x512xf32> -> tensor<64x512xf32>
  dl.assert %c, "no" : tensor<i1>
  return %0, %1 : tensor<64x512xf32>, tensor<64x512xf32>
}
// CHECK-LABEL: func.func @checks
// CHECK: dispatch.launch @checked(%
// CHECK-NOT: @checked
// CHECK: return
func.func @checks(%x: tensor<64x512xf32>, %c: tensor<i1>) -> tensor<64x512xf32> {
  %y:2 = dispatch.launch @checked(%x, %c) : (tensor<64x512xf32>, tensor<i1>) -> (tensor<64x512xf32>, tensor<64x512xf32>)
  %w0 = dispatch.launch @work(%y#0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w1 = dispatch.launch @work(%w0) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w2 = dispatch.launch @work(%w1) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w3 = dispatch.launch @work(%w2) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w4 = dispatch.launch @work(%w3) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w5 = dispatch.launch @work(%w4) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w6 = dispatch.launch @work(%w5) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w7 = dispatch.launch @work(%w6) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w8 = dispatch.launch @work(%w7) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w9 = dispatch.launch @work(%w8) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w10 = dispatch.launch @work(%w9) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w11 = dispatch.launch @work(%w10) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w12 = dispatch.launch @work(%w11) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w13 = dispatch.launch @work(%w12) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w14 = dispatch.launch @work(%w13) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w15 = dispatch.launch @work(%w14) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w16 = dispatch.launch @work(%w15) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w17 = dispatch.launch @work(%w16) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w18 = dispatch.launch @work(%w17) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w19 = dispatch.launch @work(%w18) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w20 = dispatch.launch @work(%w19) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w21 = dispatch.launch @work(%w20) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w22 = dispatch.launch @work(%w21) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w23 = dispatch.launch @work(%w22) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w24 = dispatch.launch @work(%w23) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w25 = dispatch.launch @work(%w24) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w26 = dispatch.launch @work(%w25) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w27 = dispatch.launch @work(%w26) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w28 = dispatch.launch @work(%w27) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w29 = dispatch.launch @work(%w28) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w30 = dispatch.launch @work(%w29) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w31 = dispatch.launch @work(%w30) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %w32 = dispatch.launch @work(%w31) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %a = dispatch.launch @combine(%w32, %y#0) : (tensor<64x512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>
  %b = dispatch.launch @combine(%a, %y#1) : (tensor<64x512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>
  return %b : tensor<64x512xf32>
}
