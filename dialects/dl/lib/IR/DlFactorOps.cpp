//===- DlFactorOps.cpp - factorisations and solvers of the dl dialect -----===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comments such as `// lu C1` name the constraint of docs/spec/factor.md that
// the next lines check.
//
//===----------------------------------------------------------------------===//

#include "DlSizes.h"
#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlFactorOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Stacks of matrices
//===----------------------------------------------------------------------===//

/// Checks that `type` has rows and columns.
static LogicalResult checkMatrix(Complaint complain, StringRef name, RankedTensorType type) {
  if (type.getRank() < 2)
    return complain(name, " ", type, " is not a stack of matrices");
  return success();
}

/// Checks that the last two dimensions of `type` may be equal.
static LogicalResult checkSquare(Complaint complain, StringRef name, RankedTensorType type) {
  int64_t rank = type.getRank();
  if (rank < 2 || !mayEqual(type.getDimSize(rank - 1), type.getDimSize(rank - 2)))
    return complain(name, " ", type, " is not a stack of square matrices");
  return success();
}

static int64_t countRows(RankedTensorType type) { return type.getDimSize(type.getRank() - 2); }
static int64_t countColumns(RankedTensorType type) { return type.getDimSize(type.getRank() - 1); }

/// Checks that `other`, with `dims` dimensions for each matrix, has the batch sizes of
/// `type`.
static LogicalResult checkBatches(Complaint complain, StringRef name, RankedTensorType type,
                                  StringRef otherName, RankedTensorType other, int64_t dims) {
  if (other.getRank() - dims != type.getRank() - 2)
    return complain(otherName, " ", other, " has a wrong rank for ", name, " ", type);
  for (int64_t d = 0; d < type.getRank() - 2; ++d)
    if (!mayEqual(type.getDimSize(d), other.getDimSize(d)))
      return complain(name, " ", type, " and ", otherName, " ", other,
                      " differ in batch dimension ", d);
  return success();
}

/// The smaller of two sizes, where that is known.
static int64_t minSize(int64_t a, int64_t b) {
  return isUnknown(a) || isUnknown(b) ? ShapedType::kDynamic : std::min(a, b);
}

/// A type of the batch sizes of `type` and then `sizes`.
static RankedTensorType perMatrix(RankedTensorType type, ArrayRef<int64_t> sizes,
                                  Type elementType = {}) {
  SmallVector<int64_t> shape(type.getShape().drop_back(2));
  llvm::append_range(shape, sizes);
  return RankedTensorType::get(shape, elementType ? elementType : type.getElementType());
}

/// `type`, its rows and columns merged.
static int64_t getOrder(RankedTensorType type) {
  return mergeSizes(countRows(type), countColumns(type));
}

/// What an op gives of rows and columns, by result and dimension past the batches.
using MatrixSize = llvm::function_ref<OpFoldResult(SizeBuilder &, OpFoldResult rows,
                                                   OpFoldResult columns, int64_t result,
                                                   int64_t dim)>;

static LogicalResult reifyMatrices(Operation *op, OpBuilder &builder,
                                   ReifiedRankedShapedTypeDims &shapes, MatrixSize size) {
  Value input = op->getOperand(0);
  int64_t batches = getTensorType(input).getRank() - 2;
  return reifyEach(op, builder, shapes, [&](SizeBuilder &sizes, int64_t result, int64_t d) {
    if (d < batches)
      return sizes.dim(input, d);
    return size(sizes, sizes.dim(input, batches), sizes.dim(input, batches + 1), result,
                d - batches);
  });
}

/// All sizes that follow the batches' are the matrices' order.
static LogicalResult reifySquare(Operation *op, OpBuilder &builder,
                                 ReifiedRankedShapedTypeDims &shapes) {
  return reifyMatrices(op, builder, shapes,
                       [](SizeBuilder &, OpFoldResult rows, OpFoldResult, int64_t, int64_t) {
                         return rows;
                       });
}

