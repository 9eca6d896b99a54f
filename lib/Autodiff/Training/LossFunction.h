//===- LossFunction.h - a model's loss as a function -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_TRAINING_LOSSFUNCTION_H
#define DLC_LIB_AUTODIFF_TRAINING_LOSSFUNCTION_H

#include "Losses.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc::training {

struct LossOptions {
  const Loss *loss;
  /// Globals that aren't trained.
  llvm::ArrayRef<std::string> frozen;
  /// Whether batch norms normalise by the batch and move their statistics.
  bool batchNorm;
  /// The weight of the batch among the statistics, if it isn't each batch norm's own.
  std::optional<double> momentum;
};

/// A copy of the model that takes what it is trained by as arguments, and gives the
/// loss:
///
///   @<model>_loss(data…, [step, seed,] statistics…, parameters…) -> loss, statistics…
///
/// The model's own loads of parameters and statistics become loads of mutable globals.
struct LossFunction {
  /// `training` is the model in training, with the same inputs, or null if that is the
  /// model itself.
  static llvm::FailureOr<LossFunction> create(mlir::func::FuncOp model, mlir::func::FuncOp training,
                                              mlir::SymbolTable &symbols,
                                              const LossOptions &options);

  mlir::func::FuncOp model, function;
  /// The model's inputs, then the loss's target if it takes one.
  llvm::SmallVector<mlir::RankedTensorType> dataTypes;
  llvm::SmallVector<std::string> dataNames;
  llvm::SmallVector<mlir::ArrayAttr> dataDims; ///< names of sizes, or null
  llvm::SmallVector<mlir::DenseI64ArrayAttr> dataLimits; ///< of sizes, or null
  /// Floats on which the loss depends.
  llvm::SmallVector<dl::GlobalOp> parameters;
  /// Means and variances of batch norms.
  llvm::SmallVector<dl::GlobalOp> statistics;
  /// Whether the model draws random numbers, other ones in each step.
  bool isRandom = false;
};

} // namespace dlc::training

#endif // DLC_LIB_AUTODIFF_TRAINING_LOSSFUNCTION_H
