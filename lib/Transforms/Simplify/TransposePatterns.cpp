//===- TransposePatterns.cpp - transposes moved until they cancel ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A transpose sinks towards the uses, through elementwise ops, until it meets
// one that it cancels with, or one that reads its operand in any order (a
// product, a reduction). It never is repeated: only a transpose with one use
// moves.
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using namespace dlc::simplify;

static TransposeOp getOwnTranspose(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  return transpose && transpose->hasOneUse() ? transpose : TransposeOp();
}

/// `value` in the order that a transpose by `permutation` brings to value's own:
/// below such a transpose, or a broadcast whose result can be made in any
/// order. Null where neither.
static Value beforeTranspose(TensorBuilder &b, Value value, ArrayRef<int64_t> permutation) {
  if (auto transpose = getOwnTranspose(value))
    return transpose.getPermutation() == permutation ? transpose.getInput() : Value();
  RankedTensorType type = getTensorType(value);
  SmallVector<int64_t> shape(type.getRank());
  for (auto [d, from] : llvm::enumerate(permutation))
    shape[from] = type.getDimSize(d);
  if (auto constant = value.getDefiningOp<ConstantOp>()) {
    auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!elements || !elements.isSplat())
      return {};
    return ConstantOp::create(b, elements.resizeSplat(type.clone(shape)));
  }
  auto broadcast = value.getDefiningOp<BroadcastInDimOp>();
  if (!broadcast || broadcast.getShape())
    return {};
  // Operand dimensions keep their order only if the moved ones do.
  SmallVector<int64_t> dims;
  for (int64_t dim : broadcast.getBroadcastDimensions())
    dims.push_back(permutation[dim]);
  if (!llvm::is_sorted(dims))
    return {};
  return BroadcastInDimOp::create(b, type.clone(shape), broadcast.getInput(), Value(), dims);
}

namespace {
/// relu(transpose(x)) → transpose(relu(x)), and
/// add(transpose(x), transpose(y)) → transpose(add(x, y)) for equal
/// permutations, or y a broadcast, which is made in x's order instead.
struct SinkTranspose : OpTraitRewritePattern<OpTrait::Elementwise> {
  using OpTraitRewritePattern::OpTraitRewritePattern;

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_present<DlDialect>(op->getDialect()) || op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "not an elementwise op of one result");
    TransposeOp first;
    for (Value operand : op->getOperands())
      if (!first)
        first = getOwnTranspose(operand);
    if (!first)
      return rewriter.notifyMatchFailure(op, "no operand is a transpose of its own");
    ArrayRef<int64_t> permutation = first.getPermutation();
    // A transpose that a neighbour shares is no gain to move.
    for (Value operand : op->getOperands())
      if (!canMove(operand, permutation))
        return rewriter.notifyMatchFailure(op, "an operand stands in another order");
    TensorBuilder b(rewriter, op->getLoc());
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      Value moved = beforeTranspose(b, operand, permutation);
      if (!moved)
        return rewriter.notifyMatchFailure(op, "an operand stands in another order");
      operands.push_back(moved);
    }
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<int64_t> shape(type.getRank());
    for (auto [d, from] : llvm::enumerate(permutation))
      shape[from] = type.getDimSize(d);
    OperationState state(op->getLoc(), op->getName(), operands, type.clone(shape),
                         op->getDiscardableAttrDictionary().getValue());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    Operation *moved = rewriter.create(state);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, type, moved->getResult(0), permutation);
    return success();
  }

private:
  /// Whether beforeTranspose succeeds, without building anything.
  static bool canMove(Value value, ArrayRef<int64_t> permutation) {
    if (auto transpose = getOwnTranspose(value))
      return transpose.getPermutation() == permutation;
    if (auto constant = value.getDefiningOp<ConstantOp>()) {
      auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
      return elements && elements.isSplat();
    }
    auto broadcast = value.getDefiningOp<BroadcastInDimOp>();
    if (!broadcast || broadcast.getShape())
      return false;
    SmallVector<int64_t> dims;
    for (int64_t dim : broadcast.getBroadcastDimensions())
      dims.push_back(permutation[dim]);
    return llvm::is_sorted(dims);
  }
};

/// reduce(transpose(x), dims) → reduce(x, permuted dims), where the dimensions
/// that stay keep their order; with keep_dims, transpose(reduce(x)), which moves
/// fewer elements.
struct FoldTransposeIntoReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "the operand isn't a transpose");
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    SmallVector<int64_t> dims, stay;
    for (auto [d, from] : llvm::enumerate(permutation))
      (llvm::is_contained(op.getDimensions(), int64_t(d)) ? dims : stay).push_back(from);
    llvm::sort(dims);
    if (!op.getKeepDims() && !llvm::is_sorted(stay))
      return rewriter.notifyMatchFailure(op, "the dimensions that stay change their order");
    auto reduced = ReduceOp::create(rewriter, op.getLoc(), op.getKind(), transpose.getInput(), dims,
                                    op.getKeepDims());
    if (op.getKeepDims()) {
      rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), reduced, permutation);
      return success();
    }
    if (reduced.getType() != op.getType()) {
      rewriter.eraseOp(reduced);
      return rewriter.notifyMatchFailure(op, "the result's type is more refined");
    }
    rewriter.replaceOp(op, reduced);
    return success();
  }
};
/// transpose(x·y) → y·x, where it swaps the free dimensions of x with those of y.
struct SwapTransposedProduct : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto product = op.getInput().getDefiningOp<DotGeneralOp>();
    if (!product || !product->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the operand isn't a product of its own");
    int64_t batches = product.getLhsBatching().size();
    int64_t right = getTensorType(product.getLhs()).getRank() - product.getLhsContracting().size();
    int64_t rank = op.getType().getRank();
    SmallVector<int64_t> swap = llvm::to_vector(llvm::seq<int64_t>(0, batches));
    llvm::append_range(swap, llvm::seq<int64_t>(right, rank));
    llvm::append_range(swap, llvm::seq<int64_t>(batches, right));
    if (op.getPermutation() != ArrayRef(swap))
      return rewriter.notifyMatchFailure(op, "it doesn't swap the sides");
    OperationState state(product.getLoc(), DotGeneralOp::getOperationName(),
                         {product.getRhs(), product.getLhs()}, op.getType(),
                         product->getDiscardableAttrDictionary().getValue());
    auto &properties = state.getOrAddProperties<DotGeneralOp::Properties>();
    properties = product.getProperties();
    std::swap(properties.lhs_batching, properties.rhs_batching);
    std::swap(properties.lhs_contracting, properties.rhs_contracting);
    rewriter.replaceOp(op, rewriter.create(state));
    return success();
  }
};
} // namespace

void simplify::populateTransposePatterns(RewritePatternSet &patterns) {
  patterns.add<FoldTransposeIntoReduce, SinkTranspose, SwapTransposedProduct>(patterns.getContext());
}
