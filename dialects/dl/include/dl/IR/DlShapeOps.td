//===- DlShapeOps.td - ops that move elements --------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_SHAPE_OPS_TD
#define DL_SHAPE_OPS_TD

include "dl/IR/DlBase.td"

def Dl_ReshapeOp : Dl_DynamicallyShapedOp<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    `shape` gives the sizes at run time and is required where the result has
    more than one `?`, or one that the element count doesn't determine. Sizes
    whose product isn't the element count end the run with an error.
  }];
  let arguments = (ins Dl_Tensor:$input, Optional<Dl_ShapeTensor>:$shape);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input (`shape` `(` $shape^ `:` type($shape) `)`)? attr-dict
    `:` type($input) `->` type($output)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_BroadcastInDimOp : Dl_DynamicallyShapedOp<"broadcast_in_dim"> {
  let summary = "operand dimension i becomes result dimension "
                "broadcast_dimensions[i]; size 1 is repeated";
  let description = [{
    `broadcast_dimensions` increase. A `?` operand dimension may be 1 at run time and is then repeated; any
    other size that differs from the result's ends the run with an error.
  }];
  let arguments = (ins Dl_Tensor:$input, Optional<Dl_ShapeTensor>:$shape,
                       DenseI64ArrayAttr:$broadcast_dimensions);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` `dims` `=` $broadcast_dimensions
    (`shape` `(` $shape^ `:` type($shape) `)`)? attr-dict
    `:` type($input) `->` type($output)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_TransposeOp : Dl_PureOp<"transpose"> {
  let summary = "result dimension i is operand dimension permutation[i]";
  let arguments = (ins Dl_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat =
    "$input `,` `permutation` `=` $permutation attr-dict `:` type($input) `->` type($output)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_ConcatOp : Dl_PureOp<"concat"> {
  let summary = "the operands one after another along one dimension";
  let arguments = (ins Variadic<Dl_Tensor>:$inputs, I64Attr:$dimension);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat =
    "$inputs `dim` `=` $dimension attr-dict `:` functional-type($inputs, $output)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_SliceOp : Dl_PureOp<"slice"> {
  let summary = "elements start, start + stride, … below limit, per dimension";
  let description = [{
    A limit of `-1` means the dimension's size. Reading outside a `?` dimension
    ends the run with an error. Strides are positive: see `reverse`.
  }];
  let arguments = (ins Dl_Tensor:$input, DenseI64ArrayAttr:$start_indices,
                       DenseI64ArrayAttr:$limit_indices,
                       DenseI64ArrayAttr:$strides);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` `starts` `=` $start_indices `limits` `=` $limit_indices
    `strides` `=` $strides attr-dict `:` type($input) `->` type($output)
  }];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_DynamicSliceOp : Dl_DynamicallyShapedOp<"dynamic_slice", [AttrSizedOperandSegments]> {
  let summary = "result[i] = input[starts + i · strides], sizes at run time";
  let description = [{
    One entry per dimension. A stride may be negative. `sizes` is required
    where the result has a `?`. Every element read must lie inside the operand;
    else the run ends with an error.
  }];
  let arguments = (ins Dl_Tensor:$input, Dl_ShapeTensor:$start_indices,
                       Optional<Dl_ShapeTensor>:$sizes,
                       Optional<Dl_ShapeTensor>:$strides);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $start_indices `:` type($start_indices)
    (`sizes` `(` $sizes^ `:` type($sizes) `)`)?
    (`strides` `(` $strides^ `:` type($strides) `)`)? attr-dict
    `:` type($input) `->` type($output)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_DynamicUpdateSliceOp : Dl_PureOp<"dynamic_update_slice"> {
  let summary = "the operand with a box at `start_indices` replaced by `update`";
  let description = [{ The box must lie inside; else the run ends with an error. }];
  let arguments = (ins Dl_Tensor:$input, Dl_Tensor:$update,
                       Dl_ShapeTensor:$start_indices);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $update `,` $start_indices attr-dict
    `:` type($input) `,` type($update) `,` type($start_indices) `->` type($output)
  }];
  let hasFolder = 1;
}

def Dl_PadMode : Dl_Enum<"PadMode", "what fills the padding", [
  I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"edge", 1>,
  I32EnumAttrCase<"reflect", 2>, I32EnumAttrCase<"wrap", 3>]>;
def Dl_PadModeAttr : Dl_EnumAttr<Dl_PadMode, "pad_mode">;

