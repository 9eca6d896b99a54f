//===- DlFormat.h - keywords in the textual form ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op whose kind is essential prints it as a bare keyword after its name:
// `dl.reduce sum %x, dims = [1]`, `dl.compare lt %a, %b`.
//
//===----------------------------------------------------------------------===//

#ifndef DL_LIB_IR_DLFORMAT_H
#define DL_LIB_IR_DLFORMAT_H

#include "dl/IR/Dl.h"

namespace dlc::dl {

template <typename AttrT>
mlir::ParseResult parseKind(mlir::OpAsmParser &parser, AttrT &attribute) {
  using EnumT = decltype(attribute.getValue());
  mlir::FailureOr<EnumT> kind = mlir::FieldParser<EnumT>::parse(parser);
  if (mlir::failed(kind))
    return mlir::failure();
  attribute = AttrT::get(parser.getContext(), *kind);
  return mlir::success();
}

template <typename AttrT>
void printKind(mlir::OpAsmPrinter &printer, AttrT attribute) {
  printer << stringifyEnum(attribute.getValue());
}

/// Defines parse<Name> and print<Name> for `custom<Name>($kind)`.
#define DL_KIND_FORMAT(Name, AttrT)                                                      \
  [[maybe_unused]] static mlir::ParseResult parse##Name(mlir::OpAsmParser &parser,       \
                                                        AttrT &attribute) {              \
    return parseKind(parser, attribute);                                                 \
  }                                                                                      \
  [[maybe_unused]] static void print##Name(mlir::OpAsmPrinter &printer, mlir::Operation *,\
                                           AttrT attribute) {                            \
    printKind(printer, attribute);                                                       \
  }

} // namespace dlc::dl

#endif // DL_LIB_IR_DLFORMAT_H
