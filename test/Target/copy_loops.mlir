// RUN: dl-compile %s --target=x86_64-linux-gnu --cpu=skylake-avx512 --emit=asm -o - | FileCheck %s

// The rows of a padded copy are moved by vectors, not by libc.
// CHECK-LABEL: kernel_0_pad
// CHECK-NOT: memcpy
// CHECK-NOT: memmove
// CHECK-NOT: memset
// CHECK: vmovups {{.*}}%zmm
// CHECK-NOT: memcpy
// CHECK-NOT: memmove
// CHECK: .Lfunc_end
func.func @main(%x: tensor<16x56x64xf32>) -> tensor<16x58x64xf32> {
  %z = dl.constant dense<0.0> : tensor<f32>
  %0 = dl.pad %x value(%z : tensor<f32>) low = [0, 1, 0] high = [0, 1, 0] interior = [0, 0, 0] : tensor<16x56x64xf32> -> tensor<16x58x64xf32>
  return %0 : tensor<16x58x64xf32>
}
