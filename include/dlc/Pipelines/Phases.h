//===- Phases.h - the named stages of a compilation -------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One list of phases drives dl-compile's --compile-to, --compile-from and
// --dump-phases-to, dl-opt's -dl-pipeline-<phase> and docs/pipeline.md.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_PIPELINES_PHASES_H
#define DLC_PIPELINES_PHASES_H

#include "mlir/Pass/PassManager.h"
#include <optional>

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace dlc {

enum class Phase { Import, Simplify, Dispatch, Kernel, Host, LLVM, Object, Link };

/// The attribute of a module that names the last phase it went through, so that a
/// later run goes on with the next one and with no other.
inline constexpr llvm::StringLiteral kPhaseAttr = "dlc.phase";

struct PhaseInfo {
  Phase phase;
  llvm::StringLiteral name;
  llvm::StringLiteral sentence;
  /// The passes; null for a phase that is no pass pipeline (import, object, link).
  void (*build)(mlir::OpPassManager &manager);
};

/// All phases, in order.
llvm::ArrayRef<PhaseInfo> getPhases();

/// By name, or nothing.
std::optional<Phase> parsePhase(llvm::StringRef name);

const PhaseInfo &getInfo(Phase phase);

/// Every dialect and external model that a compilation may meet.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Every pass, and a pipeline -dl-pipeline-<phase> for each phase of passes.
void registerAllPassesAndPipelines();

} // namespace dlc

#endif // DLC_PIPELINES_PHASES_H
