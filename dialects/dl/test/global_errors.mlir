// RUN: dl-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{needs a static type, has 'tensor<?xf32>'}}
dl.global @w : tensor<?xf32>

// -----

// expected-error @+1 {{is of type 'tensor<2xf32>', but its value of type 'tensor<3xf32>'}}
dl.global @w : tensor<2xf32> = dense<0.0> : tensor<3xf32>

// -----

// expected-error @+1 {{refers to 8 bytes, but 'tensor<3xf32>' takes 12}}
dl.global @w : tensor<3xf32> = #dl.external<"w.bin", 0, 8>

// -----

// expected-error @+1 {{has a value that is neither elements nor #dl.external}}
dl.global @w : tensor<3xf32> = "zero"

// -----

// expected-error @+1 {{is mutable and needs an initial value}}
dl.global mutable @w : tensor<3xf32>

// -----

func.func @f() -> tensor<2xf32> {
  // expected-error @+1 {{names @w, which is not a dl.global}}
  %0 = dl.global_load @w : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

dl.global @w : tensor<3xf32>
func.func @f() -> tensor<2xf32> {
  // expected-error @+1 {{is of type 'tensor<2xf32>', but the global @w of type 'tensor<3xf32>'}}
  %0 = dl.global_load @w : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

dl.global mutable @w : tensor<2xf32> = dense<0.0> : tensor<2xf32>
func.func @f() -> tensor<2xf32> {
  // expected-error @+1 {{does not say `mutable`, unlike the global @w}}
  %0 = dl.global_load @w : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

dl.global @w : tensor<2xf32>
func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{changes the global @w, which is not mutable}}
  dl.global_store %x, @w : tensor<2xf32>
  return
}
