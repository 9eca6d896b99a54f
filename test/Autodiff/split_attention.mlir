// RUN: dl-opt %s -dl-autodiff | FileCheck %s
// RUN: dl-opt %s -dl-check-gradients -dl-autodiff -o %t.mlir
// RUN: dl-compile %t.mlir -o %t.so
// RUN: dl-run %t.so --random-seed=1

// The scores of a long attention are made, and reversed, for a block of queries at a time;
// of the keys those that one of its queries sees.
// CHECK-LABEL: func.func @gradient
// CHECK-NOT: tensor<1x2x528x2048xf64>
// CHECK: tensor<1x2x48x2048xf64>
// CHECK-NOT: tensor<1x2x528x2048xf64>
// CHECK: tensor<1x2x80x1616xf64>
// CHECK-NOT: tensor<1x2x528x2048xf64>
// CHECK: return
func.func @gradient(%q: tensor<1x2x528x2xf64>, %k: tensor<1x1x2048x2xf64>, %v: tensor<1x1x2048x1xf64>,
                    %m: tensor<1x1x1x2048xf64>, %dy: tensor<1x2x528x1xf64>)
    -> (tensor<1x2x528x2xf64>, tensor<1x1x2048x2xf64>, tensor<1x1x2048x1xf64>, tensor<1x1x1x2048xf64>) {
  %0:4 = grad.vjp @attend(%q, %k, %v, %m) cotangents(%dy) of [0] wrt [0, 1, 2, 3]
      : (tensor<1x2x528x2xf64>, tensor<1x1x2048x2xf64>, tensor<1x1x2048x1xf64>, tensor<1x1x1x2048xf64>), (tensor<1x2x528x1xf64>)
      -> (tensor<1x2x528x2xf64>, tensor<1x1x2048x2xf64>, tensor<1x1x2048x1xf64>, tensor<1x1x1x2048xf64>)
  return %0#0, %0#1, %0#2, %0#3 : tensor<1x2x528x2xf64>, tensor<1x1x2048x2xf64>, tensor<1x1x2048x1xf64>, tensor<1x1x1x2048xf64>
}

func.func private @attend(%q: tensor<1x2x528x2xf64>, %k: tensor<1x1x2048x2xf64>, %v: tensor<1x1x2048x1xf64>,
                          %m: tensor<1x1x1x2048xf64>) -> tensor<1x2x528x1xf64> {
  %r = dl.attention %q, %k, %v mask(%m : tensor<1x1x1x2048xf64>) {scale = 0.7 : f64, causal, causal_offset = 1536 : i64, softcap = 2.0 : f64}
      : tensor<1x2x528x2xf64>, tensor<1x1x2048x2xf64>, tensor<1x1x2048x1xf64> -> tensor<1x2x528x1xf64>
  return %r : tensor<1x2x528x1xf64>
}