def Dl_PadOp : Dl_DynamicallyShapedOp<"pad", [AttrSizedOperandSegments]> {
  let summary = "the operand with elements added around and between its own";
  let description = [{
    Dimension d gets low[d] elements before, high[d] after and interior[d]
    between neighbours. Negative low and high crop (`constant` mode only).
    `dynamic_low` and `dynamic_high`, both or neither, replace the attributes,
    which are then all 0. `value` fills in mode `constant` and is required there.
    `reflect` mirrors without repeating the edge, `wrap` continues from the
    other side; both repeat as often as the padding is long.
  }];
  let arguments = (ins Dl_Tensor:$input, Optional<Dl_ScalarTensor>:$value,
                       Optional<Dl_ShapeTensor>:$dynamic_low,
                       Optional<Dl_ShapeTensor>:$dynamic_high,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       DenseI64ArrayAttr:$interior,
                       DefaultValuedAttr<Dl_PadModeAttr, "PadMode::constant">:$mode);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input (`value` `(` $value^ `:` type($value) `)`)?
    (`dynamic_low` `(` $dynamic_low^ `:` type($dynamic_low) `)`)?
    (`dynamic_high` `(` $dynamic_high^ `:` type($dynamic_high) `)`)?
    `low` `=` $low `high` `=` $high `interior` `=` $interior attr-dict
    `:` type($input) `->` type($output)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_ReverseOp : Dl_PureOp<"reverse"> {
  let summary = "the order along the given dimensions reversed";
  let arguments = (ins Dl_Tensor:$input, DenseI64ArrayAttr:$dimensions);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat =
    "$input `,` `dims` `=` $dimensions attr-dict `:` type($input) `->` type($output)";
  let hasFolder = 1;
}

def Dl_GatherOp : Dl_PureOp<"gather"> {
  let summary = "slices of the operand at computed positions";
  let description = [{
    StableHLO's gather. `slice_sizes[d] = -1` means the whole operand dimension
    d. Dimensions in `collapsed_slice_dims` and `operand_batching_dims` have
    slice size 1 and vanish; the others appear at `offset_dims` of the result.
    What an index outside does is `mode`'s matter.
  }];
  let arguments = (ins Dl_Tensor:$input, Dl_IndexTensor:$indices,
      DenseI64ArrayAttr:$offset_dims, DenseI64ArrayAttr:$collapsed_slice_dims,
      DenseI64ArrayAttr:$operand_batching_dims,
      DenseI64ArrayAttr:$start_indices_batching_dims,
      DenseI64ArrayAttr:$start_index_map, I64Attr:$index_vector_dim,
      DenseI64ArrayAttr:$slice_sizes,
      DefaultValuedAttr<Dl_IndexModeAttr, "IndexMode::error">:$mode);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($output)
  }];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let builders = [
    /// numpy.take along `axis`: result shape is input.shape[:axis] +
    /// indices.shape + input.shape[axis+1:].
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$indices,
                   "int64_t":$axis, CArg<"IndexMode", "IndexMode::error">:$mode)>,
  ];
}

def Dl_ScatterKind : Dl_Enum<"ScatterKind", "how an update meets the old element", [
  I32EnumAttrCase<"replace", 0>, I32EnumAttrCase<"add", 1>,
  I32EnumAttrCase<"mul", 2>, I32EnumAttrCase<"max", 3>, I32EnumAttrCase<"min", 4>]>;
def Dl_ScatterKindAttr : Dl_EnumAttr<Dl_ScatterKind, "scatter_kind">;

def Dl_ScatterOp : Dl_PureOp<"scatter"> {
  let summary = "the operand with updates combined in at computed positions";
  let description = [{
    StableHLO's scatter with one of five combiners. Updates are applied in
    row-major order of `updates`: with `replace`, the last one stays.
  }];
  let arguments = (ins Dl_Tensor:$input, Dl_IndexTensor:$indices, Dl_Tensor:$updates,
      DenseI64ArrayAttr:$update_window_dims, DenseI64ArrayAttr:$inserted_window_dims,
      DenseI64ArrayAttr:$input_batching_dims,
      DenseI64ArrayAttr:$scatter_indices_batching_dims,
      DenseI64ArrayAttr:$scatter_dims_to_operand_dims, I64Attr:$index_vector_dim,
      DefaultValuedAttr<Dl_ScatterKindAttr, "ScatterKind::replace">:$kind,
      DefaultValuedAttr<Dl_IndexModeAttr, "IndexMode::error">:$mode);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $indices `,` $updates attr-dict
    `:` type($input) `,` type($indices) `,` type($updates) `->` type($output)
  }];
}

#endif // DL_SHAPE_OPS_TD
