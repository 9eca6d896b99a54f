//===- DlUnaryOps.cpp - elementwise ops of one operand --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlUtils.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlUnaryOps.cpp.inc"

// That shapes and element types agree is what the traits verify (C1).

#define DL_UNARY(Op)                                                                     \
  DL_INFER_RETURN_TYPES(Op) {                                                            \
    types.push_back(operands.front().getType());                                         \
    return success();                                                                    \
  }                                                                                      \
  DL_REIFY_RESULT_SHAPES(Op) { return reifyLike(builder, *this, getInput(), reified); }

#define DL_PREDICATE(Op)                                                                 \
  DL_INFER_RETURN_TYPES(Op) {                                                            \
    types.push_back(                                                                     \
        getTensorType(operands.front()).clone(IntegerType::get(context, 1)));            \
    return success();                                                                    \
  }                                                                                      \
  DL_REIFY_RESULT_SHAPES(Op) { return reifyLike(builder, *this, getInput(), reified); }

DL_UNARY(NegOp)
DL_UNARY(AbsOp)
DL_UNARY(SignOp)
DL_UNARY(ExpOp)
DL_UNARY(Expm1Op)
DL_UNARY(LogOp)
DL_UNARY(Log1pOp)
DL_UNARY(SqrtOp)
DL_UNARY(RsqrtOp)
DL_UNARY(ReciprocalOp)
DL_UNARY(SinOp)
DL_UNARY(CosOp)
DL_UNARY(TanOp)
DL_UNARY(AsinOp)
DL_UNARY(AcosOp)
DL_UNARY(AtanOp)
DL_UNARY(SinhOp)
DL_UNARY(CoshOp)
DL_UNARY(TanhOp)
DL_UNARY(AsinhOp)
DL_UNARY(AcoshOp)
DL_UNARY(AtanhOp)
DL_UNARY(ErfOp)
DL_UNARY(ErfInvOp)
DL_UNARY(LgammaOp)
DL_UNARY(DigammaOp)
DL_UNARY(SigmoidOp)
DL_UNARY(FloorOp)
DL_UNARY(CeilOp)
DL_UNARY(RoundOp)
DL_UNARY(TruncOp)
DL_UNARY(NotOp)
DL_UNARY(ReluOp)
DL_UNARY(SiluOp)
DL_UNARY(GeluOp)

DL_PREDICATE(IsNanOp)
DL_PREDICATE(IsInfOp)
