//===- Branches.h - building the branches of an scf.if ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_BRANCHES_H
#define DLC_LIB_IMPORT_COMMON_BRANCHES_H

#include "NodeBuilder.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace dlc::frontend {

/// The type that holds values of both types: `?` where sizes differ. Null where
/// rank or element type differ.
mlir::RankedTensorType join(mlir::RankedTensorType a, mlir::RankedTensorType b);

/// An scf.if whose result types follow from what its branches turn out to give:
/// they are built in a draft, which `finish` replaces. Branch 0 is taken where the
/// flag holds.
class Branches {
public:
  Branches(NodeBuilder &n, mlir::Value flag);

  /// Calls `make` for each branch, at its start; false if that was.
  bool build(llvm::function_ref<bool(unsigned branch, llvm::SmallVectorImpl<mlir::Value> &results)>
                 make);
  mlir::Region &getRegion(unsigned branch) { return draft->getRegion(branch); }
  /// What a branch gives; may be changed for what was added to its region.
  llvm::SmallVectorImpl<mlir::Value> &getResults(unsigned branch) { return results[branch]; }
  /// The op, whose branches give these types; empty after reporting an error.
  llvm::SmallVector<mlir::Value> finish(llvm::ArrayRef<mlir::Type> types);
  void erase() { draft.erase(); }

private:
  NodeBuilder &n;
  mlir::Value flag;
  mlir::scf::IfOp draft;
  llvm::SmallVector<mlir::Value> results[2];
};

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_BRANCHES_H
