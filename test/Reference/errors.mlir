// An error at run time is one sentence with the op and its place.
// RUN: not dl-run %s --entry=gather 2>&1 | FileCheck %s --check-prefix=GATHER
// RUN: not dl-run %s --entry=gather --compiled 2>&1 | FileCheck %s --check-prefix=GATHER
// RUN: not dl-run %s --entry=check --compiled 2>&1 | FileCheck %s --check-prefix=ASSERT
// RUN: not dl-run %s --entry=never --compiled 2>&1 | FileCheck %s --check-prefix=NEVER
// RUN: not dl-run %s --entry=negative 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not dl-run %s --entry=negative --compiled 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not dl-run %s --entry=refined --compiled 2>&1 | FileCheck %s --check-prefix=REFINED
// RUN: not dl-run %s --entry=reshape --compiled 2>&1 | FileCheck %s --check-prefix=RESHAPE
// RUN: not dl-run %s --entry=named --compiled 2>&1 | FileCheck %s --check-prefix=NAMED
// RUN: not dl-run %s --entry=reshape 2>&1 | FileCheck %s --check-prefix=RESHAPE
// RUN: not dl-run %s --entry=check 2>&1 | FileCheck %s --check-prefix=ASSERT
// RUN: not dl-run %s --entry=named 2>&1 | FileCheck %s --check-prefix=NAMED
// RUN: not dl-run %s --entry=refined 2>&1 | FileCheck %s --check-prefix=REFINED
// RUN: not dl-run %s --entry=input 2>&1 | FileCheck %s --check-prefix=INPUT
// RUN: not dl-run %s --entry=nothing 2>&1 | FileCheck %s --check-prefix=NOTHING

// GATHER: dl-run: error: {{.*}}errors.mlir:[[#@LINE+4]]:8: 'dl.embedding' op index 2 is outside dimension 0 of size 2
func.func @gather() -> tensor<1xf32> {
  %x = dl.constant dense<0.0> : tensor<2xf32>
  %i = dl.constant dense<2> : tensor<1xi64>
  %y = dl.embedding %x, %i : tensor<2xf32>, tensor<1xi64> -> tensor<1xf32>
  return %y : tensor<1xf32>
}

// RESHAPE: 'dl.reshape' op 3 elements can't have the shape [2, 2]
func.func @reshape() -> tensor<?x?xf32> {
  %x = dl.constant dense<0.0> : tensor<3xf32>
  %s = dl.constant dense<2> : tensor<2xi64>
  %y = dl.reshape %x shape(%s : tensor<2xi64>) : tensor<3xf32> -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// NEGATIVE: 'dl.dynamic_slice' op a size is negative
func.func @negative() -> tensor<?x?xf32> {
  %x = dl.constant dense<0.0> : tensor<4x4xf32>
  %s = dl.constant dense<[1, 1]> : tensor<2xi64>
  %n = dl.constant dense<-1> : tensor<2xi64>
  %y = dl.dynamic_slice %x, %s : tensor<2xi64> sizes(%n : tensor<2xi64>) : tensor<4x4xf32> -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// ASSERT: 'dl.assert' op the answer must be 42
func.func @check() {
  %p = dl.constant dense<[true, false]> : tensor<2xi1>
  dl.assert %p, "the answer must be 42" : tensor<2xi1>
  return
}

// NEVER: 'dl.assert' op it never holds
func.func @never() -> tensor<2xf32> {
  %p = dl.constant dense<false> : tensor<i1>
  dl.assert %p, "it never holds" : tensor<i1>
  %y = dl.constant dense<0.0> : tensor<2xf32>
  return %y : tensor<2xf32>
}

// NAMED: error: encoder/layer_1/add: 'dl.add' op operands are a 2xf32 and a 3xf32
func.func @named() -> tensor<?xf32> {
  %x = dl.constant dense<0.0> : tensor<2xf32>
  %y = dl.constant dense<0.0> : tensor<3xf32>
  %a = tensor.cast %x : tensor<2xf32> to tensor<?xf32>
  %b = tensor.cast %y : tensor<3xf32> to tensor<?xf32>
  %z = dl.add %a, %b : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32> loc("encoder/layer_1/add")
  return %z : tensor<?xf32>
}

// REFINED: 'tensor.cast' op result 0 is a 2xf32, but its type is tensor<3xf32>
func.func @refined() -> tensor<3xf32> {
  %x = dl.constant dense<0.0> : tensor<2xf32>
  %a = tensor.cast %x : tensor<2xf32> to tensor<?xf32>
  %b = tensor.cast %a : tensor<?xf32> to tensor<3xf32>
  return %b : tensor<3xf32>
}

// INPUT: input 'input_0', a ?x3xf32, has no value: give --input input_0=FILE or --random-seed=N
func.func @input(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  return %x : tensor<?x3xf32>
}

// NOTHING: there is no function @nothing
