//===- OpTable.h - which function imports which ATen op ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One file per op family fills the table with what it imports. Adding an op is
// writing a function `LogicalResult importFoo(NodeImporter &)` and one line in
// its family's `registerXOps`.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_OPTABLE_H
#define DLC_LIB_IMPORT_TORCH_OPTABLE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::torch {

class NodeImporter;
using OpImporter = llvm::LogicalResult (*)(NodeImporter &);

/// How an op is imported where an operand or a result is complex: by an importer of its
/// own, or, if that is null, by the real one on the real and on the imaginary parts.
struct ComplexRule {
  OpImporter importer = nullptr;
  /// The arguments of which a real one stands for a complex one, imaginary part 0; others
  /// (indices, conditions, factors) are the same for both parts.
  std::vector<llvm::StringRef> promoted;
};

/// All ops, by name and overload: "aten.add.Tensor", "operator.mul".
class OpTable {
public:
  /// The table of everything dlc imports.
  static const OpTable &get();

  void add(llvm::StringRef target, OpImporter importer) {
    entries.insert_or_assign(target, importer);
  }
  void add(std::initializer_list<llvm::StringRef> targets, OpImporter importer) {
    for (llvm::StringRef target : targets)
      add(target, importer);
  }
  /// A rule for complex numbers.
  void addComplex(std::initializer_list<llvm::StringRef> targets, OpImporter importer) {
    for (llvm::StringRef target : targets)
      complexEntries[target] = {importer, {}};
  }
  /// Ops that take complex numbers part by part.
  void addByParts(std::initializer_list<llvm::StringRef> targets,
                  std::initializer_list<llvm::StringRef> promoted = {}) {
    for (llvm::StringRef target : targets)
      complexEntries[target] = {nullptr, promoted};
  }
  /// Null where the op isn't supported, or for complex numbers only.
  OpImporter lookup(llvm::StringRef target) const { return entries.lookup(target); }
  /// Null where the op isn't supported for complex numbers.
  const ComplexRule *lookupComplex(llvm::StringRef target) const {
    auto it = complexEntries.find(target);
    return it == complexEntries.end() ? nullptr : &it->second;
  }
  bool contains(llvm::StringRef target) const {
    const ComplexRule *rule = lookupComplex(target);
    return entries.contains(target) || (rule && rule->importer);
  }
  /// The names of all ops, sorted.
  std::vector<std::string> getTargets() const;
  /// Those that take complex numbers, sorted.
  std::vector<std::string> getComplexTargets() const;

private:
  llvm::StringMap<OpImporter> entries;
  llvm::StringMap<ComplexRule> complexEntries;
};

// One function per family, alphabetical.
void registerActivationOps(OpTable &);
void registerAttentionOps(OpTable &);
void registerBesselOps(OpTable &);
void registerComplexElementwiseOps(OpTable &);
void registerComplexLinearOps(OpTable &);
void registerComplexStructureOps(OpTable &);
void registerControlFlowOps(OpTable &);
void registerConvolutionOps(OpTable &);
void registerCreationOps(OpTable &);
void registerElementwiseOps(OpTable &);
void registerErrorFunctionOps(OpTable &);
void registerFactorizationOps(OpTable &);
void registerFftOps(OpTable &);
void registerFloatPartOps(OpTable &);
void registerHistogramOps(OpTable &);
void registerIncompleteGammaOps(OpTable &);
void registerIndexingOps(OpTable &);
void registerLinearAlgebraOps(OpTable &);
void registerLinearOps(OpTable &);
void registerLossOps(OpTable &);
void registerNormalizationOps(OpTable &);
void registerPolynomialOps(OpTable &);
void registerPoolingOps(OpTable &);
void registerQuantizationOps(OpTable &);
void registerRandomOps(OpTable &);
void registerReductionOps(OpTable &);
void registerResizeOps(OpTable &);
void registerRnnOps(OpTable &);
void registerSortingOps(OpTable &);
void registerSpecialOps(OpTable &);
void registerSymbolicOps(OpTable &);
void registerUniqueOps(OpTable &);
void registerViewOps(OpTable &);
void registerWindowOps(OpTable &);
void registerZetaOps(OpTable &);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_OPTABLE_H
