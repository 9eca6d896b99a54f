// Weights in a file of their own, which is found beside the library, by a path, or
// refused.

// RUN: rm -rf %t && mkdir %t
// RUN: dl-compile %s --name=m --weights=external -o %t/m.so
// RUN: %python -c "import json, struct; f = open('%t/m.safetensors', 'rb'); n = struct.unpack('<Q', f.read(8))[0]; print(json.loads(f.read(n))['w'])" | FileCheck %s --check-prefix=FILE
// RUN: dl-run %t/m.so --input a=random:min=1,max=1 | FileCheck %s
// RUN: mv %t/m.safetensors %t/other.safetensors
// RUN: not dl-run %t/m.so --random-seed=1 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: dl-run %t/m.so --weights=%t/other.safetensors --input a=random:min=1,max=1 | FileCheck %s
// RUN: not dl-run %t/m.so --weights=%s --random-seed=1 2>&1 | FileCheck %s --check-prefix=OTHER

// FILE: 'dtype': 'F32', 'shape': [4]
// CHECK: y: 4xf32 = [2, 3, 4, 5]
// MISSING: m: can't open the weights '{{.*}}m.safetensors': No such file or directory
// OTHER: m: the weights '{{.*}}' don't belong to this model

dl.global private @w : tensor<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
func.func @main(%a: tensor<4xf32> {dlc.name = "a"}) -> (tensor<4xf32> {dlc.name = "y"}) {
  %w = dl.global_load @w : tensor<4xf32>
  %0 = dl.add %a, %w : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
