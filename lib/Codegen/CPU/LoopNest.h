//===- LoopNest.h - one linalg.generic as loops -----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_CPU_LOOPNEST_H
#define DLC_LIB_CODEGEN_CPU_LOOPNEST_H

#include "dlc/Codegen/CPU/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace dlc {

/// How much work an scf.parallel iteration is, in units of about a quarter of a
/// nanosecond: a discardable attribute of the loop, for -dl-outline-parallel-loops.
constexpr llvm::StringLiteral kWorkAttrName = "dlc.work";

/// Work of one execution of a linalg body.
int64_t estimateBodyWork(mlir::linalg::GenericOp op);

/// The indices that a row-major position in `sizes` stands for.
llvm::SmallVector<mlir::Value> delinearize(mlir::ImplicitLocOpBuilder &b, mlir::Value index,
                                           mlir::ValueRange sizes);

/// Emits `op` as loops.
class LoopNest {
public:
  /// `leading` results of the output map are fixed to given indices; operands in
  /// `rows` are replaced by buffers without those leading dimensions. `options`
  /// must live as long as the nest.
  LoopNest(mlir::linalg::GenericOp op, unsigned leading,
           const llvm::DenseMap<mlir::Value, mlir::Value> &rows,
           const LowerKernelLoopsOptions &options);

  /// The loops inside the fixed dimensions, at `b`'s insertion point.
  void emit(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange leadingIndices);

  /// The whole nest, its outer or innermost parallel loop as scf.parallel where
  /// that is worth it.
  void emitTopLevel(mlir::ImplicitLocOpBuilder &b, bool mayBeParallel);

  /// The dimension of the innermost loop, along which LLVM vectorises.
  std::optional<unsigned> getInnermostDim() const {
    return loops.empty() ? std::nullopt : std::optional(loops.back().dims.back());
  }

  /// Work of all the loops, as far as it is known.
  int64_t estimateWork() const;

private:
  /// A loop: one dimension of the op, or several neighbouring ones.
  struct Loop {
    llvm::SmallVector<unsigned> dims;
    bool isReduction;
    int64_t size; ///< kDynamic where unknown
    int score = 0;
  };
  /// An operand as it is accessed: views that merge neighbouring dimensions.
  struct Access {
    mlir::Value buffer;
    llvm::SmallVector<mlir::AffineExpr> exprs; ///< over the op's dimensions
    llvm::SmallVector<llvm::SmallVector<int64_t, 2>> groups;
  };

  /// How much of a row a reduction adds to at a time: it must stay in the first cache.
  int64_t getRowPiece() const { return std::max<int64_t>(1, options.pieceLength / 8); }

  void collectDims(unsigned leading, const llvm::DenseMap<mlir::Value, mlir::Value> &rows);
  void mergeLoops();
  bool canMerge(unsigned first, unsigned second) const;
  void orderLoops();
  int scoreOf(const Loop &loop) const;
  void prepare(mlir::ImplicitLocOpBuilder &b);
  mlir::Value sizeOf(mlir::ImplicitLocOpBuilder &b, const Loop &loop);
  void setIndex(mlir::ImplicitLocOpBuilder &b, const Loop &loop, mlir::Value index);
  llvm::SmallVector<mlir::Value> indicesOf(mlir::ImplicitLocOpBuilder &b, const Access &access);
  llvm::SmallVector<mlir::Value> emitBody(mlir::ImplicitLocOpBuilder &b,
                                          mlir::ValueRange accumulators,
                                          llvm::ArrayRef<mlir::Operation *> combiners = {});
  llvm::SmallVector<mlir::Operation *> findCombiners();
  void emitRows(mlir::ImplicitLocOpBuilder &b, const Loop &loop, const Loop &inner,
                mlir::Value begin, mlir::Value end);
  void emitPoint(mlir::ImplicitLocOpBuilder &b);
  void emitLoops(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<Loop> loops);
  void emitReductions(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<Loop> loops);
  void emitBlocks(mlir::ImplicitLocOpBuilder &b);
  void emitTransposed(mlir::ImplicitLocOpBuilder &b, const Loop &other);
  void emitUnrolled(mlir::ImplicitLocOpBuilder &b, const Loop &other, mlir::Value begin,
                    mlir::Value end);
  void emitSquare(mlir::ImplicitLocOpBuilder &b, const Loop &other, mlir::Value begin,
                  mlir::Value innerBegin);
  mlir::Value loadSquare(mlir::ImplicitLocOpBuilder &b, const Access &access, const Loop &other,
                         mlir::Value begin, mlir::Value innerBegin);
  /// Whether a loop is so short that it is unrolled rather than blocked.
  bool isUnrolled(const Loop &loop) const {
    return !mlir::ShapedType::isDynamic(loop.size) && loop.size <= options.unrolledSize;
  }
  bool isTransposedInput(unsigned number, const Loop &other) const;
  const Loop *findTransposedLoop() const;
  mlir::scf::ForOp buildFor(mlir::ImplicitLocOpBuilder &b, mlir::Value lower, mlir::Value upper,
                            mlir::Value step);

  /// A loop's size, or what stands for it where it isn't known.
  int64_t knownSize(const Loop &loop) const {
    return mlir::ShapedType::isDynamic(loop.size) ? options.assumedSize : loop.size;
  }

  mutable mlir::linalg::GenericOp op;
  const LowerKernelLoopsOptions &options;
  llvm::SmallVector<unsigned> fixedDims;
  llvm::SmallVector<Loop> loops;   ///< outermost first
  llvm::SmallVector<Access> accesses; ///< by operand
  llvm::SmallVector<mlir::Value> dimIndex; ///< current index by op dimension
  llvm::DenseSet<unsigned> pinned; ///< dimensions whose index the body uses
  /// Inside a square: transposed copies of inputs, and the place in them.
  llvm::DenseMap<unsigned, mlir::Value> squares;
  llvm::SmallVector<mlir::Value, 2> squareIndices;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_CPU_LOOPNEST_H
