//===- DlEscapeOps.td - data-dependent shapes, foreign code, checks -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_ESCAPE_OPS_TD
#define DL_ESCAPE_OPS_TD

include "dl/IR/DlBase.td"

def Dl_NonzeroOp : Dl_PureOp<"nonzero"> {
  let summary = "the coordinates of the elements that are not zero, row-major: rank × count";
  let arguments = (ins Dl_Tensor:$input);
  let results = (outs Dl_IndexTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
}

def Dl_UniqueOp : Dl_PureOp<"unique"> {
  let summary = "the distinct elements, or distinct slices along `axis`";
  let description = [{
    Results: the values (ascending with `sorted`, else in order of first
    occurrence), each one's first position, for every element (slice) its place
    among the values, and how often each occurs. Without `axis` the operand is
    taken flat. NaNs are one value, or with `separate_nans` one each.
  }];
  let arguments = (ins Dl_Tensor:$input, OptionalAttr<I64Attr>:$axis, UnitAttr:$sorted,
                       UnitAttr:$separate_nans);
  let results = (outs Dl_Tensor:$values, Dl_IndexTensor:$first_indices,
                      Dl_IndexTensor:$inverse_indices, Dl_IndexTensor:$counts);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($values) `,` type($first_indices) `,`
    type($inverse_indices) `,` type($counts)
  }];
}

def Dl_NonMaxSuppressionOp : Dl_PureOp<"non_max_suppression"> {
  let summary = "boxes chosen greedily by score, dropping those that overlap a chosen one";
  let description = [{
    boxes N,B,4 (corners y1,x1,y2,x2 in either order, or with `center_point_box`
    x,y,width,height); scores N,C,B; the three scalars are the most boxes per class
    (0: none), the overlap above which a box is dropped, and the score that a box must
    exceed. Result rows: batch, class, box.
  }];
  let arguments = (ins Dl_FloatTensor:$boxes, Dl_FloatTensor:$scores, Dl_ScalarInt:$max_output,
      Dl_ScalarTensor:$iou_threshold, Optional<Dl_ScalarTensor>:$score_threshold,
      UnitAttr:$center_point_box);
  let results = (outs Dl_IndexTensor:$output);
  let assemblyFormat = [{
    $boxes `,` $scores `,` $max_output `,` $iou_threshold
    (`score_threshold` `(` $score_threshold^ `:` type($score_threshold) `)`)? attr-dict
    `:` type($boxes) `,` type($scores) `,` type($max_output) `,` type($iou_threshold)
    `->` type($output)
  }];
}

def Dl_CustomCallOp : Dl_Op<"custom_call"> {
  let summary = "a function that the user links: `target`";
  let description = [{
    The artefact calls the C function
    `int32_t target(const DLTensor *const *inputs, DLTensor *const *outputs)`,
    0 meaning success. Result shapes are static. With `has_side_effect` the
    call is never removed or repeated.
  }];
  let arguments = (ins Variadic<Dl_Tensor>:$inputs, StrAttr:$target, UnitAttr:$has_side_effect,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<Dl_Tensor>:$outputs);
  let assemblyFormat = "$target `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
  let hasVerifier = 1;
}

def Dl_AssertOp : Dl_Op<"assert", [MemoryEffects<[MemWrite]>]> {
  let summary = "ends the run with `message` unless every element of the predicate holds";
  let arguments = (ins Dl_BoolTensor:$pred, StrAttr:$message);
  let assemblyFormat = "$pred `,` $message attr-dict `:` type($pred)";
  let hasCanonicalizer = 1;
}

#endif // DL_ESCAPE_OPS_TD
