//===- DlLinearOps.td - matrix products, convolutions, FFT -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_LINEAR_OPS_TD
#define DL_LINEAR_OPS_TD

include "dl/IR/DlBase.td"

def Dl_DotGeneralOp : Dl_DynamicallyShapedOp<"dot_general"> {
  let summary = "sum of products over contracting dimensions, per batch";
  let description = [{
    The result's dimensions are: batching (in lhs_batching order), the lhs'
    other dimensions, the rhs' other dimensions. The operands may differ in
    element type only for integers (i8 times ui8). The result's element type is
    the operands', or a wider one (i8 to i32, bf16 to f32): products and sums
    are taken in it; f16, bf16 and f8 accumulate in f32 and round once.
  }];
  let arguments = (ins Dl_Tensor:$lhs, Dl_Tensor:$rhs,
      DenseI64ArrayAttr:$lhs_batching, DenseI64ArrayAttr:$rhs_batching,
      DenseI64ArrayAttr:$lhs_contracting, DenseI64ArrayAttr:$rhs_contracting);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $lhs `,` $rhs `,` `batching` `=` $lhs_batching `x` $rhs_batching
    `contracting` `=` $lhs_contracting `x` $rhs_contracting attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($output)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let builders = [
    /// Infers the result type; `elementType` null means the lhs' own.
    OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs,
      "::llvm::ArrayRef<int64_t>":$lhsBatching, "::llvm::ArrayRef<int64_t>":$rhsBatching,
      "::llvm::ArrayRef<int64_t>":$lhsContracting, "::llvm::ArrayRef<int64_t>":$rhsContracting,
      CArg<"::mlir::Type", "nullptr">:$elementType)>,
  ];
}

def Dl_ConvOp : Dl_DynamicallyShapedOp<"conv"> {
  let summary = "convolution (cross-correlation) over any number of spatial dimensions";
  let description = [{
    Per output position o and output channel f of group g:
    y[n, f, o] = Σ_{c, k} x[n, c, o·stride + k·dilation − pad_low] · w[f, c, k] (+ bias[f]);
    elements outside x are 0. With `channels_last` operands and result are
    N,spatial,C and the kernel is spatial,I,O. Accumulation as in `dot_general`.
  }];
  let arguments = (ins Dl_Tensor:$input, Dl_Tensor:$kernel, Optional<Dl_Tensor>:$bias,
      DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$padding_low,
      DenseI64ArrayAttr:$padding_high, DenseI64ArrayAttr:$dilations,
      DefaultValuedAttr<I64Attr, "1">:$groups,
      DefaultValuedAttr<Dl_DataLayoutAttr, "DataLayout::channels_first">:$layout);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $kernel (`bias` `(` $bias^ `:` type($bias) `)`)?
    `strides` `=` $strides `padding` `=` $padding_low `,` $padding_high
    `dilations` `=` $dilations attr-dict `:` type($input) `,` type($kernel) `->` type($output)
  }];
  let hasVerifier = 1;
  let builders = [
    /// Infers the result type; `elementType` null means the input's own.
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$kernel, "::mlir::Value":$bias,
      "::llvm::ArrayRef<int64_t>":$strides, "::llvm::ArrayRef<int64_t>":$paddingLow,
      "::llvm::ArrayRef<int64_t>":$paddingHigh, "::llvm::ArrayRef<int64_t>":$dilations,
      "int64_t":$groups, "DataLayout":$layout, CArg<"::mlir::Type", "nullptr">:$elementType)>,
  ];
}

def Dl_ConvTransposeOp : Dl_PureOp<"conv_transpose"> {
  let summary = "transposed convolution: the adjoint of `conv` in its input";
  let description = [{
    y[n, f, i·stride + k·dilation − pad_low] += x[n, c, i] · w[c, f, k]. The kernel is
    I, O/groups, spatial (`channels_first`) or spatial, O/groups, I (`channels_last`).
    Output size: (in − 1)·stride + (k − 1)·dilation + 1 − low − high + output_padding.
  }];
  let arguments = (ins Dl_Tensor:$input, Dl_Tensor:$kernel, Optional<Dl_Tensor>:$bias,
      DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$padding_low,
      DenseI64ArrayAttr:$padding_high, DenseI64ArrayAttr:$dilations,
      DenseI64ArrayAttr:$output_padding,
      DefaultValuedAttr<I64Attr, "1">:$groups,
      DefaultValuedAttr<Dl_DataLayoutAttr, "DataLayout::channels_first">:$layout);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $kernel (`bias` `(` $bias^ `:` type($bias) `)`)?
    `strides` `=` $strides `padding` `=` $padding_low `,` $padding_high
    `dilations` `=` $dilations `output_padding` `=` $output_padding attr-dict
    `:` type($input) `,` type($kernel) `->` type($output)
  }];
}

def Dl_FftKind : Dl_Enum<"FftKind", "direction and domain of a Fourier transform", [
  I32EnumAttrCase<"fft", 0>, I32EnumAttrCase<"ifft", 1>,
  I32EnumAttrCase<"rfft", 2>, I32EnumAttrCase<"irfft", 3>]>;
def Dl_FftKindAttr : Dl_EnumAttr<Dl_FftKind, "fft_kind">;

def Dl_FftOp : Dl_DynamicallyShapedOp<"fft"> {
  let summary = "discrete Fourier transform along one dimension";
  let description = [{
    Complex tensors have a last dimension of size 2 (real, imaginary) that is not
    among the transformed. `fft`: X[k] = Σ x[n]·e^(−2πi·kn/N); `ifft`: the inverse,
    divided by N; `rfft`: real input (no last dimension of 2) to the N/2+1 leading
    terms; `irfft`: back from those to `length` real values, required then.
  }];
  let arguments = (ins Dl_FloatTensor:$input, Dl_FftKindAttr:$kind, I64Attr:$dimension,
                       OptionalAttr<I64Attr>:$length);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
}

#endif // DL_LINEAR_OPS_TD
