// What the sizes of inputs may be, and what they have to do with each other, is in the
// header and the description, and is checked at the door.

// RUN: rm -rf %t && mkdir %t
// RUN: dl-compile %s --name=sizes -o %t/sizes.so
// RUN: FileCheck %s --check-prefix=HEADER < %t/sizes.h
// RUN: grep -a -o '"inputs":.*' %t/sizes.so | FileCheck %s --check-prefix=DESCRIBES
// RUN: dl-run %t/sizes.so --shape x=4x3 --shape y=8x3 --random-seed=1
// RUN: not dl-run %t/sizes.so --shape x=66x3 --shape y=132x3 --random-seed=1 2>&1 | FileCheck %s --check-prefix=MOST
// RUN: not dl-run %t/sizes.so --shape x=4x3 --shape y=4x3 --random-seed=1 2>&1 | FileCheck %s --check-prefix=FOLLOWS
// RUN: dl-opt %s -dl-pipeline-simplify -dl-pipeline-dispatch | FileCheck %s --check-prefix=MARKED

// HEADER: //   0  float32[N,3]  x  (N from 2 to 64 by steps of 2)
// HEADER: //   1  float32[2*N,3]  y{{$}}
// DESCRIBES: {"name":"x","dtype":"float32","shape":["N",3],"limits":{{\[\[}}2,64,2],[0,null,1]]}
// MOST: input 'x' should be float32[N,3], but is given as float32[66,3]: the size of dimension 0 must be at most 64
// FOLLOWS: input 'y' is twice as long as input 'x'
// What the caller can't know isn't the caller's mistake.
// MARKED: dispatch.fail_if %{{.*}} input 'y' is twice as long as input 'x'" {dlc.of_sizes}
// MARKED: dispatch.fail_if %{{.*}} all of 'x' is zero"{{$}}

func.func @main(%x: tensor<?x3xf32> {dlc.name = "x", dlc.dim_symbols = ["N", ""], dlc.dim_limits = array<i64: 2, 64, 2, 0, -1, 1>},
                %y: tensor<?x3xf32> {dlc.name = "y", dlc.dim_symbols = ["2*N", ""]}) -> (tensor<2x?xi64> {dlc.name = "z"}) {
  %n = dl.dim_size %x {dimension = 0 : i64} : tensor<?x3xf32> -> tensor<i64>
  %m = dl.dim_size %y {dimension = 0 : i64} : tensor<?x3xf32> -> tensor<i64>
  %nn = dl.add %n, %n : tensor<i64>, tensor<i64> -> tensor<i64>
  %fits = dl.compare eq %nn, %m : tensor<i64>, tensor<i64> -> tensor<i1>
  dl.assert %fits, "input 'y' is twice as long as input 'x'" : tensor<i1>
  %z = dl.nonzero %x : tensor<?x3xf32> -> tensor<2x?xi64>
  %k = dl.dim_size %z {dimension = 1 : i64} : tensor<2x?xi64> -> tensor<i64>
  %zero = dl.constant dense<0> : tensor<i64>
  %holds = dl.compare gt %k, %zero : tensor<i64>, tensor<i64> -> tensor<i1>
  dl.assert %holds, "all of 'x' is zero" : tensor<i1>
  return %z : tensor<2x?xi64>
}
