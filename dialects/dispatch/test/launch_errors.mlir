// RUN: dl-opt %s --split-input-file --verify-diagnostics

func.func private @kernel(tensor<4xf32>) -> tensor<4xf32>
func.func @shape(%x: tensor<5xf32>) -> tensor<4xf32> {
  // launch C3
  // expected-error@+1 {{passes 'tensor<5xf32>' for the kernel's 'tensor<4xf32>' (number 0)}}
  %0 = dispatch.launch @kernel(%x) : (tensor<5xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @unknown(%x: tensor<5xf32>) {
  // launch C3
  // expected-error@+1 {{launches 'nothing', which is no function}}
  dispatch.launch @nothing(%x) : (tensor<5xf32>) -> ()
  return
}

// -----

func.func private @kernel(tensor<?xf32>) -> tensor<?xf32>
func.func @sizes(%x: tensor<?xf32>) -> tensor<?xf32> {
  // launch C2
  // expected-error@+1 {{has 0 sizes for 1 dynamic result dimensions}}
  %0 = dispatch.launch @kernel(%x) : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @view(%x: tensor<4xf32>) -> tensor<5xf32> {
  // view C3
  // expected-error@+1 {{is larger than what it is a view of}}
  %0 = dispatch.view %x : tensor<4xf32> -> tensor<5xf32>
  return %0 : tensor<5xf32>
}
