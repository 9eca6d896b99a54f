//===- DlCompositeOps.td - ops kept whole for their kernels and derivatives -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_COMPOSITE_OPS_TD
#define DL_COMPOSITE_OPS_TD

include "dl/IR/DlBase.td"

/// A composite has a decomposition into smaller dl ops
/// (-dl-decompose-composites); it stays whole as long as a better kernel or
/// derivative exists for the whole.

def Dl_SoftmaxOp : Dl_PureOp<"softmax"> {
  let summary = "eˣ / Σ eˣ along one dimension, shifted by the maximum";
  let arguments = (ins Dl_FloatTensor:$input, I64Attr:$dimension);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = "$input `,` `dim` `=` $dimension attr-dict `:` type($input) `->` type($output)";
}

def Dl_LogSoftmaxOp : Dl_PureOp<"log_softmax"> {
  let summary = "x − ln Σ eˣ along one dimension, shifted by the maximum";
  let arguments = (ins Dl_FloatTensor:$input, I64Attr:$dimension);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = "$input `,` `dim` `=` $dimension attr-dict `:` type($input) `->` type($output)";
}

def Dl_BatchNormOp : Dl_PureOp<"batch_norm"> {
  let summary = "(x − mean) / √(variance + ε) · scale + bias, per feature";
  let arguments = (ins Dl_FloatTensor:$input, Dl_FloatTensor:$scale, Dl_FloatTensor:$bias,
                       Dl_FloatTensor:$mean, Dl_FloatTensor:$variance, F64Attr:$epsilon,
                       DefaultValuedAttr<I64Attr, "1">:$feature_dimension);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $scale `,` $bias `,` $mean `,` $variance attr-dict
    `:` functional-type(operands, results)
  }];
}

def Dl_LayerNormOp : Dl_PureOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "(x − mean) / √(variance + ε) · scale + bias over the dimensions from `axis` on";
  let description = [{ scale and bias have the normalised dimensions' shape, or one it broadcasts from. }];
  let arguments = (ins Dl_FloatTensor:$input, Optional<Dl_FloatTensor>:$scale,
                       Optional<Dl_FloatTensor>:$bias, I64Attr:$axis, F64Attr:$epsilon);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $input (`scale` `(` $scale^ `:` type($scale) `)`)? (`bias` `(` $bias^ `:` type($bias) `)`)?
    `axis` `=` $axis attr-dict `:` type($input) `->` type($output)
  }];
}

def Dl_GroupNormOp : Dl_PureOp<"group_norm", [AttrSizedOperandSegments]> {
  let summary = "normalisation over groups of channels and all spatial dimensions; scale and bias per channel";
  let description = [{ The operand is N,C,spatial. Instance norm is `groups` = C. }];
  let arguments = (ins Dl_FloatTensor:$input, Optional<Dl_FloatTensor>:$scale,
                       Optional<Dl_FloatTensor>:$bias, I64Attr:$groups, F64Attr:$epsilon);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $input (`scale` `(` $scale^ `:` type($scale) `)`)? (`bias` `(` $bias^ `:` type($bias) `)`)?
    `groups` `=` $groups attr-dict `:` type($input) `->` type($output)
  }];
}

def Dl_RmsNormOp : Dl_PureOp<"rms_norm"> {
  let summary = "x / √(mean x² + ε) · scale over the dimensions from `axis` on";
  let arguments = (ins Dl_FloatTensor:$input, Optional<Dl_FloatTensor>:$scale,
                       I64Attr:$axis, F64Attr:$epsilon);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $input (`scale` `(` $scale^ `:` type($scale) `)`)? `axis` `=` $axis
    attr-dict `:` type($input) `->` type($output)
  }];
}

