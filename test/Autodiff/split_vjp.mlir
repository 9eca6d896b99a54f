// RUN: dl-opt %s -dl-split-vjp -split-input-file -verify-diagnostics | FileCheck %s

// The example of the pass's description: what the forward part costs to compute is saved.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[X:.*]]: tensor<8xf32> {dlc.name = "x"})
// CHECK-SAME:    -> (tensor<8xf32> {dlc.name = "y"}, tensor<8xf32> {dlc.name = "residual_0"})
// CHECK-NEXT:    %[[E:.*]] = dl.exp %[[X]]
// CHECK-NEXT:    %[[Y:.*]] = dl.add %[[E]], %[[X]]
// CHECK-NEXT:    return %[[Y]], %[[E]]
// CHECK:       func.func @backward(
// CHECK-SAME:    %[[E:.*]]: tensor<8xf32> {dlc.name = "residual_0"}, %[[DY:.*]]: tensor<8xf32> {dlc.name = "dy"})
// CHECK-SAME:    -> (tensor<8xf32> {dlc.name = "dx"})
// CHECK-NEXT:    %[[G:.*]] = dl.mul %[[DY]], %[[E]]
// CHECK-NEXT:    dl.add %[[G]], %[[DY]]
func.func @main(%x: tensor<8xf32> {dlc.name = "x"},
                %dy: tensor<8xf32> {dlc.cotangent, dlc.name = "dy"})
    -> (tensor<8xf32> {dlc.name = "y"}, tensor<8xf32> {dlc.gradient, dlc.name = "dx"}) {
  %e = dl.exp %x : tensor<8xf32> -> tensor<8xf32>
  %y = dl.add %e, %x : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  %g = dl.mul %dy, %e : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  %dx = dl.add %g, %dy : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  return %y, %dx : tensor<8xf32>, tensor<8xf32>
}

// -----

// What only the backward part needs is computed there, cheap ops are computed again, a
// result is itself what crosses.
// CHECK-LABEL: func.func @f(
// CHECK-SAME:    -> (tensor<8xf32> {dlc.name = "y"})
// CHECK-NOT:     dl.cos
// CHECK:       func.func @f_backward(
// CHECK-SAME:    tensor<8xf32> {dlc.name = "x"}, %[[DY:.*]]: tensor<8xf32>
// CHECK:         dl.add
// CHECK:         dl.cos
func.func @f(%x: tensor<8xf32> {dlc.name = "x"},
             %dy: tensor<8xf32> {dlc.cotangent, dlc.name = "dy"})
    -> (tensor<8xf32> {dlc.name = "y"}, tensor<8xf32> {dlc.gradient, dlc.name = "dx"}) {
  %a = dl.add %x, %x : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  %y = dl.sin %a : tensor<8xf32> -> tensor<8xf32>
  %c = dl.cos %a : tensor<8xf32> -> tensor<8xf32>
  %dx = dl.mul %dy, %c : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  return %y, %dx : tensor<8xf32>, tensor<8xf32>
}

// -----

// The smallest of what leads to what is read; a name that is taken isn't given again.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[X:.*]]: tensor<64x64xf32> {dlc.name = "residual_0"})
// CHECK-SAME:    tensor<64xf32> {dlc.name = "residual_1"}
// CHECK:         %[[S:.*]] = dl.reduce
// CHECK:         return %{{.*}}, %[[S]]
// CHECK:       func.func @backward(%[[S:.*]]: tensor<64xf32> {dlc.name = "residual_1"}
// CHECK:         dl.broadcast_in_dim %[[S]]
func.func @main(%x: tensor<64x64xf32> {dlc.name = "residual_0"},
                %dy: tensor<64x64xf32> {dlc.cotangent, dlc.name = "dy"})
    -> (tensor<64x64xf32> {dlc.name = "y"}, tensor<64x64xf32> {dlc.gradient, dlc.name = "dx"}) {
  %p = dl.dot_general %x, %x, batching = [] x [] contracting = [1] x [0]
      : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  %s = dl.reduce sum %p, dims = [1] : tensor<64x64xf32> -> tensor<64xf32>
  %b = dl.broadcast_in_dim %s, dims = [0] : tensor<64xf32> -> tensor<64x64xf32>
  %y = dl.mul %p, %b : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  %dx = dl.mul %dy, %b : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  return %y, %dx : tensor<64x64xf32>, tensor<64x64xf32>
}

