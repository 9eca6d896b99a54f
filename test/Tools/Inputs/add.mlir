func.func @main(%x: tensor<4xf32> {dlc.name = "x"}, %y: tensor<4xf32> {dlc.name = "y"})
    -> (tensor<4xf32> {dlc.name = "z"}) {
  %0 = dl.add %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