/// lu, householder_qr: matrices of the input's type, and for each a vector as long as the
/// shorter side.
static LogicalResult inferFactors(Complaint complain, Value operand, Type vectorElement,
                                  SmallVectorImpl<Type> &types) {
  RankedTensorType input = getTensorType(operand);
  if (failed(checkMatrix(complain, "input", input)))
    return failure();
  types.push_back(input);
  types.push_back(
      perMatrix(input, minSize(countRows(input), countColumns(input)), vectorElement));
  return success();
}

static LogicalResult reifyFactors(Operation *op, OpBuilder &builder,
                                  ReifiedRankedShapedTypeDims &shapes) {
  return reifyMatrices(op, builder, shapes,
                       [](SizeBuilder &sizes, OpFoldResult rows, OpFoldResult columns,
                          int64_t result, int64_t dim) {
                         if (result == 1)
                           return sizes.min(rows, columns);
                         return dim == 0 ? rows : columns;
                       });
}

//===----------------------------------------------------------------------===//
// cholesky, triangular_solve
//===----------------------------------------------------------------------===//

LogicalResult CholeskyOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                           ValueRange operands, DictionaryAttr attributes,
                                           OpaqueProperties properties, RegionRange regions,
                                           SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  // cholesky C1
  if (failed(checkSquare(complain, "input", input)))
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  int64_t rank = input.getRank();
  shape[rank - 1] = shape[rank - 2] = mergeSizes(shape[rank - 1], shape[rank - 2]);
  types.push_back(input.clone(shape));
  return success();
}

LogicalResult CholeskyOp::reifyResultShapes(OpBuilder &builder,
                                            ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    return sizes.dim(getInput(), d);
  });
}

LogicalResult TriangularSolveOp::inferReturnTypes(MLIRContext *context,
                                                  std::optional<Location> location,
                                                  ValueRange operands, DictionaryAttr attributes,
                                                  OpaqueProperties properties, RegionRange regions,
                                                  SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType a = getTensorType(op.getA()), b = getTensorType(op.getB());
  int64_t rank = a.getRank();
  // triangular_solve C1
  if (failed(checkSquare(complain, "a", a)))
    return failure();
  // triangular_solve C2
  if (b.getRank() != rank || a.getElementType() != b.getElementType())
    return complain("a ", a, " and b ", b, " differ in rank or element type");
  // triangular_solve C3
  SmallVector<int64_t> shape(b.getShape());
  for (int64_t d = 0; d < rank - 2; ++d) {
    if (!mayEqual(a.getDimSize(d), shape[d]))
      return complain("a ", a, " and b ", b, " differ in batch dimension ", d);
    shape[d] = mergeSizes(shape[d], a.getDimSize(d));
  }
  // triangular_solve C4
  int64_t matched = op.getRightSide() ? rank - 1 : rank - 2;
  int64_t order = mergeSizes(a.getDimSize(rank - 1), a.getDimSize(rank - 2));
  if (!mayEqual(order, shape[matched]))
    return complain("a ", a, " cannot be solved for b ", b);
  shape[matched] = mergeSizes(shape[matched], order);
  types.push_back(b.clone(shape));
  return success();
}

LogicalResult TriangularSolveOp::reifyResultShapes(OpBuilder &builder,
                                                   ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    return sizes.dim(getB(), d);
  });
}

//===----------------------------------------------------------------------===//
// lu, exchange_rows
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(LuOp) {
  Adaptor op(operands, attributes, properties, regions);
  // lu C1
  return inferFactors({loc, getOperationName()}, op.getInput(), IntegerType::get(context, 32),
                      types);
}

DL_REIFY_RESULT_SHAPES(LuOp) {
  return reifyFactors(*this, builder, reified);
}

