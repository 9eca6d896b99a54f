// A tensor of a wrong shape for an output is refused before the model runs, if the shape
// follows from the inputs' sizes; else once data have decided it, before new state is stored.

// REQUIRES: cc
// RUN: rm -rf %t && mkdir %t
// RUN: dl-compile %s --name=counter -o %t/counter.so
// RUN: cc -Wall -Wextra -Werror -I%t %S/Inputs/refused_output.c %t/counter.so -Wl,-rpath,%t -o %t/main
// RUN: %t/main | FileCheck %s

// CHECK: status 0 : steps 1, state 1{{$}}
// CHECK: status 1 counter: the result 'twice' is of shape [3,2], its tensor of shape [4,2]: steps 1, state 1, nothing written
// CHECK: status 1 counter: the result 'flat' is of shape [6], its tensor of shape [5]: steps 1, state 1, nothing written
// CHECK: status 1 counter: the result 'where' is of shape [2,4], its tensor of shape [2,3]: steps {{[12]}}, state 1
// CHECK: status 0 : steps 2, state 2{{$}}

dl.global mutable @count : tensor<i64> = dense<0> : tensor<i64>
func.func @main(%x: tensor<?x2xf32> {dlc.name = "x"})
    -> (tensor<?x2xf32> {dlc.name = "twice"}, tensor<?xf32> {dlc.name = "flat"},
        tensor<2x?xi64> {dlc.name = "where"}, tensor<i64> {dlc.name = "steps"}) {
  %one = dl.constant dense<1> : tensor<i64>
  %two = dl.constant dense<2> : tensor<1xi64>
  %a = dl.global_load mutable @count : tensor<i64>
  %b = dl.add %a, %one : tensor<i64>, tensor<i64> -> tensor<i64>
  dl.global_store %b, @count : tensor<i64>
  %y = dl.add %x, %x : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %n = dl.dim_size %x {dimension = 0 : i64} : tensor<?x2xf32> -> tensor<i64>
  %n1 = dl.reshape %n : tensor<i64> -> tensor<1xi64>
  %count = dl.mul %n1, %two : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  %flat = dl.reshape %y shape(%count : tensor<1xi64>) : tensor<?x2xf32> -> tensor<?xf32>
  %where = dl.nonzero %x : tensor<?x2xf32> -> tensor<2x?xi64>
  return %y, %flat, %where, %b : tensor<?x2xf32>, tensor<?xf32>, tensor<2x?xi64>, tensor<i64>
}