def Dl_AttentionOp : Dl_PureOp<"attention"> {
  let summary = "softmax(q·kᵀ·scale + mask)·v per head";
  let description = [{
    q is B,Hq,S,D; k is B,Hkv,T,D; v is B,Hkv,T,E; Hq is a multiple of Hkv (query
    head h uses key head h·Hkv/Hq). The mask is additive, or boolean (false hides
    a key), of shape B|1,Hq|1,S|1,T. `causal` hides key t from query s where
    t > s + `causal_offset`. `softcap` c > 0 maps scores x to c·tanh(x/c) before the
    mask. A row with every key hidden gives NaN, as softmax of −∞ does.
  }];
  let arguments = (ins Dl_FloatTensor:$query, Dl_FloatTensor:$key, Dl_FloatTensor:$value,
                       Optional<Dl_Tensor>:$mask, F64Attr:$scale, UnitAttr:$causal,
                       DefaultValuedAttr<I64Attr, "0">:$causal_offset,
                       DefaultValuedAttr<F64Attr, "0.0">:$softcap);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`mask` `(` $mask^ `:` type($mask) `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value) `->` type($output)
  }];
}

def Dl_RnnDirection : Dl_Enum<"RnnDirection", "order of the steps", [
  I32EnumAttrCase<"forward", 0>, I32EnumAttrCase<"reverse", 1>, I32EnumAttrCase<"bidirectional", 2>]>;
def Dl_RnnDirectionAttr : Dl_EnumAttr<Dl_RnnDirection, "rnn_direction">;

/// Operands and conventions follow ONNX: input S,B,I; weights D,G·H,I;
/// recurrence D,G·H,H; bias D,2·G·H (input part, then recurrent part);
/// sequence_lengths B; initial states D,B,H. `activations` holds one name per
/// gate and direction, lower case (sigmoid, tanh, relu, affine, leaky_relu,
/// thresholded_relu, scaled_tanh, hard_sigmoid, elu, softsign, softplus); empty
/// means the usual ones. Outputs S,D,B,H and the last states D,B,H.
class Dl_RnnOpBase<string mnemonic, dag extraOperands, dag extraAttributes, dag outputs>
    : Dl_PureOp<mnemonic, [AttrSizedOperandSegments]> {
  let arguments = !con((ins Dl_FloatTensor:$input, Dl_FloatTensor:$weights,
      Dl_FloatTensor:$recurrence, Optional<Dl_FloatTensor>:$bias,
      Optional<TensorRankOf<[I32], [1]>>:$sequence_lengths,
      Optional<Dl_FloatTensor>:$initial_h), extraOperands,
    (ins I64Attr:$hidden_size, Dl_RnnDirectionAttr:$direction,
      DefaultValuedAttr<StrArrayAttr, "{}">:$activations,
      DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$activation_alpha,
      DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$activation_beta,
      OptionalAttr<F64Attr>:$clip), extraAttributes);
  let results = outputs;
}

def Dl_RnnOp : Dl_RnnOpBase<"rnn", (ins), (ins),
    (outs Dl_FloatTensor:$output, Dl_FloatTensor:$last_h)> {
  let summary = "h' = f(x·Wᵀ + h·Rᵀ + b) over the sequence";
  let assemblyFormat = [{
    $input `,` $weights `,` $recurrence (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`lengths` `(` $sequence_lengths^ `:` type($sequence_lengths) `)`)?
    (`h0` `(` $initial_h^ `:` type($initial_h) `)`)? attr-dict
    `:` type($input) `,` type($weights) `,` type($recurrence)
    `->` type($output) `,` type($last_h)
  }];
}

def Dl_LstmOp : Dl_RnnOpBase<"lstm",
    (ins Optional<Dl_FloatTensor>:$initial_c, Optional<Dl_FloatTensor>:$peephole),
    (ins UnitAttr:$input_forget),
    (outs Dl_FloatTensor:$output, Dl_FloatTensor:$last_h, Dl_FloatTensor:$last_c)> {
  let summary = "long short-term memory; gates in the order i, o, f, c";
  let assemblyFormat = [{
    $input `,` $weights `,` $recurrence (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`lengths` `(` $sequence_lengths^ `:` type($sequence_lengths) `)`)?
    (`h0` `(` $initial_h^ `:` type($initial_h) `)`)?
    (`c0` `(` $initial_c^ `:` type($initial_c) `)`)?
    (`peephole` `(` $peephole^ `:` type($peephole) `)`)? attr-dict
    `:` type($input) `,` type($weights) `,` type($recurrence)
    `->` type($output) `,` type($last_h) `,` type($last_c)
  }];
}

def Dl_GruOp : Dl_RnnOpBase<"gru", (ins), (ins UnitAttr:$linear_before_reset),
    (outs Dl_FloatTensor:$output, Dl_FloatTensor:$last_h)> {
  let summary = "gated recurrent unit; gates in the order z, r, h";
  let assemblyFormat = [{
    $input `,` $weights `,` $recurrence (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`lengths` `(` $sequence_lengths^ `:` type($sequence_lengths) `)`)?
    (`h0` `(` $initial_h^ `:` type($initial_h) `)`)? attr-dict
    `:` type($input) `,` type($weights) `,` type($recurrence)
    `->` type($output) `,` type($last_h)
  }];
}

def Dl_EmbeddingOp : Dl_PureOp<"embedding"> {
  let summary = "rows of a table; an index outside ends the run with an error";
  let arguments = (ins Dl_Tensor:$table, Dl_IndexTensor:$indices);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = "$table `,` $indices attr-dict `:` type($table) `,` type($indices) `->` type($output)";
}

def Dl_RotaryEmbeddingOp : Dl_PureOp<"rotary_embedding"> {
  let summary = "pairs of features rotated by position-dependent angles (RoPE)";
  let description = [{
    x is B,H,S,D; cos and sin are B|1,S,R/2 with R ≤ D the rotated part. Feature i pairs
    with i + R/2, or with `interleaved` features 2i and 2i+1 pair:
    (a, b) → (a·cos − b·sin, a·sin + b·cos). Features from R on stay.
  }];
  let arguments = (ins Dl_FloatTensor:$input, Dl_FloatTensor:$cos, Dl_FloatTensor:$sin,
                       UnitAttr:$interleaved);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $cos `,` $sin attr-dict `:` type($input) `,` type($cos) `,` type($sin)
    `->` type($output)
  }];
}

#endif // DL_COMPOSITE_OPS_TD
