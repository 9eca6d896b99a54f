//===- Factor.cpp - factorisations as routines of the runtime -------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Factorisations and solvers are calls of C routines (dlc/Runtime/Kernels.h) on
// buffers.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

using B = ImplicitLocOpBuilder;

/// The product of all sizes but the last two.
static OpFoldResult countBatches(B &b, ArrayRef<OpFoldResult> sizes) {
  OpFoldResult count = b.getIndexAttr(1);
  for (OpFoldResult size : sizes.drop_back(2))
    count = mulIndex(b, count, size);
  return count;
}

static LogicalResult lowerCholesky(dl::CholeskyOp op, dl::CholeskyOp::Adaptor adaptor,
                                   ConversionPatternRewriter &rewriter, B &b) {
  SmallVector<OpFoldResult> sizes = getSizes(b, adaptor.getInput());
  RoutineResult result(b, storageTensorType(op.getOutput()), sizes);
  callRuntime(b, "dlc_kernel_cholesky",
              {callContext(b), elementCode(b, elementOf(op.getInput())),
               inputPointer(b, adaptor.getInput()), result.pointer(b),
               i64Argument(b, countBatches(b, sizes)), i64Argument(b, sizes.back()),
               i32Argument(b, op.getUpper())});
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

static LogicalResult lowerTriangularSolve(dl::TriangularSolveOp op,
                                          dl::TriangularSolveOp::Adaptor adaptor,
                                          ConversionPatternRewriter &rewriter, B &b) {
  SmallVector<OpFoldResult> aSizes = getSizes(b, adaptor.getA()), sizes = getSizes(b, adaptor.getB());
  RoutineResult result(b, storageTensorType(op.getOutput()), sizes);
  OpFoldResult columns = op.getRightSide() ? sizes[sizes.size() - 2] : sizes.back();
  callRuntime(b, "dlc_kernel_triangular_solve",
              {callContext(b), elementCode(b, elementOf(op.getA())),
               inputPointer(b, adaptor.getA()), inputPointer(b, adaptor.getB()),
               result.pointer(b), i64Argument(b, countBatches(b, sizes)),
               i64Argument(b, aSizes.back()), i64Argument(b, columns),
               i32Argument(b, op.getRightSide()), i32Argument(b, op.getUpper()),
               i32Argument(b, op.getUnitDiagonal()), i32Argument(b, op.getTranspose())});
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

/// The last two sizes of a stack of matrices.
static OpFoldResult getRows(ArrayRef<OpFoldResult> sizes) { return sizes[sizes.size() - 2]; }
static OpFoldResult getColumns(ArrayRef<OpFoldResult> sizes) { return sizes.back(); }

/// The bytes of an element in memory.
static Value elementBytes(B &b, Value tensor) {
  Type storage = storageTensorType(tensor).getElementType();
  return i32Argument(b, storage.isIndex() ? 8 : storage.getIntOrFloatBitWidth() / 8);
}

namespace {
/// Buffers for all results of an op; replaces it by them.
struct Results {
  Results(B &b, ArrayRef<SmallVector<OpFoldResult>> sizes, Operation *op) {
    for (auto [value, shape] : llvm::zip_equal(op->getResults(), sizes))
      buffers.emplace_back(b, storageTensorType(value), shape);
  }
  Value pointer(B &b, unsigned i) const { return buffers[i].pointer(b); }
  /// The same, or null for a result that nobody uses.
  Value pointerIfUsed(B &b, Value result, unsigned i) const {
    return result.use_empty() ? nullPointer(b) : pointer(b, i);
  }
  void replace(B &b, ConversionPatternRewriter &rewriter, Operation *op) const {
    SmallVector<Value> tensors;
    for (const RoutineResult &buffer : buffers)
      tensors.push_back(buffer.tensor(b));
    rewriter.replaceOp(op, tensors);
  }
  SmallVector<RoutineResult> buffers;
};
} // namespace

/// What a routine takes after the call, the element type and the input.
using Arguments = llvm::function_ref<SmallVector<Value>(const Results &, ArrayRef<OpFoldResult>)>;

/// An op of one operand as a routine that fills buffers for its results; `arguments` is
/// given those and the operand's sizes.
template <typename OpTy>
static LogicalResult lowerToRoutine(OpTy op, typename OpTy::Adaptor adaptor,
                                    ConversionPatternRewriter &rewriter, B &b, StringRef routine,
                                    Arguments arguments) {
  FailureOr<SmallVector<SmallVector<OpFoldResult>>> shapes = getResultSizes(b, op);
  if (failed(shapes))
    return failure();
  Results results(b, *shapes, op);
  SmallVector<Value> all{callContext(b), elementCode(b, elementOf(op.getInput())),
                         inputPointer(b, adaptor.getInput())};
  llvm::append_range(all, arguments(results, getSizes(b, adaptor.getInput())));
  callRuntime(b, routine, all);
  results.replace(b, rewriter, op);
  return success();
}

/// lu, householder_qr: two results, and rows and columns.
template <typename OpTy>
static LogicalResult lowerRectangular(OpTy op, typename OpTy::Adaptor adaptor,
                                      ConversionPatternRewriter &rewriter, B &b) {
  StringRef routine =
      std::is_same_v<OpTy, dl::LuOp> ? "dlc_kernel_lu" : "dlc_kernel_householder_qr";
  return lowerToRoutine(op, adaptor, rewriter, b, routine,
                        [&](const Results &results, ArrayRef<OpFoldResult> sizes) {
                          return SmallVector<Value>{results.pointer(b, 0), results.pointer(b, 1),
                                                    i64Argument(b, countBatches(b, sizes)),
                                                    i64Argument(b, getRows(sizes)),
                                                    i64Argument(b, getColumns(sizes))};
                        });
}

static LogicalResult lowerExchangeRows(dl::ExchangeRowsOp op, dl::ExchangeRowsOp::Adaptor adaptor,
                                       ConversionPatternRewriter &rewriter, B &b) {
  SmallVector<OpFoldResult> sizes = getSizes(b, adaptor.getInput());
  Value rows = toValue(b, getRows(sizes)), pivots = adaptor.getPivots();
  Value isInside = checkNone(b, pivots, [&](B &b, Value pivot, ArrayRef<Value>) -> Value {
    // As an unsigned number a negative one is large.
    return arith::CmpIOp::create(b, arith::CmpIPredicate::uge, toIndex(b, pivot), rows);
  });
  check(b, isInside, "a pivot is none of the matrix' rows");
  RoutineResult result(b, storageTensorType(op.getOutput()), sizes);
  callRuntime(b, "dlc_kernel_exchange_rows",
              {elementBytes(b, op.getInput()), inputPointer(b, adaptor.getInput()),
               inputPointer(b, pivots), elementBytes(b, op.getPivots()), result.pointer(b),
               i64Argument(b, countBatches(b, sizes)), i64Argument(b, getRows(sizes)),
               i64Argument(b, getColumns(sizes)), i64Argument(b, getSizes(b, pivots).back()),
               i32Argument(b, op.getBackward())});
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

static LogicalResult lowerHouseholderProduct(dl::HouseholderProductOp op,
                                             dl::HouseholderProductOp::Adaptor adaptor,
                                             ConversionPatternRewriter &rewriter, B &b) {
  SmallVector<OpFoldResult> sizes = getSizes(b, adaptor.getFactors());
  RoutineResult result(b, storageTensorType(op.getOutput()), sizes);
  callRuntime(b, "dlc_kernel_householder_product",
              {callContext(b), elementCode(b, elementOf(op.getFactors())),
               inputPointer(b, adaptor.getFactors()), inputPointer(b, adaptor.getTau()),
               result.pointer(b), i64Argument(b, countBatches(b, sizes)),
               i64Argument(b, getRows(sizes)), i64Argument(b, getColumns(sizes)),
               i64Argument(b, getSizes(b, adaptor.getTau()).back())});
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

static LogicalResult lowerEigh(dl::EighOp op, dl::EighOp::Adaptor adaptor,
                               ConversionPatternRewriter &rewriter, B &b) {
  return lowerToRoutine(op, adaptor, rewriter, b, "dlc_kernel_eigh",
                        [&](const Results &results, ArrayRef<OpFoldResult> sizes) {
                          return SmallVector<Value>{
                              results.pointer(b, 0), results.pointerIfUsed(b, op.getVectors(), 1),
                              i64Argument(b, countBatches(b, sizes)),
                              i64Argument(b, getColumns(sizes)), i32Argument(b, op.getUpper())};
                        });
}

/// The last size is that of a complex number.
static LogicalResult lowerEig(dl::EigOp op, dl::EigOp::Adaptor adaptor,
                              ConversionPatternRewriter &rewriter, B &b) {
  return lowerToRoutine(op, adaptor, rewriter, b, "dlc_kernel_eig",
                        [&](const Results &results, ArrayRef<OpFoldResult> sizes) {
                          sizes = sizes.drop_back();
                          return SmallVector<Value>{
                              results.pointer(b, 0), results.pointerIfUsed(b, op.getVectors(), 1),
                              i64Argument(b, countBatches(b, sizes)),
                              i64Argument(b, getColumns(sizes))};
                        });
}

static LogicalResult lowerSvd(dl::SvdOp op, dl::SvdOp::Adaptor adaptor,
                              ConversionPatternRewriter &rewriter, B &b) {
  return lowerToRoutine(op, adaptor, rewriter, b, "dlc_kernel_svd",
                        [&](const Results &results, ArrayRef<OpFoldResult> sizes) {
                          return SmallVector<Value>{results.pointerIfUsed(b, op.getU(), 0),
                                                    results.pointer(b, 1),
                                                    results.pointerIfUsed(b, op.getVt(), 2),
                                                    i64Argument(b, countBatches(b, sizes)),
                                                    i64Argument(b, getRows(sizes)),
                                                    i64Argument(b, getColumns(sizes)),
                                                    i32Argument(b, op.getFull())};
                        });
}

static LogicalResult lowerLdl(dl::LdlOp op, dl::LdlOp::Adaptor adaptor,
                              ConversionPatternRewriter &rewriter, B &b) {
  return lowerToRoutine(op, adaptor, rewriter, b, "dlc_kernel_ldl",
                        [&](const Results &results, ArrayRef<OpFoldResult> sizes) {
                          return SmallVector<Value>{results.pointer(b, 0), results.pointer(b, 1),
                                                    i64Argument(b, countBatches(b, sizes)),
                                                    i64Argument(b, getColumns(sizes))};
                        });
}

static LogicalResult lowerLdlSolve(dl::LdlSolveOp op, dl::LdlSolveOp::Adaptor adaptor,
                                   ConversionPatternRewriter &rewriter, B &b) {
  SmallVector<OpFoldResult> sizes = getSizes(b, adaptor.getB());
  RoutineResult result(b, storageTensorType(op.getOutput()), sizes);
  Value isValid =
      callRuntime(b, "dlc_kernel_ldl_solve",
                  {callContext(b), elementCode(b, elementOf(op.getFactors())),
                   inputPointer(b, adaptor.getFactors()), inputPointer(b, adaptor.getPivots()),
                   elementBytes(b, op.getPivots()), inputPointer(b, adaptor.getB()),
                   result.pointer(b), i64Argument(b, countBatches(b, sizes)),
                   i64Argument(b, getRows(sizes)), i64Argument(b, getColumns(sizes))},
                  b.getI32Type())
          .getResult(0);
  check(b,
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, isValid,
                              intConstant(b, b.getI32Type(), 0)),
        "the pivots of an ldl_solve are not those of an ldl");
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

void dlc::populateDlFactorToLinalgPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  addLowering<dl::CholeskyOp>(patterns, converter, lowerCholesky);
  addLowering<dl::TriangularSolveOp>(patterns, converter, lowerTriangularSolve);
  addLowering<dl::LuOp>(patterns, converter, lowerRectangular<dl::LuOp>);
  addLowering<dl::ExchangeRowsOp>(patterns, converter, lowerExchangeRows);
  addLowering<dl::HouseholderQrOp>(patterns, converter, lowerRectangular<dl::HouseholderQrOp>);
  addLowering<dl::HouseholderProductOp>(patterns, converter, lowerHouseholderProduct);
  addLowering<dl::EighOp>(patterns, converter, lowerEigh);
  addLowering<dl::EigOp>(patterns, converter, lowerEig);
  addLowering<dl::SvdOp>(patterns, converter, lowerSvd);
  addLowering<dl::LdlOp>(patterns, converter, lowerLdl);
  addLowering<dl::LdlSolveOp>(patterns, converter, lowerLdlSolve);
}
