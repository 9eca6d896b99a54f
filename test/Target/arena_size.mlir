// To ask how much memory a run needs doesn't run: neither a program that needs
// none, nor one with a state.

// REQUIRES: cc
// RUN: rm -rf %t && mkdir %t
// RUN: dl-compile %s -o %t/counter.so
// RUN: cc -Wall -Wextra -Werror -I%t %S/Inputs/arena_size.c %t/counter.so -Wl,-rpath,%t -o %t/main
// RUN: %t/main | FileCheck %s

// CHECK-COUNT-3: status 0, small
// CHECK: sum 6, steps 1

dl.global mutable @count : tensor<i64> = dense<0> : tensor<i64>
func.func @main(%x: tensor<?xf32> {dlc.name = "x"})
    -> (tensor<?xf32> {dlc.name = "sum"}, tensor<i64> {dlc.name = "steps"}) {
  %one = dl.constant dense<1> : tensor<i64>
  %a = dl.global_load mutable @count : tensor<i64>
  %b = dl.add %a, %one : tensor<i64>, tensor<i64> -> tensor<i64>
  dl.global_store %b, @count : tensor<i64>
  %y = dl.add %x, %x : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %y, %b : tensor<?xf32>, tensor<i64>
}
