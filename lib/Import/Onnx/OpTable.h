//===- OpTable.h - which function imports which ONNX op ---------*- C++ -*-===//
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

#ifndef DLC_LIB_IMPORT_ONNX_OPTABLE_H
#define DLC_LIB_IMPORT_ONNX_OPTABLE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::onnx {

class NodeImporter;
using OpImporter = llvm::LogicalResult (*)(NodeImporter &);

/// How many inputs an op takes: the first `min` must be present tensors, which
/// is checked before its importer runs.
struct Arity {
  static constexpr unsigned kVariadic = ~0u;
  unsigned min;
  unsigned max;
  Arity(unsigned exact) : min(exact), max(exact) {}
  Arity(unsigned min, unsigned max) : min(min), max(max) {}
};

struct OpEntry {
  OpImporter importer;
  Arity inputs;
  int64_t since;         ///< the first opset of its domain that has the op
  bool symbolic = false; ///< inputs may be sequences or optionals
};

/// The ops of one domain.
class OpDomain {
public:
  /// An op whose inputs are tensors.
  void add(llvm::StringRef opType, int64_t since, Arity inputs, OpImporter importer) {
    entries.insert_or_assign(opType, OpEntry{importer, inputs, since});
  }
  /// An op whose inputs may be sequences, optionals or absent.
  void addSymbolic(llvm::StringRef opType, int64_t since, Arity inputs, OpImporter importer) {
    entries.insert_or_assign(opType, OpEntry{importer, inputs, since, /*symbolic=*/true});
  }
  const OpEntry *lookup(llvm::StringRef opType) const {
    auto it = entries.find(opType);
    return it == entries.end() ? nullptr : &it->second;
  }

private:
  llvm::StringMap<OpEntry> entries;
};

/// All ops by domain; the default domain is "".
class OpTable {
public:
  /// The table of everything dlc imports.
  static const OpTable &get();

  OpDomain &domain(llvm::StringRef name) { return domains[name]; }
  /// An op of the default domain.
  void add(llvm::StringRef opType, int64_t since, Arity inputs, OpImporter importer) {
    domain("").add(opType, since, inputs, importer);
  }
  void addSymbolic(llvm::StringRef opType, int64_t since, Arity inputs, OpImporter importer) {
    domain("").addSymbolic(opType, since, inputs, importer);
  }
  const OpDomain *lookup(llvm::StringRef domain) const {
    auto it = domains.find(domain);
    return it == domains.end() ? nullptr : &it->second;
  }

private:
  llvm::StringMap<OpDomain> domains;
};

// One function per family, alphabetical.
void registerActivationOps(OpTable &);
void registerAttentionOps(OpTable &);
void registerControlFlowOps(OpTable &);
void registerConvolutionOps(OpTable &);
void registerEinsumOps(OpTable &);
void registerElementwiseOps(OpTable &);
void registerGradientOps(OpTable &);
void registerIndexingOps(OpTable &);
void registerLinearAttentionOps(OpTable &);
void registerLinearOps(OpTable &);
void registerLossOps(OpTable &);
void registerMlOps(OpTable &);
void registerNormalizationOps(OpTable &);
void registerPoolingOps(OpTable &);
void registerQuantOps(OpTable &);
void registerRandomOps(OpTable &);
void registerReductionOps(OpTable &);
void registerResizeOps(OpTable &);
void registerRnnOps(OpTable &);
void registerSelectionOps(OpTable &);
void registerSequenceOps(OpTable &);
void registerShapeOps(OpTable &);
void registerSignalOps(OpTable &);
void registerSlicingOps(OpTable &);
void registerTensorOps(OpTable &);
void registerTrainingOps(OpTable &);
void registerTreeOps(OpTable &);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_OPTABLE_H
