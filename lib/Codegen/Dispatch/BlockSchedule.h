//===- BlockSchedule.h - when a block's tensors are in memory ---*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The plan of a block of the host program, before it is written: which tensor is in
// memory from which op to which, and what is launched anew. Each tensor that a launch
// makes has *lives*: one from its launch on, and after it was dropped one for each time
// that it is made again, right before the op that needs it.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_BLOCKSCHEDULE_H
#define DLC_LIB_CODEGEN_DISPATCH_BLOCKSCHEDULE_H

#include "LaunchCost.h"
#include "MemoryTimeline.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc {

/// What was decided about a tensor.
struct TensorFate {
  dispatch::LaunchOp maker;
  int64_t bytes;
  unsigned timesRepeated; ///< 0: it is kept
  double nanoseconds;     ///< what the repetitions cost
  unsigned idle;          ///< the most ops that it waits for its next use
};

class BlockSchedule {
public:
  BlockSchedule(mlir::Block &block, mlir::SymbolTable &symbols, LaunchCosts &costs);

  llvm::ArrayRef<mlir::Operation *> getOps() const { return ops; }
  /// The most bytes in use at once, and the first place where.
  std::pair<int64_t, unsigned> getPeak() const { return timeline->getPeak(); }
  int64_t getBytesAt(unsigned place) const { return timeline->getMax(place, place); }
  /// Counts bytes that the op at `place` uses inside.
  void addInside(unsigned place, int64_t bytes) { timeline->add(place, place, bytes); }

  /// Drops tensors, cheapest first, until no more than `budget` bytes are in use at
  /// once, or nothing helps.
  void reduce(int64_t budget);
  /// Writes the launches that were decided on.
  void apply();

  /// Nanoseconds of all launches, and of those that are made anew.
  double getTotalTime() const { return totalTime; }
  double getAddedTime() const { return addedTime; }
  std::vector<TensorFate> getFates() const;

private:
  /// From place to place, inclusive. It ends with its last use.
  struct Life {
    unsigned begin, end;
    llvm::SmallVector<unsigned, 2> uses; ///< ascending
    mlir::Value value;                   ///< null until it is made again
  };
  struct Tensor {
    mlir::Value value;
    dispatch::LaunchOp maker; ///< null where it can't be made again
    int64_t bytes = 0, siblingBytes = 0;
    llvm::SmallVector<unsigned, 4> inputs; ///< of the maker, as numbers of tensors
    unsigned deadline = UINT_MAX;          ///< the last place where the maker can run
    double nanoseconds = 0;
    llvm::SmallVector<Life, 1> lives;
  };
  /// What making a tensor available would take.
  struct Price {
    double nanoseconds = 0;
    int64_t bytes = 0; ///< where the dropped tensor was
  };

  void addTensor(mlir::Value value, unsigned place);
  void addUses(unsigned number, mlir::Value alias);
  bool isMadeInPlace(mlir::Value stored) const;
  void addMaker(Tensor &tensor, dispatch::LaunchOp launch);
  unsigned getDeadline(mlir::Value input) const;

  Life *findLife(Tensor &tensor, unsigned at);
  static bool isIdle(const Life &life, unsigned place);
  /// The uses around an idle place.
  static std::pair<unsigned, unsigned> getGap(const Life &life, unsigned place);

  /// Whether dropping the life before anything used it moves the launch.
  bool isUnused(const Tensor &tensor, const Life &life) const;
  /// What dropping a tensor costs for each byte; nothing where it can't be.
  std::optional<double> rate(unsigned number);
  void drop(unsigned number);
  /// Whether the tensor can be had at `at`, and for what. With `commits` it will be.
  bool require(unsigned number, unsigned at, Price &price, bool commits, unsigned depth);
  bool tryRequire(unsigned number, unsigned at, Price &price, unsigned depth);
  bool requireInputs(unsigned number, unsigned at, Price &price, bool commits, unsigned depth);
  /// Undoes a use; a life that has none left becomes as short as it can.
  void release(unsigned number, unsigned at);
  void releaseInputs(unsigned number, unsigned at);
  bool hasRoom(unsigned begin, unsigned end, int64_t bytes, Price &price) const;
  bool relieve(unsigned place);

  mlir::Value materialize(unsigned number, unsigned at);
  mlir::Value materializeAlias(mlir::Value alias, unsigned at);
  void replaceUses(unsigned number, mlir::Value alias);

  mlir::Block &block;
  mlir::SymbolTable &symbols;
  LaunchCosts &costs;
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::DenseMap<mlir::Operation *, unsigned> places;
  llvm::DenseMap<mlir::Attribute, unsigned> stores; ///< the first one of each global
  std::vector<Tensor> tensors;
  llvm::DenseMap<mlir::Value, unsigned> numbers; ///< of tensors and what shares their memory
  llvm::DenseMap<std::pair<mlir::Operation *, unsigned>, dispatch::LaunchOp> repeated;
  std::optional<MemoryTimeline> timeline;
  llvm::DenseMap<unsigned, bool> asked; ///< whether a tensor could be had
  double totalTime = 0, addedTime = 0;
  int64_t budget = 0;
  unsigned relieved = 0; ///< the place that is being relieved
  std::pair<unsigned, unsigned> gap; ///< the uses around it of what may be dropped
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_BLOCKSCHEDULE_H
