// RUN: dl-opt %s -dl-form-dispatches | FileCheck %s
// RUN: dl-run %s --compiled --random-seed=1 > %t

// Of an input that a kernel only changes a part of, the kernel says so: a loop then
// updates what it carries in place.
// CHECK: func.func private @kernel_0_dynamic_update_slice(
// CHECK-SAME: attributes {dlc.in_place = 0 : i64, dlc.kernel}
func.func @main(%x: tensor<5x3xf32>, %u: tensor<1x3xf32>) -> (tensor<5x3xf32>, tensor<5x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%a = %x) -> (tensor<5x3xf32>) {
    %s = tensor.from_elements %i, %c0 : tensor<2xindex>
    %0 = dl.dynamic_update_slice %a, %u, %s : tensor<5x3xf32>, tensor<1x3xf32>, tensor<2xindex> -> tensor<5x3xf32>
    scf.yield %0 : tensor<5x3xf32>
  }
  return %r, %x : tensor<5x3xf32>, tensor<5x3xf32>
}
