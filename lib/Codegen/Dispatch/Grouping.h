//===- Grouping.h - which ops share a kernel --------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pass over a block in program order. Every op gets a *level*; a group's is
// even and taken from a counter when the group starts, a floating host op or view
// gets one more than the group it waits for, so that
//
//   an op may join group G  if  all other things it reads are of a lower level
//
// is enough to rule out cycles: every edge between nodes goes to a higher level,
// before and after the op has joined. Only the producer of the highest level can
// be joined, so each op costs the number of its operands. What this gives up
// (joining an earlier producer although no path leads back) would need a
// reachability test; measured on the light models it concerns few ops.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_GROUPING_H
#define DLC_LIB_CODEGEN_DISPATCH_GROUPING_H

#include "OpClasses.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace dlc {

/// Ops that become one kernel, in program order.
struct DispatchGroup {
  unsigned level = 0;
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::ArrayRef<int64_t> domain;  ///< shape of what the next op would join on
  bool onlyElementwise = false;    ///< no root in it
  bool startsElementwise = false;  ///< no root among the first ops
  bool takesConsumers = false;
  llvm::SetVector<mlir::Value> inputs; ///< read from outside
};

struct GroupingOptions {
  unsigned maxInputs = 16, maxOps = 64;
};

/// The groups of one block.
class Grouping {
public:
  /// `hostOps` stay where they are. `waits` are checks that an op comes after.
  Grouping(mlir::Block &block, const llvm::DenseSet<mlir::Operation *> &hostOps,
           const llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *>> &waits,
           GroupingOptions options);

  /// Something to emit: a group, or an op that stays.
  struct Item {
    unsigned level;
    size_t position;
    DispatchGroup *group;
    mlir::Operation *op;
  };
  /// In an order in which everything comes after what it reads.
  llvm::SmallVector<Item> takeItems();

  DispatchGroup *getGroup(mlir::Operation *op) const { return groupOf.lookup(op); }
  /// The op whose copy a kernel reads instead of the operand, or null.
  mlir::Operation *getCopied(mlir::OpOperand &operand) const;
  /// Whether something outside of the group reads the value.
  bool isUsedOutside(mlir::Value value, const DispatchGroup &group) const;

private:
  void visit(mlir::Operation *op);
  bool tryJoin(mlir::Operation *op, OpClass opClass);
  DispatchGroup *startGroup(mlir::Operation *op, OpClass opClass);
  void addTo(DispatchGroup *group, mlir::Operation *op);
  /// Moves elementwise groups into the groups that read them.
  void mergeIntoReaders();
  bool mergeIntoReader(DispatchGroup &group);
  /// Moves the elementwise ops after a root into their reader, where the kernel then has
  /// one result instead of several.
  bool moveEpilogue(DispatchGroup &group);
  /// Calls `fn` with each op of the block that reads the value, or, where it reads a
  /// copy of a lazy op on the value, with a null operand.
  void forEachReader(mlir::Value value,
                     llvm::function_ref<void(mlir::Operation *, mlir::OpOperand *)> fn) const;
  /// The group that reads `group` first, if `group` may move there, or null.
  DispatchGroup *findReader(const DispatchGroup &group) const;
  /// Whether what `group` reads needs no more memory until `reader` than its results.
  bool savesMemory(const DispatchGroup &group, const DispatchGroup &reader) const;
  /// What the op reads, looking through lazy ops.
  void collectReads(mlir::Operation *op, llvm::SetVector<mlir::Value> &reads) const;
  unsigned getLevel(mlir::Value value) const;
  unsigned getLevel(mlir::Operation *op) const;
  bool needsTensor(mlir::Operation *lazyOp) const;

  mlir::Block &block;
  const llvm::DenseSet<mlir::Operation *> &hostOps;
  const llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *>> &waits;
  GroupingOptions options;
  unsigned counter = 0;
  std::vector<std::unique_ptr<DispatchGroup>> groups;
  llvm::SmallVector<Item> items;
  llvm::DenseMap<mlir::Operation *, DispatchGroup *> groupOf;
  llvm::DenseMap<mlir::Operation *, unsigned> levels;
  llvm::DenseSet<mlir::Operation *> lazy;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_GROUPING_H
