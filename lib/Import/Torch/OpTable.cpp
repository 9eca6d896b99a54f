//===- OpTable.cpp - which function imports which ATen op -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace dlc::torch;

const OpTable &OpTable::get() {
  static const OpTable table = [] {
    OpTable t;
    registerActivationOps(t);
    registerAttentionOps(t);
    registerBesselOps(t);
    registerComplexElementwiseOps(t);
    registerComplexLinearOps(t);
    registerComplexStructureOps(t);
    registerControlFlowOps(t);
    registerConvolutionOps(t);
    registerCreationOps(t);
    registerElementwiseOps(t);
    registerErrorFunctionOps(t);
    registerFactorizationOps(t);
    registerFftOps(t);
    registerFloatPartOps(t);
    registerHistogramOps(t);
    registerIncompleteGammaOps(t);
    registerIndexingOps(t);
    registerLinearAlgebraOps(t);
    registerLinearOps(t);
    registerLossOps(t);
    registerNormalizationOps(t);
    registerPolynomialOps(t);
    registerPoolingOps(t);
    registerQuantizationOps(t);
    registerRandomOps(t);
    registerReductionOps(t);
    registerResizeOps(t);
    registerRnnOps(t);
    registerSortingOps(t);
    registerSpecialOps(t);
    registerSymbolicOps(t);
    registerUniqueOps(t);
    registerViewOps(t);
    registerWindowOps(t);
    registerZetaOps(t);
    return t;
  }();
  return table;
}

std::vector<std::string> OpTable::getTargets() const {
  std::vector<std::string> names;
  for (llvm::StringRef name : entries.keys())
    names.push_back(name.str());
  for (const auto &[name, rule] : complexEntries)
    if (rule.importer && !entries.contains(name))
      names.push_back(name.str());
  llvm::sort(names);
  return names;
}

std::vector<std::string> OpTable::getComplexTargets() const {
  std::vector<std::string> names;
  for (llvm::StringRef name : complexEntries.keys())
    names.push_back(name.str());
  llvm::sort(names);
  return names;
}
