// RUN: dl-run %s --compiled --input random:seed=1 --input random:seed=2,min=1,max=4 --shape input_0=1x3

// The buffer of the result, tensor<1x?>, is seen as ?x?: what is added is known at
// run time only, in both dimensions.

func.func @main(%x: tensor<1x?xf32>, %n: tensor<1xi64>) -> tensor<1x?xf32> {
  %zero = dl.constant dense<0.0> : tensor<f32>
  %none = dl.constant dense<0> : tensor<1xi64>
  %low = dl.constant dense<[0, 1]> : tensor<2xi64>
  %high = dl.concat %none, %n dim = 0 : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %0 = dl.pad %x value(%zero : tensor<f32>) dynamic_low(%low : tensor<2xi64>) dynamic_high(%high : tensor<2xi64>) low = [0, 0] high = [0, 0] interior = [0, 0] : tensor<1x?xf32> -> tensor<1x?xf32>
  return %0 : tensor<1x?xf32>
}
