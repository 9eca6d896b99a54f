// RUN: dl-compile %s --target=x86_64-linux-gnu --cpu=skylake-avx512 --emit=asm -o - | FileCheck %s --check-prefix=AVX512
// RUN: dl-compile %s --target=x86_64-linux-gnu --cpu=haswell --emit=asm -o - | FileCheck %s --check-prefix=AVX2

// The exponential scales by a power of two: with one instruction where the CPU has
// it, by bits where it doesn't. A named CPU has its widest vectors too.
// AVX512-LABEL: kernel_0_exp
// AVX512: vscalefps {{.*}}%zmm
// AVX2-LABEL: kernel_0_exp
// AVX2-NOT: ldexpf
// AVX2: vpslld {{.*}}%ymm
// AVX2-NOT: ldexpf
func.func @main(%x: tensor<4096xf32>) -> tensor<4096xf32> {
  %0 = dl.exp %x : tensor<4096xf32> -> tensor<4096xf32>
  return %0 : tensor<4096xf32>
}
