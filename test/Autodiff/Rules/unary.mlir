// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Each op at random points where it is smooth.

func.func @neg(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.neg %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @abs(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.abs %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @exp(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.exp %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @expm1(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.expm1 %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @sin(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.sin %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @cos(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.cos %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @tan(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.tan %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @atan(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.atan %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @sinh(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.sinh %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @cosh(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.cosh %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @tanh(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.tanh %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @asinh(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.asinh %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @erf(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.erf %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @sigmoid(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.sigmoid %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @relu(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.relu %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @silu(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.silu %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @gelu(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.gelu %x : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @gelu_tanh(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.gelu %x {tanh} : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @log(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.log %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @sqrt(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.sqrt %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @rsqrt(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.rsqrt %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @reciprocal(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.reciprocal %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @lgamma(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.lgamma %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @log1p(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.9> : tensor<4xf64>
  %z = dl.mul %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.log1p %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @asin(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.9> : tensor<4xf64>
  %z = dl.mul %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.asin %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @acos(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.9> : tensor<4xf64>
  %z = dl.mul %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.acos %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @atanh(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.9> : tensor<4xf64>
  %z = dl.mul %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.atanh %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @erf_inv(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.9> : tensor<4xf64>
  %z = dl.mul %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.erf_inv %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @acosh(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<2.5> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.acosh %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @digamma(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<3.1> : tensor<4xf64>
  %z = dl.mul %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.digamma %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @sign(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.25> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.sign %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @floor(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.25> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.floor %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @ceil(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.25> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.ceil %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @round(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.25> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.round %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @trunc(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<0.25> : tensor<4xf64>
  %z = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.trunc %z : tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}