DL_INFER_RETURN_TYPES(ExchangeRowsOp) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{loc, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput()), pivots = getTensorType(op.getPivots());
  // exchange_rows C1, C2
  if (failed(checkMatrix(complain, "input", input)) ||
      failed(checkBatches(complain, "input", input, "pivots", pivots, 1)))
    return failure();
  // exchange_rows C3
  int64_t rows = countRows(input), count = pivots.getShape().back();
  if (!isUnknown(rows) && !isUnknown(count) && count > rows)
    return complain(count, " pivots exchange rows of input ", input);
  types.push_back(input);
  return success();
}

DL_REIFY_RESULT_SHAPES(ExchangeRowsOp) {
  return reifyLike(builder, getOutput(), getInput(), reified);
}

//===----------------------------------------------------------------------===//
// householder_qr, householder_product, qr
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(HouseholderQrOp) {
  Adaptor op(operands, attributes, properties, regions);
  // householder_qr C1
  return inferFactors({loc, getOperationName()}, op.getInput(), /*elementType=*/{}, types);
}

DL_REIFY_RESULT_SHAPES(HouseholderQrOp) {
  return reifyFactors(*this, builder, reified);
}

DL_INFER_RETURN_TYPES(HouseholderProductOp) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{loc, getOperationName()};
  RankedTensorType factors = getTensorType(op.getFactors()), tau = getTensorType(op.getTau());
  // householder_product C1, C2
  if (failed(checkMatrix(complain, "factors", factors)) ||
      failed(checkBatches(complain, "factors", factors, "tau", tau, 1)))
    return failure();
  // householder_product C3
  if (factors.getElementType() != tau.getElementType())
    return complain("factors ", factors, " and tau ", tau, " differ in element type");
  // householder_product C4
  int64_t rows = countRows(factors), columns = countColumns(factors);
  int64_t count = tau.getShape().back();
  if ((!isUnknown(rows) && !isUnknown(columns) && columns > rows) ||
      (!isUnknown(columns) && !isUnknown(count) && count > columns))
    return complain("factors ", factors, " should have at least as many rows as columns, and "
                    "as many columns as tau ", tau, " has elements");
  types.push_back(factors);
  return success();
}

DL_REIFY_RESULT_SHAPES(HouseholderProductOp) {
  return reifyLike(builder, getOutput(), getFactors(), reified);
}

DL_INFER_RETURN_TYPES(QrOp) {
  Adaptor op(operands, attributes, properties, regions);
  RankedTensorType input = getTensorType(op.getInput());
  // qr C1
  if (failed(checkMatrix({loc, getOperationName()}, "input", input)))
    return failure();
  int64_t rows = countRows(input), columns = countColumns(input);
  int64_t inner = op.getComplete() ? rows : minSize(rows, columns);
  types.push_back(perMatrix(input, {rows, inner}));
  types.push_back(perMatrix(input, {inner, columns}));
  return success();
}

DL_REIFY_RESULT_SHAPES(QrOp) {
  return reifyMatrices(*this, builder, reified,
                       [&](SizeBuilder &sizes, OpFoldResult rows, OpFoldResult columns,
                           int64_t result, int64_t dim) {
                         if (result == dim)
                           return result == 0 ? rows : columns;
                         return getComplete() ? rows : sizes.min(rows, columns);
                       });
}

//===----------------------------------------------------------------------===//
// eigh, svd
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(EighOp) {
  Adaptor op(operands, attributes, properties, regions);
  RankedTensorType input = getTensorType(op.getInput());
  // eigh C1
  if (failed(checkSquare({loc, getOperationName()}, "input", input)))
    return failure();
  int64_t order = getOrder(input);
  types.push_back(perMatrix(input, order));
  types.push_back(perMatrix(input, {order, order}));
  return success();
}

DL_REIFY_RESULT_SHAPES(EighOp) {
  return reifySquare(*this, builder, reified);
}

