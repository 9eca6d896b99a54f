//===- DlDataOps.td - constants, weights and generated data -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_DATA_OPS_TD
#define DL_DATA_OPS_TD

include "dl/IR/DlBase.td"

def Dl_ExternalDataAttr : AttrDef<Dl_Dialect, "ExternalData"> {
  let mnemonic = "external";
  let summary = "elements that lie in a file: path, byte offset, byte length";
  let description = [{
    Names the bytes of a `dl.global` without holding them. The elements are
    dense, row-major, little-endian; sub-byte elements take a byte each. The
    file is mapped when the elements are needed, never read into the IR.

    Example: `#dl.external<"weights.safetensors", 4096, 1048576>`
  }];
  let parameters = (ins StringRefParameter<>:$path, "uint64_t":$offset,
                        "uint64_t":$length);
  let assemblyFormat = "`<` $path `,` $offset `,` $length `>`";
}

def Dl_ConstantOp : Dl_Op<"constant", [Pure, ConstantLike,
    AllTypesMatch<["value", "output"]>,
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "a constant tensor";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Dl_Tensor:$output);
  let hasFolder = 1;
  let assemblyFormat = "attr-dict $value";
  let builders = [
    /// A splat or dense constant from a vector of i64, typed tensor<Nxi64>.
    OpBuilder<(ins "::llvm::ArrayRef<int64_t>":$values)>,
  ];
}

def Dl_GlobalOp : Dl_Op<"global", [Symbol]> {
  let summary = "a named tensor of the module: a weight, or a piece of state";
  let description = [{
    The elements are an attribute (a dense resource that refers to mapped
    memory), or `#dl.external` bytes of a file, or absent: then they are given
    when the artefact is loaded. A `mutable` global is state: it has an initial
    value and `dl.global_store` may change it.

    Example:
    ```mlir
    dl.global private @fc1.weight : tensor<256x784xf32> = #dl.external<"w.safetensors", 128, 802816>
    dl.global mutable @step : tensor<i64> = dense<0> : tensor<i64>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       OptionalAttr<StrAttr>:$sym_visibility,
                       TypeAttrOf<Dl_Tensor>:$type,
                       OptionalAttr<AnyAttr>:$value,
                       UnitAttr:$is_mutable);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The tensor type of the global.
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
  }];
}

def Dl_GlobalLoadOp : Dl_Op<"global_load", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "the value of a global";
  let description = [{
    The load of a mutable global says `mutable`, so that what it may be moved
    across is seen without looking the global up.
  }];
  let arguments = (ins FlatSymbolRefAttr:$global, UnitAttr:$is_mutable);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = "(`mutable` $is_mutable^)? $global attr-dict `:` type($output)";
}

def Dl_GlobalStoreOp : Dl_Op<"global_store", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    MemoryEffects<[MemWrite]>]> {
  let summary = "gives a mutable global a new value";
  let arguments = (ins Dl_Tensor:$value, FlatSymbolRefAttr:$global);
  let assemblyFormat = "$value `,` $global attr-dict `:` type($value)";
}

def Dl_IotaOp : Dl_DynamicallyShapedOp<"iota"> {
  let summary = "0, 1, 2, … along one dimension, repeated along the others";
  let arguments = (ins Optional<Dl_ShapeTensor>:$shape, I64Attr:$dimension);
  let results = (outs Dl_NumberTensor:$output);
  let assemblyFormat =
    "(`shape` `(` $shape^ `:` type($shape) `)`)? attr-dict `:` type($output)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Dl_SplatOp : Dl_DynamicallyShapedOp<"splat"> {
  let summary = "a tensor whose every element is the given scalar";
  let arguments = (ins Dl_ScalarTensor:$value, Optional<Dl_ShapeTensor>:$shape);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $value (`shape` `(` $shape^ `:` type($shape) `)`)? attr-dict
    `:` type($value) `->` type($output)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_ConvertOp : Dl_DynamicallyShapedOp<"convert"> {
  let summary = "the elements converted to another element type";
  let description = [{
    Float to float rounds to nearest, ties to even; with `saturate` an
    overflow gives the largest finite value instead of infinity (f8 types).
    Float to integer truncates towards zero and saturates; NaN gives 0. To i1:
    whether the element is not zero.
  }];
  let arguments = (ins Dl_Tensor:$input, UnitAttr:$saturate);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let builders = [
    /// Same shape, the given element type.
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Type":$elementType)>,
  ];
}

def Dl_BitcastOp : Dl_DynamicallyShapedOp<"bitcast"> {
  let summary = "the elements' bits read as another type of the same width";
  let arguments = (ins Dl_Tensor:$input);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Dl_RngUniformOp : Dl_DynamicallyShapedOp<"rng_uniform"> {
  let summary = "uniform random numbers in [low, high), counter-based";
  let description = [{
    Element i (row-major) is drawn by Philox4x32-10 (Salmon et al., SC'11) with
    key `key` = (seed, stream) and counter i / 4, word i mod 4: the same key
    gives the same numbers on every target.
  }];
  let arguments = (ins TensorRankOf<[I64], [1]>:$key, Dl_ScalarTensor:$low,
                       Dl_ScalarTensor:$high, Optional<Dl_ShapeTensor>:$shape);
  let results = (outs Dl_NumberTensor:$output);
  let assemblyFormat = [{
    $key `,` $low `,` $high (`shape` `(` $shape^ `:` type($shape) `)`)? attr-dict
    `:` type($key) `,` type($low) `,` type($high) `->` type($output)
  }];
  let hasVerifier = 1;
}

def Dl_RngNormalOp : Dl_DynamicallyShapedOp<"rng_normal"> {
  let summary = "normal random numbers of given mean and standard deviation";
  let description = [{
    Box-Muller on the uniform numbers that `rng_uniform` draws for the same
    key: words 2i and 2i+1 make element i's pair (see the spec).
  }];
  let arguments = (ins TensorRankOf<[I64], [1]>:$key, Dl_ScalarTensor:$mean,
                       Dl_ScalarTensor:$stddev, Optional<Dl_ShapeTensor>:$shape);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $key `,` $mean `,` $stddev (`shape` `(` $shape^ `:` type($shape) `)`)? attr-dict
    `:` type($key) `,` type($mean) `,` type($stddev) `->` type($output)
  }];
  let hasVerifier = 1;
}

def Dl_DimSizeOp : Dl_PureOp<"dim_size"> {
  let summary = "the size of one dimension, as a scalar i64 tensor";
  let arguments = (ins Dl_Tensor:$input, I64Attr:$dimension);
  let results = (outs Dl_ScalarInt:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasFolder = 1;
}

#endif // DL_DATA_OPS_TD
