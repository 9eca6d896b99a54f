// A model with its training step: functions beside the model, state in place, into a
// file and from one.

// REQUIRES: cc
// RUN: rm -rf %t && mkdir %t
// RUN: dl-compile %s -o %t/line.so --train loss=mse optimizer=sgd,momentum=0.5
// RUN: cc -Wall -Wextra -Werror -I%t %S/Inputs/training.c %t/line.so -Wl,-rpath,%t -o %t/main
// RUN: %t/main %t/line.safetensors | FileCheck %s
// RUN: grep -a '"w.momentum_buffer":{"dtype":"F32","shape":\[2\],"data_offsets":\[16,24\]}' %t/line.safetensors
// RUN: not dl-compile %s -o %t/line.so loss=mse 2>&1 | FileCheck %s --check-prefix=FLAG
// RUN: not dl-compile %s -o %t/line.so --train 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not dl-compile %s -o %t/line.so --train loss=mse optimiser=sgd 2>&1 | FileCheck %s --check-prefix=SETTING
// RUN: not dl-compile %s -o %t/line.so --train loss=mse 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not dl-compile %s -o %t/line.so --train loss=mse optimizer=sgd loss=output 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not dl-compile %s -o %t/line.so --train loss=mse optimizer=sgd clip-norm=None 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not dl-compile %s -o %t/line.so --train loss=mse optimizer=sgd accumulate=9223372036854775807 2>&1 | FileCheck %s --check-prefix=COUNT

// FLAG: error: 'loss=mse' is a second model, or a setting without --train
// NONE: error: --train wants a loss and an optimizer
// SETTING: error: --train: 'optimiser=sgd' is no setting with a value; there are loss, optimizer, accumulate,
// BOTH: error: --train: a training step wants a loss and an optimizer: loss=cross_entropy optimizer=adamw
// TWICE: error: --train: the setting 'loss' is given twice
// NUMBER: error: --train: clip-norm=None is no number
// COUNT: error: {{.*}}: accumulate is 9223372036854775807, but must be from 1 to 2147483647

// y = w·x at x = (1, 1), w = 0, target (1, 1): loss 1, gradient −1 each (a mean of two).
// CHECK: y 0 0
// CHECK: loss 1, w 0.5 0.5
// CHECK: y 0.5 0.5
// loss 0.25, gradient −0.5, velocity 0.5·−1 − 0.5 = −1
// CHECK: loss 0.25, w 1 1
// CHECK: after reset: w 0 0
// CHECK: after load: w 1 1
// CHECK: loss 0, w 1.25 1.25
// CHECK: line: has no function 2
// CHECK: line: can't open the weights '/nowhere': {{.*}}
// CHECK: line: can't open the weights '/': Is a directory
// CHECK: line: '{{.*}}.bad' is no safetensors file
// CHECK: line: '{{.*}}.part' lacks the state 'optimizer.step'
// CHECK: partly: w 3 4
// CHECK: line: the state 'w' should be float32[2], but isn't in '{{.*}}.part'
// CHECK: line: '{{.*}}.part' holds 'v', which is no state of this model

dl.global private @w : tensor<2xf32> = dense<0.0> : tensor<2xf32>
func.func @main(%x: tensor<2xf32> {dlc.name = "x"}) -> (tensor<2xf32> {dlc.name = "y"}) {
  %w = dl.global_load @w : tensor<2xf32>
  %y = dl.mul %x, %w : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}