DL_INFER_RETURN_TYPES(EigOp) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{loc, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  // eig C1
  int64_t rank = input.getRank();
  if (rank < 3 || !mayEqual(input.getDimSize(rank - 3), input.getDimSize(rank - 2)))
    return complain("input ", input, " is not a stack of square matrices of complex numbers");
  // eig C2
  if (input.getDimSize(rank - 1) != 2)
    return complain("input ", input, " is not complex: its last size is not 2");
  SmallVector<int64_t> shape(input.getShape().drop_back(2));
  shape.back() = mergeSizes(shape.back(), input.getDimSize(rank - 2));
  SmallVector<int64_t> vectors = shape;
  vectors.append({shape.back(), 2});
  shape.push_back(2);
  types.push_back(input.clone(shape));
  types.push_back(input.clone(vectors));
  return success();
}

DL_REIFY_RESULT_SHAPES(EigOp) {
  return reifyEach(*this, builder, reified, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    return sizes.dim(getInput(), d);
  });
}

DL_INFER_RETURN_TYPES(SvdOp) {
  Adaptor op(operands, attributes, properties, regions);
  RankedTensorType input = getTensorType(op.getInput());
  // svd C1
  if (failed(checkMatrix({loc, getOperationName()}, "input", input)))
    return failure();
  int64_t rows = countRows(input), columns = countColumns(input), inner = minSize(rows, columns);
  types.push_back(perMatrix(input, {rows, op.getFull() ? rows : inner}));
  types.push_back(perMatrix(input, inner));
  types.push_back(perMatrix(input, {op.getFull() ? columns : inner, columns}));
  return success();
}

DL_REIFY_RESULT_SHAPES(SvdOp) {
  return reifyMatrices(*this, builder, reified,
                       [&](SizeBuilder &sizes, OpFoldResult rows, OpFoldResult columns,
                           int64_t result, int64_t dim) {
                         if (result == 1)
                           return sizes.min(rows, columns);
                         bool isInner = result == 0 ? dim == 1 : dim == 0;
                         if (isInner && !getFull())
                           return sizes.min(rows, columns);
                         return result == 0 ? rows : columns;
                       });
}

//===----------------------------------------------------------------------===//
// ldl, ldl_solve
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(LdlOp) {
  Adaptor op(operands, attributes, properties, regions);
  RankedTensorType input = getTensorType(op.getInput());
  // ldl C1
  if (failed(checkSquare({loc, getOperationName()}, "input", input)))
    return failure();
  int64_t order = getOrder(input);
  types.push_back(perMatrix(input, {order, order}));
  types.push_back(perMatrix(input, order, IntegerType::get(context, 32)));
  return success();
}

DL_REIFY_RESULT_SHAPES(LdlOp) {
  return reifySquare(*this, builder, reified);
}

DL_INFER_RETURN_TYPES(LdlSolveOp) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{loc, getOperationName()};
  RankedTensorType factors = getTensorType(op.getFactors()), b = getTensorType(op.getB());
  RankedTensorType pivots = getTensorType(op.getPivots());
  // ldl_solve C1, C2
  if (failed(checkSquare(complain, "factors", factors)) ||
      failed(checkBatches(complain, "factors", factors, "b", b, 2)) ||
      failed(checkBatches(complain, "factors", factors, "pivots", pivots, 1)))
    return failure();
  // ldl_solve C3
  if (factors.getElementType() != b.getElementType())
    return complain("factors ", factors, " and b ", b, " differ in element type");
  // ldl_solve C4
  int64_t order = getOrder(factors);
  if (!mayEqual(order, countRows(b)) || !mayEqual(order, pivots.getShape().back()))
    return complain("factors ", factors, " and pivots ", pivots, " cannot be solved for b ", b);
  types.push_back(b);
  return success();
}

DL_REIFY_RESULT_SHAPES(LdlSolveOp) {
  return reifyLike(builder, getOutput(), getB(), reified);
}
