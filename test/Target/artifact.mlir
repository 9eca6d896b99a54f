// The whole way from a model to a shared object: what it needs, how large it is,
// what its header says, and that it computes.

// RUN: rm -rf %t && mkdir %t
// RUN: dl-compile %s --name=add -o %t/add.so
// RUN: %python -c "import os, sys; sys.exit(os.path.getsize('%t/add.so') > 50 * 1024)"
// RUN: llvm-readelf --needed-libs %t/add.so | FileCheck %s --check-prefix=NEEDS
// RUN: FileCheck %s --check-prefix=HEADER < %t/add.h
// RUN: dl-run %t/add.so --shape a=2x3 --shape b=2x3 --input a=random:min=1,max=1 --input b=random:min=2,max=2 | FileCheck %s --check-prefix=RESULT
// RUN: not dl-run %t/add.so --shape a=2x3 --shape b=4x3 --random-seed=1 2>&1 | FileCheck %s --check-prefix=REFUSES

// NEEDS: NeededLibraries [
// NEEDS-NEXT: libc.so.6
// NEEDS-NEXT: ]

// HEADER: //   0  float32[N,3]  a
// HEADER: ADD_NUM_INPUTS = 2
// HEADER: static inline DLTensor add_input_a(const float *data, const int64_t *shape /* 2 */)
// HEADER: int32_t add_run(const DLTensor *const *inputs, DLTensor *const *outputs);

// RESULT: sum: 2x3xf32 = {{\[\[}}3, 3, 3], [3, 3, 3]]
// REFUSES: add: input 'b' should be float32[N,3], but is given as float32[4,3]: N, the size of dimension 0, must be 2, as dimension 0 of 'a' has

func.func @main(%a: tensor<?x3xf32> {dlc.name = "a", dlc.dim_symbols = ["N", ""]},
                %b: tensor<?x3xf32> {dlc.name = "b", dlc.dim_symbols = ["N", ""]})
    -> (tensor<?x3xf32> {dlc.name = "sum"}) {
  %0 = dl.add %a, %b : tensor<?x3xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}
