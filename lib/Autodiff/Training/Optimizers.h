//===- Optimizers.h - how a step changes the parameters --------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An optimiser is a function that writes the new value of one parameter, given its
// gradient, and what it keeps between steps. The formulas and defaults are those of
// torch.optim; Lion's are its paper's (Chen et al. 2023).
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_TRAINING_OPTIMIZERS_H
#define DLC_LIB_AUTODIFF_TRAINING_OPTIMIZERS_H

#include "dlc/Transforms/TensorBuilder.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::training {

/// What an optimiser sees of one parameter.
class ParameterUpdate {
public:
  /// Gives the current value of a piece of state, zeros at first, of the given shape.
  using LoadFn = llvm::function_ref<mlir::Value(llvm::StringRef name, mlir::RankedTensorType type)>;

  ParameterUpdate(TensorBuilder &b, const llvm::StringMap<double> &settings, LoadFn load)
      : b(b), settings(settings), loadState(load) {}

  double get(llvm::StringRef name) const { return settings.lookup(name); }
  /// A piece of state of the parameter's shape or another, in the type it is
  /// computed in.
  mlir::Value state(llvm::StringRef name, llvm::ArrayRef<int64_t> shape);
  mlir::Value state(llvm::StringRef name) { return state(name, getTensorType(parameter).getShape()); }
  /// Keeps a value for the next step; gives it back.
  mlir::Value keep(llvm::StringRef name, mlir::Value value) { return kept[name] = value; }

  //===--- Mathematics with the step's numbers, which are f64 -----------------===//

  /// x times a 0-D tensor.
  mlir::Value scale(mlir::Value x, mlir::Value scalar);
  /// A 0-D constant.
  mlir::Value number(double value) { return b.scalar(value, b.getF64Type()); }
  /// 1 − β^step: what a mean that began at zero lacks.
  mlir::Value biasCorrection(double beta);
  /// β·x + (1 − β)·y
  mlir::Value average(mlir::Value x, mlir::Value y, double beta);
  /// The gradient with the gradient of weight_decay/2·‖parameter‖² added.
  mlir::Value decayedGradient();
  /// The parameter times 1 − rate·weight_decay.
  mlir::Value decayedParameter();

  TensorBuilder &b;
  mlir::Value rate, step;          ///< f64; the first step is number 1
  mlir::Value parameter, gradient; ///< in the type they are computed in
  mlir::Type stored;               ///< the parameter's own element type
  llvm::MapVector<llvm::StringRef, mlir::Value> kept;

private:
  const llvm::StringMap<double> &settings;
  LoadFn loadState;
};

/// One of the known optimisers with its settings.
struct Optimizer {
  /// Parses `adamw,weight_decay=0.01`; what is wrong goes to `problem`.
  static std::optional<Optimizer> parse(llvm::StringRef text, std::string &problem);

  /// The parameter's new value.
  mlir::Value (*update)(ParameterUpdate &);
  llvm::StringMap<double> settings;
};

} // namespace dlc::training

#endif // DLC_LIB_AUTODIFF_TRAINING_OPTIMIZERS_H
