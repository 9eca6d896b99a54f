// Names that C can't have, that are alike once made identifiers, or that differ in
// case only (the enumerators' names have none), none of them UTF-8 by need; and one that
// begins with what the enumerator does anyway.

// REQUIRES: cc
// RUN: rm -rf %t && mkdir %t
// RUN: dl-compile %s -o %t/names.so
// RUN: cc -Wall -Wextra -Werror -std=c99 -I%t %S/Inputs/names.c %t/names.so -Wl,-rpath,%t -o %t/main
// RUN: c++ -Wall -Wextra -Werror -fsyntax-only -x c++ %t/names.h
// RUN: %t/main | FileCheck %s
// RUN: dl-run %t/names.so --random-seed=1 | FileCheck %s --check-prefix=NAMED

// CHECK: 8 16
// NAMED: output.int: 2xf32

func.func @main(%0: tensor<2xf32> {dlc.name = "int"}, %1: tensor<2xf32> {dlc.name = "a b"},
                %2: tensor<2xf32> {dlc.name = "a/b"}, %3: tensor<2xf32> {dlc.name = "a.b"},
                %4: tensor<2xf32> {dlc.name = "a_b_2"}, %5: tensor<2xf32> {dlc.name = "A:B"},
                %6: tensor<2xf32> {dlc.name = "1"}, %7: tensor<2xf32> {dlc.name = "\C3\28"})
    -> (tensor<2xf32> {dlc.name = "output.int"}) {
  %a = dl.add %0, %1 : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %b = dl.add %2, %3 : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %c = dl.add %4, %5 : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %d = dl.add %6, %7 : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %e = dl.add %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %f = dl.add %c, %d : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %g = dl.add %e, %f : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %g : tensor<2xf32>
}