// -----

// An argument that the caller changes in between crosses as a copy; a result that needs no
// cotangent is the backward part's all the same.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[X:.*]]: tensor<4xf32> {dlc.name = "x"})
// CHECK:         return %{{.*}}, %[[X]]
// CHECK:       func.func @backward(%[[X:.*]]: tensor<4xf32> {dlc.name = "residual_0"}
// CHECK:         %[[Z:.*]] = dl.constant
// CHECK:         return %{{.*}}, %[[Z]]
func.func @main(%x: tensor<4xf32> {dlc.name = "x", dlc.overwritten},
                %dy: tensor<4xf32> {dlc.cotangent, dlc.name = "dy"})
    -> (tensor<4xf32> {dlc.name = "y"}, tensor<4xf32> {dlc.gradient, dlc.name = "dx"},
        tensor<4xf32> {dlc.gradient, dlc.name = "dz"}) {
  %y = dl.mul %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %dx = dl.mul %dy, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %dz = dl.constant dense<0.0> : tensor<4xf32>
  return %y, %dx, %dz : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Effects stay where what they depend on is.
// CHECK-LABEL: func.func @main(
// CHECK-COUNT-1: dl.assert %{{.*}}, "early"
// CHECK-NOT:     dl.assert
// CHECK:       func.func @backward(
// CHECK-NOT:     "early"
// CHECK:         dl.assert %{{.*}}, "late"
func.func @main(%x: tensor<i1> {dlc.name = "x"}, %y: tensor<f32> {dlc.name = "y"},
                %dy: tensor<f32> {dlc.cotangent, dlc.name = "dy"})
    -> (tensor<f32> {dlc.name = "z"}, tensor<f32> {dlc.gradient, dlc.name = "dx"}) {
  dl.assert %x, "early" : tensor<i1>
  %nan = dl.is_nan %dy : tensor<f32> -> tensor<i1>
  %fine = dl.not %nan : tensor<i1> -> tensor<i1>
  dl.assert %fine, "late" : tensor<i1>
  return %y, %dy : tensor<f32>, tensor<f32>
}

// -----

// expected-error@+1 {{result 0 depends on a cotangent, but isn't marked dlc.gradient}}
func.func @main(%dy: tensor<f32> {dlc.cotangent}) -> tensor<f32> {
  return %dy : tensor<f32>
}

// -----

// Two branches that became one are two again.
// CHECK-LABEL: func.func @main(
// CHECK:         scf.if
// CHECK:           dl.exp
// CHECK-NOT:       dl.mul
// CHECK:       func.func @backward(
// CHECK:         scf.if
// CHECK:           dl.mul
// CHECK:           scf.yield %{{[a-z0-9]+}} : tensor<4xf32>
func.func @main(%t: tensor<i1> {dlc.name = "p"}, %x: tensor<4xf32> {dlc.name = "x"},
                %dy: tensor<4xf32> {dlc.cotangent, dlc.name = "dy"})
    -> (tensor<4xf32> {dlc.name = "y"}, tensor<4xf32> {dlc.gradient, dlc.name = "dx"}) {
  %p = tensor.extract %t[] : tensor<i1>
  %0:2 = scf.if %p -> (tensor<4xf32>, tensor<4xf32>) {
    %e = dl.exp %x : tensor<4xf32> -> tensor<4xf32>
    %g = dl.mul %e, %dy : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
    scf.yield %e, %g : tensor<4xf32>, tensor<4xf32>
  } else {
    scf.yield %x, %dy : tensor<4xf32>, tensor<4xf32>
  }
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}
