// RUN: dl-opt %s -dl-form-dispatches --mlir-use-nameloc-as-prefix=false | FileCheck %s
// RUN: dl-run %s --compiled --random-seed=1 > %t

// Of an input that a kernel only changes a part of, the kernel says so: a loop then
// updates what it carries in place.
// CHECK: dispatch.launch @[[UPDATE:kernel_[0-9]+_dynamic_update_slice]](
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

// A large tensor of equal elements that is updated, carried or returned is filled there
// and then: it isn't data of the artefact.
// CHECK-LABEL: func.func @fills(
// CHECK-NOT: dl.constant
// CHECK: %[[ZEROS:.*]] = dispatch.launch @kernel_{{[0-9]+}}_splat() : () -> tensor<5x30xf32>
// CHECK: %[[UPDATED:.*]] = dispatch.launch @kernel_{{[0-9]+}}_scatter(%[[ZEROS]], %arg0, %arg1)
// CHECK: %[[MORE:.*]] = dispatch.launch @kernel_{{[0-9]+}}_splat()
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[MORE]])
// CHECK: %[[ONES:.*]] = dispatch.launch @kernel_{{[0-9]+}}_splat()
// CHECK: return %[[UPDATED]], %{{.*}}, %[[ONES]]
func.func @fills(%at: tensor<5x4x1xi64>, %u: tensor<5x4xf32>) -> (tensor<5x30xf32>, tensor<5x30xf32>, tensor<5x30xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zeros = dl.constant dense<0.0> : tensor<5x30xf32>
  %ones = dl.constant dense<1.0> : tensor<5x30xf32>
  %0 = dl.scatter %zeros, %at, %u {index_vector_dim = 2 : i64, input_batching_dims = array<i64: 0>, inserted_window_dims = array<i64: 1>, kind = #dl.scatter_kind<add>, mode = #dl.index_mode<drop>, scatter_dims_to_operand_dims = array<i64: 1>, scatter_indices_batching_dims = array<i64: 0>, update_window_dims = array<i64>} : tensor<5x30xf32>, tensor<5x4x1xi64>, tensor<5x4xf32> -> tensor<5x30xf32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%a = %zeros) -> (tensor<5x30xf32>) {
    %1 = dl.scatter %a, %at, %u {index_vector_dim = 2 : i64, input_batching_dims = array<i64: 0>, inserted_window_dims = array<i64: 1>, kind = #dl.scatter_kind<add>, mode = #dl.index_mode<drop>, scatter_dims_to_operand_dims = array<i64: 1>, scatter_indices_batching_dims = array<i64: 0>, update_window_dims = array<i64>} : tensor<5x30xf32>, tensor<5x4x1xi64>, tensor<5x4xf32> -> tensor<5x30xf32>
    scf.yield %1 : tensor<5x30xf32>
  }
  return %0, %r, %ones : tensor<5x30xf32>, tensor<5x30xf32>, tensor<5x30xf32>
}

// CHECK: func.func private @[[UPDATE]](
// CHECK-SAME: attributes {dlc.in_place = 0 : i64, dlc.kernel}
