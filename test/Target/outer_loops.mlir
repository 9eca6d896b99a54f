// RUN: rm -rf %t && mkdir %t
// RUN: dl-run %s --random-seed=1 --output=%t/expected.npz
// RUN: dl-compile %s --cpu=x86-64 -o %t/product.so
// RUN: dl-run %t/product.so --random-seed=1 --expect=%t/expected.npz
// RUN: dl-run %s --random-seed=1 --compiled

// A loop around others that counts down, known sizes: LLVM's vectoriser must not lose
// the inner ones' work.
func.func @main(%a: tensor<20x20xf64>, %t: tensor<20xf64>) -> tensor<20x20xf64> {
  %q = dl.householder_product %a, %t : tensor<20x20xf64>, tensor<20xf64> -> tensor<20x20xf64>
  return %q : tensor<20x20xf64>
}
