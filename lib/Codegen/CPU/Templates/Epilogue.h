//===- Epilogue.h - what follows a contraction in its kernel ----*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The elementwise ops that a kernel applies to its root's result (bias,
// activation, residual sum, conversion), emitted where a register tile is
// finished. Two ways:
//
//  - on the accumulators in registers, where every op is plain vector
//    arithmetic and every operand is contiguous along the columns or constant
//    along them;
//  - else through a stack buffer of the tile's size, with scalar loops that
//    LLVM's loop vectoriser takes on (inlined mathematics, conversions).
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_CPU_TEMPLATES_EPILOGUE_H
#define DLC_LIB_CODEGEN_CPU_TEMPLATES_EPILOGUE_H

#include "ContractionNest.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dlc::cpu {

/// A kernel whose signature is being rewritten to memrefs: the new buffers of
/// its arguments and results, and the old body, kept until `finish`.
class KernelBuffers {
public:
  /// Gives `kernel` the memref signature and an empty body; the builder `b` is
  /// set to its start.
  KernelBuffers(mlir::func::FuncOp kernel, mlir::ImplicitLocOpBuilder &b);

  /// The buffer of an old block argument or constant; null for other values.
  mlir::Value input(mlir::Value value) const { return inputs.lookup(value); }
  /// The buffers of the results, in order.
  llvm::ArrayRef<mlir::Value> outputs() const { return results; }
  /// The old terminator: its operands are what the outputs must hold.
  mlir::Operation *oldReturn() const { return oldBlock->getTerminator(); }
  /// Views every buffer of the root's shape as [rows, columns], all dimensions
  /// but the last as one.
  void flattenRows(mlir::ImplicitLocOpBuilder &b, mlir::RankedTensorType rootType);
  /// Ends the new body and drops the old one.
  void finish(mlir::ImplicitLocOpBuilder &b);

private:
  mlir::Block *oldBlock;
  llvm::DenseMap<mlir::Value, mlir::Value> inputs;
  llvm::SmallVector<mlir::Value> results;
};

class Epilogue {
public:
  /// The kernel's ops other than `root` and those in `operandOps` (which the
  /// template takes care of) as an epilogue of `root`'s result; fails where one
  /// of them is not elementwise on the result's indices.
  static mlir::FailureOr<Epilogue>
  match(mlir::func::FuncOp kernel, mlir::Operation *root,
        const llvm::SmallPtrSetImpl<mlir::Operation *> &operandOps);

  /// Whether it needs no index but the row's number, counted over all
  /// dimensions but the last, and the column: then `KernelBuffers::flattenRows`
  /// must have been called, and `RowIndices` answers that one number.
  bool hasFlatRows() const { return flatRows; }

  /// The row's indices in the root's result (all dimensions but the last).
  using RowIndices = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      mlir::ImplicitLocOpBuilder &, const TilePosition &, mlir::Value row)>;

  /// Emits the epilogue of one register tile and the stores to the outputs.
  void emit(mlir::ImplicitLocOpBuilder &b, const KernelBuffers &buffers,
            const TilePosition &position, llvm::ArrayRef<mlir::Value> sums,
            RowIndices rowIndices) const;

private:
  void emitInRegisters(mlir::ImplicitLocOpBuilder &b, const KernelBuffers &buffers,
                       const TilePosition &position, llvm::ArrayRef<mlir::Value> sums,
                       RowIndices rowIndices) const;
  void emitThroughBuffer(mlir::ImplicitLocOpBuilder &b, const KernelBuffers &buffers,
                         const TilePosition &position, llvm::ArrayRef<mlir::Value> sums,
                         RowIndices rowIndices) const;

  mlir::Operation *root = nullptr;
  bool vectorizable = false;
  bool flatRows = false;
};

} // namespace dlc::cpu

#endif // DLC_LIB_CODEGEN_CPU_TEMPLATES_EPILOGUE_H
