// What each phase leaves is what the next one takes, and no other.

// RUN: rm -rf %t && mkdir -p %t && cp %s %t/m.mlir && cd %t
// RUN: dl-compile m.mlir --compile-to=import -o import.mlir
// RUN: dl-compile import.mlir --compile-from=simplify --compile-to=simplify -o simplify.mlir
// RUN: dl-compile simplify.mlir --compile-from=dispatch --compile-to=dispatch -o dispatch.mlir
// RUN: dl-compile dispatch.mlir --compile-from=kernel --compile-to=kernel -o kernel.mlir
// RUN: dl-compile kernel.mlir --compile-from=host --compile-to=host -o host.mlir
// RUN: dl-compile host.mlir --compile-from=llvm --compile-to=llvm -o llvm.mlir
// RUN: dl-compile llvm.mlir --compile-from=object -o a.so
// RUN: dl-run m.mlir --random-seed=1 --output y.npz
// RUN: dl-run a.so --random-seed=1 --expect y.npz
// RUN: dl-compile host.mlir -o b.so && dl-run b.so --random-seed=1 --expect y.npz

// RUN: not dl-compile host.mlir --compile-from=host -o c.so 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not dl-compile llvm.mlir --compile-from=llvm -o c.so 2>&1 | FileCheck %s --check-prefix=LLVM
// RUN: not dl-compile import.mlir --compile-from=kernel -o c.so 2>&1 | FileCheck %s --check-prefix=EARLY
// RUN: not dl-compile llvm.mlir --compile-from=link -o c.so 2>&1 | FileCheck %s --check-prefix=LINK
// RUN: not dl-compile host.mlir --compile-to=kernel -o c.mlir 2>&1 | FileCheck %s --check-prefix=BEHIND
// RUN: sed 's/dlc.phase = "host"/dlc.phase = "x"/' host.mlir > x.mlir
// RUN: not dl-compile x.mlir -o c.so 2>&1 | FileCheck %s --check-prefix=NAME
// SAME: error: {{.*}}--compile-from=host wants what the phase 'kernel' leaves, but this is what 'host' leaves: --compile-from=llvm goes on with it
// LLVM: error: {{.*}}but this is what 'llvm' leaves: --compile-from=object goes on with it
// EARLY: error: {{.*}}--compile-from=kernel wants what the phase 'dispatch' leaves, but this is what 'import' leaves
// LINK: error: --compile-from=link: 'object' leaves no module
// BEHIND: error: {{.*}}this is what the phase 'host' leaves, which is behind the last phase, 'kernel'
// NAME: error: {{.*}}'dlc.phase' is "x", which is no phase that leaves a module

// A module that doesn't say which phase left it is judged by its content.
// RUN: sed 's/dlc.phase = "[a-z]*"/dlc.other/' host.mlir > host_of_no_phase.mlir
// RUN: sed 's/dlc.phase = "[a-z]*"/dlc.other/' llvm.mlir > llvm_of_no_phase.mlir
// RUN: dl-compile host_of_no_phase.mlir --compile-from=llvm -o c.so
// RUN: not dl-compile host_of_no_phase.mlir --compile-from=host -o d.so 2>&1 | FileCheck %s --check-prefix=BUFFERS
// RUN: not dl-compile llvm_of_no_phase.mlir --compile-from=llvm -o d.so 2>&1 | FileCheck %s --check-prefix=ENTRY
// BUFFERS: error: {{.*}}takes or returns 'memref<4xf32>': a host program that is to get buffers is on ranked tensors
// ENTRY: error: {{.*}}the module is in the LLVM dialect already: its host program is 'dlc_entry'

func.func @main(%x: tensor<4xf32> {dlc.name = "x"}) -> (tensor<4xf32> {dlc.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %0 = scf.for %i = %c0 to %c3 step %c1 iter_args(%v = %x) -> tensor<4xf32> {
    %1 = dl.add %v, %v : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}
