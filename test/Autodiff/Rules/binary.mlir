// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Each op at random points where it is smooth.

func.func @add(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.add %x, %y : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @sub(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.sub %x, %y : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @mul(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.mul %x, %y : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @max(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.max %x, %y : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @min(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.min %x, %y : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @atan2(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %r = dl.atan2 %x, %y : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @div(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %a = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %b = dl.add %y, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.div %a, %b : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @rem(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %a = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %b = dl.add %y, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.rem %a, %b : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @pow(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %c = dl.constant dense<1.5> : tensor<4xf64>
  %a = dl.add %x, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %b = dl.add %y, %c : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  %r = dl.pow %a, %b : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @select(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
  %p = dl.compare lt %x, %y : tensor<4xf64>, tensor<4xf64> -> tensor<4xi1>
  %r = dl.select %p, %x, %y : tensor<4xi1>, tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}

func.func @clamp(%x: tensor<9xf64>, %l: tensor<9xf64>, %h: tensor<9xf64>) -> tensor<9xf64> {
  %r = dl.clamp %l, %x, %h : tensor<9xf64>, tensor<9xf64>, tensor<9xf64> -> tensor<9xf64>
  return %r : tensor<9xf64>
}

func.func @clamp_scalars(%x: tensor<9xf64>) -> tensor<9xf64> {
  %l = dl.constant dense<-0.3> : tensor<f64>
  %h = dl.constant dense<0.4> : tensor<f64>
  %r = dl.clamp %l, %x, %h : tensor<f64>, tensor<9xf64>, tensor<f64> -> tensor<9xf64>
  return %r : tensor<9xf64>
}

func.func @clamp_by_scalars(%x: tensor<9xf64>, %l: tensor<f64>, %h: tensor<f64>) -> tensor<9xf64> {
  %r = dl.clamp %l, %x, %h : tensor<f64>, tensor<9xf64>, tensor<f64> -> tensor<9xf64>
  return %r : tensor<9xf64>
}

// What passes through integers is constant.
func.func @convert(%x: tensor<4xf64>) -> tensor<4xf64> {
  %a = dl.convert %x : tensor<4xf64> -> tensor<4xi64>
  %b = dl.convert %a : tensor<4xi64> -> tensor<4xf64>
  %r = dl.add %b, %x : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %r : tensor<4xf64>
}
