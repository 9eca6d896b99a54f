//===- DlWindowOps.td - pooling, resampling -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_WINDOW_OPS_TD
#define DL_WINDOW_OPS_TD

include "dl/IR/DlBase.td"

def Dl_PoolKind : Dl_Enum<"PoolKind", "what a window becomes", [
  I32EnumAttrCase<"max", 0>, I32EnumAttrCase<"average", 1>,
  I32EnumAttrCase<"sum", 2>, I32EnumAttrCase<"lp", 3>]>;
def Dl_PoolKindAttr : Dl_EnumAttr<Dl_PoolKind, "pool_kind">;

def Dl_PoolOp : Dl_PureOp<"pool"> {
  let summary = "one number per window over the spatial dimensions";
  let description = [{
    Padding holds the kind's neutral element. `average` divides by the number of
    elements inside the operand, or with `count_include_pad` inside the padded
    operand. `lp` is (Σ|x|^p)^(1/p). With `ceil_mode` the output size rounds up, but the
    last window starts inside the operand or its low padding; what lies beyond
    the high padding never counts.
  }];
  let arguments = (ins Dl_PoolKindAttr:$kind, Dl_NumberTensor:$input,
      DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$padding_low, DenseI64ArrayAttr:$padding_high,
      DenseI64ArrayAttr:$dilations, UnitAttr:$ceil_mode, UnitAttr:$count_include_pad,
      DefaultValuedAttr<I64Attr, "2">:$p,
      DefaultValuedAttr<Dl_DataLayoutAttr, "DataLayout::channels_first">:$layout);
  let results = (outs Dl_NumberTensor:$output);
  let assemblyFormat = [{
    custom<Pool>($kind) $input `window` `=` $window `strides` `=` $strides
    `padding` `=` $padding_low `,` $padding_high `dilations` `=` $dilations
    attr-dict `:` type($input) `->` type($output)
  }];
}

def Dl_MaxPoolWithIndexOp : Dl_PureOp<"max_pool_with_index"> {
  let summary = "max pooling and where each maximum lies";
  let description = [{
    The index counts the elements of one channel's spatial plane in row-major
    order, without padding (PyTorch's convention). Of equal elements the first
    is taken; a NaN is larger than any number.
  }];
  let arguments = (ins Dl_NumberTensor:$input,
      DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$padding_low, DenseI64ArrayAttr:$padding_high,
      DenseI64ArrayAttr:$dilations, UnitAttr:$ceil_mode,
      DefaultValuedAttr<Dl_DataLayoutAttr, "DataLayout::channels_first">:$layout);
  let results = (outs Dl_NumberTensor:$values, Dl_IndexTensor:$indices);
  let assemblyFormat = [{
    $input `window` `=` $window `strides` `=` $strides
    `padding` `=` $padding_low `,` $padding_high `dilations` `=` $dilations
    attr-dict `:` type($input) `->` type($values) `,` type($indices)
  }];
}

def Dl_ResizeMode : Dl_Enum<"ResizeMode", "interpolation", [
  I32EnumAttrCase<"nearest", 0>, I32EnumAttrCase<"linear", 1>, I32EnumAttrCase<"cubic", 2>]>;
def Dl_ResizeModeAttr : Dl_EnumAttr<Dl_ResizeMode, "resize_mode">;
def Dl_CoordinateMode : Dl_Enum<"CoordinateMode", "result coordinate to operand coordinate", [
  I32EnumAttrCase<"half_pixel", 0>, I32EnumAttrCase<"half_pixel_symmetric", 1>,
  I32EnumAttrCase<"pytorch_half_pixel", 2>, I32EnumAttrCase<"align_corners", 3>,
  I32EnumAttrCase<"asymmetric", 4>, I32EnumAttrCase<"tf_crop_and_resize", 5>,
  I32EnumAttrCase<"tf_half_pixel_for_nn", 6>]>;
def Dl_CoordinateModeAttr : Dl_EnumAttr<Dl_CoordinateMode, "coordinate_mode">;
def Dl_NearestMode : Dl_Enum<"NearestMode", "rounding of a nearest coordinate", [
  I32EnumAttrCase<"round_prefer_floor", 0>, I32EnumAttrCase<"round_prefer_ceil", 1>,
  I32EnumAttrCase<"floor", 2>, I32EnumAttrCase<"ceil", 3>]>;
def Dl_NearestModeAttr : Dl_EnumAttr<Dl_NearestMode, "nearest_mode">;

def Dl_ResizeOp : Dl_DynamicallyShapedOp<"resize", [AttrSizedOperandSegments]> {
  let summary = "resampling of every dimension to a new size (ONNX Resize)";
  let description = [{
    `scales` (one f32 per dimension of the operand) is used in the coordinate
    formulas; where absent it is result size / operand size. `sizes` gives the
    result's shape where it has a `?`; with neither, the result type is static.
    `roi` (2·rank numbers: starts, then ends, normalised) belongs to
    `tf_crop_and_resize`, where points outside give `extrapolation_value`.
  }];
  let arguments = (ins Dl_Tensor:$input, Optional<Dl_ShapeTensor>:$sizes,
      Optional<TensorRankOf<[F32, F64], [1]>>:$scales, Optional<TensorRankOf<[AnyFloat], [1]>>:$roi,
      Dl_ResizeModeAttr:$mode, Dl_CoordinateModeAttr:$coordinate_mode,
      DefaultValuedAttr<Dl_NearestModeAttr, "NearestMode::round_prefer_floor">:$nearest_mode,
      DefaultValuedAttr<F64Attr, "-0.75">:$cubic_coefficient,
      DefaultValuedAttr<F64Attr, "0.0">:$extrapolation_value,
      UnitAttr:$exclude_outside, UnitAttr:$antialias);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input (`sizes` `(` $sizes^ `:` type($sizes) `)`)?
    (`scales` `(` $scales^ `:` type($scales) `)`)? (`roi` `(` $roi^ `:` type($roi) `)`)?
    attr-dict `:` type($input) `->` type($output)
  }];
  let hasVerifier = 1;
}

def Dl_GridPadding : Dl_Enum<"GridPadding", "what lies outside the image", [
  I32EnumAttrCase<"zeros", 0>, I32EnumAttrCase<"border", 1>, I32EnumAttrCase<"reflection", 2>]>;
def Dl_GridPaddingAttr : Dl_EnumAttr<Dl_GridPadding, "grid_padding">;

def Dl_GridSampleOp : Dl_PureOp<"grid_sample"> {
  let summary = "the operand N,C,spatial sampled at the points of a grid N,out_spatial,rank";
  let description = [{
    Grid coordinates are in [−1, 1], last spatial dimension first, as PyTorch's
    grid_sample and ONNX GridSample define them.
  }];
  let arguments = (ins Dl_Tensor:$input, Dl_FloatTensor:$grid, Dl_ResizeModeAttr:$mode,
                       Dl_GridPaddingAttr:$padding_mode, UnitAttr:$align_corners);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = "$input `,` $grid attr-dict `:` type($input) `,` type($grid) `->` type($output)";
}

#endif // DL_WINDOW_OPS_TD
