// RUN: dl-opt %s | dl-opt --mlir-use-nameloc-as-prefix=false | FileCheck %s

// CHECK-LABEL: @floats
func.func @floats(%x: tensor<?x3xf32>) {
  // CHECK-NEXT: dl.neg %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %neg = dl.neg %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.abs %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %abs = dl.abs %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.sign %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %sign = dl.sign %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.exp %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %exp = dl.exp %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.expm1 %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %expm1 = dl.expm1 %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.log %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %log = dl.log %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.log1p %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %log1p = dl.log1p %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.sqrt %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %sqrt = dl.sqrt %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.rsqrt %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %rsqrt = dl.rsqrt %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.reciprocal %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %reciprocal = dl.reciprocal %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.sin %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %sin = dl.sin %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.cos %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %cos = dl.cos %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.tan %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %tan = dl.tan %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.asin %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %asin = dl.asin %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.acos %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %acos = dl.acos %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.atan %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %atan = dl.atan %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.sinh %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %sinh = dl.sinh %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.cosh %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %cosh = dl.cosh %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.tanh %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %tanh = dl.tanh %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.asinh %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %asinh = dl.asinh %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.acosh %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %acosh = dl.acosh %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.atanh %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %atanh = dl.atanh %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.erf %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %erf = dl.erf %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.erf_inv %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %erf_inv = dl.erf_inv %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.lgamma %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %lgamma = dl.lgamma %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.digamma %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %digamma = dl.digamma %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.sigmoid %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %sigmoid = dl.sigmoid %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.floor %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %floor = dl.floor %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.ceil %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %ceil = dl.ceil %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.round %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %round = dl.round %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.trunc %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %trunc = dl.trunc %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.relu %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %relu = dl.relu %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.silu %arg0 : tensor<?x3xf32> -> tensor<?x3xf32>
  %silu = dl.silu %x : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.gelu %arg0 {tanh} : tensor<?x3xf32> -> tensor<?x3xf32>
  %gelu = dl.gelu %x {tanh} : tensor<?x3xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: dl.is_nan %arg0 : tensor<?x3xf32> -> tensor<?x3xi1>
  %is_nan = dl.is_nan %x : tensor<?x3xf32> -> tensor<?x3xi1>
  // CHECK-NEXT: dl.is_inf %arg0 : tensor<?x3xf32> -> tensor<?x3xi1>
  %is_inf = dl.is_inf %x : tensor<?x3xf32> -> tensor<?x3xi1>
  return
}
