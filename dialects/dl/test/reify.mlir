// RUN: dl-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize --cse | FileCheck %s

// Every size is calculated from operands; the ops are not needed for it.

// CHECK-LABEL: @elementwise
// CHECK-SAME: %[[X:.*]]: tensor<?x3xf32>, %[[Y:.*]]: tensor<?x3xf32>
func.func @elementwise(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> (index, index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[N:.*]] = tensor.dim %[[X]], %[[C0]]
  // CHECK: return %[[N]], %[[N]]
  %c0 = arith.constant 0 : index
  %0 = dl.exp %x : tensor<?x3xf32> -> tensor<?x3xf32>
  %1 = dl.add %0, %y : tensor<?x3xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  %n0 = tensor.dim %0, %c0 : tensor<?x3xf32>
  %n1 = tensor.dim %1, %c0 : tensor<?x3xf32>
  return %n0, %n1 : index, index
}

// CHECK-LABEL: @movement
// CHECK-SAME: %[[X:.*]]: tensor<?x3xf32>, %[[S:.*]]: tensor<2xi64>
func.func @movement(%x: tensor<?x3xf32>, %s: tensor<2xi64>) -> (index, index, index, index, index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[N:.*]] = tensor.dim %[[X]], %[[C0]]
  // CHECK-DAG: %[[TWICE:.*]] = arith.addi %[[N]], %[[N]]
  // CHECK-DAG: %[[PADDED:.*]] = arith.addi %[[N]], %{{.*}}
  // CHECK-DAG: %[[ENTRY:.*]] = tensor.extract %[[S]][%[[C1]]]
  // CHECK-DAG: %[[CAST:.*]] = arith.index_cast %[[ENTRY]]
  // CHECK-DAG: %[[HALF:.*]] = arith.ceildivsi %[[N]], %{{.*}}
  // CHECK: return %[[N]], %[[TWICE]], %[[PADDED]], %[[CAST]], %[[HALF]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = dl.transpose %x, permutation = [1, 0] : tensor<?x3xf32> -> tensor<3x?xf32>
  %n0 = tensor.dim %0, %c1 : tensor<3x?xf32>
  %1 = dl.concat %x, %x dim = 0 : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %n1 = tensor.dim %1, %c0 : tensor<?x3xf32>
  %2 = dl.pad %x low = [2, 0] high = [3, 0] interior = [0, 0] {mode = #dl.pad_mode<wrap>} : tensor<?x3xf32> -> tensor<?x3xf32>
  %n2 = tensor.dim %2, %c0 : tensor<?x3xf32>
  %3 = dl.reshape %x shape(%s : tensor<2xi64>) : tensor<?x3xf32> -> tensor<?x?xf32>
  %n3 = tensor.dim %3, %c1 : tensor<?x?xf32>
  %4 = dl.slice %x, starts = [0, 0] limits = [-1, 3] strides = [2, 1] : tensor<?x3xf32> -> tensor<?x3xf32>
  %n4 = tensor.dim %4, %c0 : tensor<?x3xf32>
  return %n0, %n1, %n2, %n3, %n4 : index, index, index, index, index
}

// CHECK-LABEL: @indexed
// CHECK-SAME: %[[X:.*]]: tensor<?x?xf32>, %[[I:.*]]: tensor<?xi64>, %[[K:.*]]: tensor<i64>
func.func @indexed(%x: tensor<?x?xf32>, %i: tensor<?xi64>, %k: tensor<i64>) -> (index, index, index, index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[N:.*]] = tensor.dim %[[I]], %[[C0]]
  // CHECK-DAG: %[[W:.*]] = tensor.dim %[[X]], %[[C1]]
  // CHECK-DAG: %[[COUNT:.*]] = tensor.extract %[[K]][]
  // CHECK-DAG: %[[CAST:.*]] = arith.index_cast %[[COUNT]]
  // CHECK: return %[[N]], %[[W]], %[[CAST]], %[[W]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>,
    operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
    start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, -1>}
    : tensor<?x?xf32>, tensor<?xi64> -> tensor<?x?xf32>
  %n0 = tensor.dim %0, %c0 : tensor<?x?xf32>
  %n1 = tensor.dim %0, %c1 : tensor<?x?xf32>
  %1:2 = dl.top_k %x, %k, dim = 0 : tensor<?x?xf32>, tensor<i64> -> tensor<?x?xf32>, tensor<?x?xi64>
  %n2 = tensor.dim %1#1, %c0 : tensor<?x?xi64>
  %2 = dl.reduce sum %x, dims = [0] keep_dims : tensor<?x?xf32> -> tensor<1x?xf32>
  %n3 = tensor.dim %2, %c1 : tensor<1x?xf32>
  return %n0, %n1, %n2, %n3 : index, index, index, index
}
