//===- LowerKernelLoops.cpp - linalg on buffers to loops ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops that follow one another and share buffers run row by row: softmax over a
// matrix is
//
//   for row:  m = max x[row, :]
//             e[:] = exp(x[row, :] - m)
//             s = sum e
//             y[row, :] = e / s
//
// where e, which no one else reads, has shrunk to a row. A group's ops agree on
// the sizes of their leading parallel dimensions, and touch the buffers that one
// of them writes at equal leading indices only.
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "dlc/Codegen/CPU/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#define DEBUG_TYPE "dl-lower-kernel-loops"

namespace dlc {
#define GEN_PASS_DEF_LOWERKERNELLOOPS
#include "dlc/Codegen/CPU/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

/// The buffer that a view is of.
static Value getRoot(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  return buffer;
}

namespace {
/// A size that can be compared: a constant, a buffer's dimension, or a value.
using SizeKey = std::pair<void *, int64_t>;

SizeKey getSizeKey(Value buffer, int64_t dim) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(dim))
    return {nullptr, type.getDimSize(dim)};
  if (auto alloc = buffer.getDefiningOp<memref::AllocOp>()) {
    Value size = alloc.getDynamicSizes()[type.getDynamicDimIndex(dim)];
    if (auto dimOp = size.getDefiningOp<memref::DimOp>())
      if (auto index = dimOp.getConstantIndex())
        return getSizeKey(dimOp.getSource(), *index);
    return {size.getAsOpaquePointer(), -1};
  }
  return {buffer.getAsOpaquePointer(), dim};
}

/// Ops that run inside common outer loops.
class RowGroup {
public:
  explicit RowGroup(const LowerKernelLoopsOptions &options) : options(options) {}

  bool empty() const { return ops.empty(); }
  /// Adds `op` if it may run with the others.
  bool tryAdd(linalg::GenericOp op);
  /// Emits the loops before the last op, and erases the ops.
  void emit();

private:
  unsigned getMaxLeading(linalg::GenericOp op, unsigned limit) const;
  bool sharesLeading(linalg::GenericOp op, unsigned leading) const;
  SmallVector<SizeKey> getKeys(linalg::GenericOp op, unsigned leading) const;
  int64_t getKnownCount(linalg::GenericOp op, unsigned leading) const;
  unsigned limitToOuter(ArrayRef<linalg::GenericOp> members, unsigned leading) const;
  DenseMap<Value, Value> findRows();
  Value createScratch(ImplicitLocOpBuilder &b, MemRefType type, ValueRange sizes);
  DenseMap<Value, Value> emitRows(ImplicitLocOpBuilder &b, ArrayRef<Value> buffers);

  SmallVector<linalg::GenericOp> ops;
  unsigned leading = 0;
  const LowerKernelLoopsOptions &options;
};
} // namespace

/// The dimension of loop `i` of the output, if it is a plain parallel one.
static std::optional<unsigned> getLeadingDim(linalg::GenericOp op, unsigned i) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (i >= map.getNumResults())
    return std::nullopt;
  auto dim = dyn_cast<AffineDimExpr>(map.getResult(i));
  if (!dim || op.getIteratorTypesArray()[dim.getPosition()] != utils::IteratorType::parallel)
    return std::nullopt;
  return dim.getPosition();
}

static bool isWritten(OpOperand &operand) {
  return cast<DestinationStyleOpInterface>(operand.getOwner()).isDpsInit(&operand);
}

/// Buffers that the body reads at computed positions.
static SmallVector<Value> getBodyReads(linalg::GenericOp op) {
  SmallVector<Value> buffers;
  op.getBody()->walk([&](memref::LoadOp load) { buffers.push_back(getRoot(load.getMemRef())); });
  return buffers;
}

/// Whether the operand's index starts with the leading dims of the output.
static bool hasLeadingIndex(linalg::GenericOp op, OpOperand &operand, unsigned leading) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  if (map.getNumResults() < leading)
    return false;
  for (unsigned i = 0; i < leading; ++i)
    if (map.getResult(i) != getAffineDimExpr(*getLeadingDim(op, i), op.getContext()))
      return false;
  return true;
}

/// Whether all that `op` shares with the group, and what it writes, is at the
/// leading index.
bool RowGroup::sharesLeading(linalg::GenericOp op, unsigned count) const {
  DenseMap<Value, SmallVector<std::pair<linalg::GenericOp, OpOperand *>>> accesses;
  DenseSet<Value> written;
  SmallVector<linalg::GenericOp> all(ops);
  all.push_back(op);
  for (linalg::GenericOp member : all)
    for (OpOperand &operand : member->getOpOperands()) {
      if (!isa<MemRefType>(operand.get().getType()))
        continue;
      Value root = getRoot(operand.get());
      accesses[root].push_back({member, &operand});
      if (isWritten(operand))
        written.insert(root);
    }
  for (linalg::GenericOp member : all)
    for (Value read : getBodyReads(member))
      if (written.contains(read))
        return false;
  for (Value root : written)
    for (auto [member, operand] : accesses[root]) {
      // Different views of one buffer are not compared.
      if (operand->get() != accesses[root].front().second->get())
        return false;
      if (!hasLeadingIndex(member, *operand, count))
        return false;
    }
  return true;
}

SmallVector<SizeKey> RowGroup::getKeys(linalg::GenericOp op, unsigned i) const {
  unsigned dim = *getLeadingDim(op, i);
  SmallVector<SizeKey> keys;
  for (OpOperand &operand : op->getOpOperands())
    for (auto [place, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (expr == getAffineDimExpr(dim, op.getContext()))
        keys.push_back(getSizeKey(operand.get(), place));
  return keys;
}

unsigned RowGroup::getMaxLeading(linalg::GenericOp op, unsigned limit) const {
  for (unsigned i = 0; i < limit; ++i) {
    if (!getLeadingDim(op, i))
      return i;
    if (ops.empty())
      continue;
    bool hasSameSize = false;
    SmallVector<SizeKey> keys = getKeys(op, i);
    for (linalg::GenericOp member : ops)
      for (SizeKey key : getKeys(member, i))
        hasSameSize |= llvm::is_contained(keys, key);
    if (!hasSameSize)
      return i;
  }
  return limit;
}

int64_t RowGroup::getKnownCount(linalg::GenericOp op, unsigned count) const {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t known = 1;
  for (unsigned i = 0; i < count; ++i) {
    int64_t size = ranges[*getLeadingDim(op, i)];
    known *= ShapedType::isDynamic(size) ? options.assumedSize : size;
  }
  return known;
}

/// How many of the leading dimensions leave the largest ops their innermost loop,
/// which is the one to vectorise.
unsigned RowGroup::limitToOuter(ArrayRef<linalg::GenericOp> members, unsigned count) const {
  unsigned most = 0;
  for (linalg::GenericOp op : members)
    most = std::max(most, op.getNumLoops());
  for (linalg::GenericOp op : members) {
    if (op.getNumLoops() < most)
      continue;
    std::optional<unsigned> inner =
        LoopNest(op, 0, DenseMap<Value, Value>(), options).getInnermostDim();
    for (unsigned i = 0; inner && i < count; ++i)
      if (getLeadingDim(op, i) == *inner)
        count = i;
  }
  return count;
}

bool RowGroup::tryAdd(linalg::GenericOp op) {
  if (ops.empty()) {
    unsigned rank = op.getMatchingIndexingMap(op.getDpsInitOperand(0)).getNumResults();
    leading = getMaxLeading(op, rank);
    while (leading > 0 && !sharesLeading(op, leading))
      --leading;
    ops.push_back(op);
    return true;
  }
  unsigned next = getMaxLeading(op, leading);
  while (next > 0 && !sharesLeading(op, next))
    --next;
  SmallVector<linalg::GenericOp> members(ops);
  members.push_back(op);
  unsigned outer = limitToOuter(members, next), current = limitToOuter(ops, leading);
  if (outer == 0)
    return false;
  // Fewer common dimensions mean fewer parallel iterations.
  if (outer < current &&
      getKnownCount(ops.front(), outer) <
          std::min<int64_t>(16, getKnownCount(ops.front(), current)))
    return false;
  leading = next;
  ops.push_back(op);
  return true;
}

/// Buffers that only the group uses.
DenseMap<Value, Value> RowGroup::findRows() {
  DenseMap<Value, Value> rows;
  for (linalg::GenericOp op : ops)
    for (Value init : op.getDpsInits()) {
      auto alloc = init.getDefiningOp<memref::AllocOp>();
      if (!alloc || !alloc.getType().getLayout().isIdentity())
        continue;
      bool isLocal = llvm::all_of(alloc->getUsers(), [&](Operation *user) {
        auto member = dyn_cast<linalg::GenericOp>(user);
        return isa<memref::DimOp, memref::DeallocOp>(user) ||
               (member && llvm::is_contained(ops, member));
      });
      if (isLocal)
        rows[init] = Value();
    }
  return rows;
}

static int64_t getStaticBytes(MemRefType type) {
  if (!type.hasStaticShape())
    return ShapedType::kDynamic;
  Type element = type.getElementType();
  int64_t width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  return type.getNumElements() * llvm::divideCeil(width, 8);
}

/// Scratch memory: on the stack where it is small, else from the runtime.
Value RowGroup::createScratch(ImplicitLocOpBuilder &b, MemRefType type, ValueRange sizes) {
  int64_t bytes = getStaticBytes(type);
  if (!ShapedType::isDynamic(bytes) && bytes <= options.maxStackBytes)
    return memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
  return memref::AllocOp::create(b, type, sizes, b.getI64IntegerAttr(64));
}

DenseMap<Value, Value> RowGroup::emitRows(ImplicitLocOpBuilder &b, ArrayRef<Value> buffers) {
  DenseMap<Value, Value> rows;
  for (Value buffer : buffers) {
    auto alloc = buffer.getDefiningOp<memref::AllocOp>();
    MemRefType type = alloc.getType();
    unsigned firstDynamic = llvm::count_if(type.getShape().take_front(leading),
                                           [](int64_t size) { return ShapedType::isDynamic(size); });
    auto rowType = MemRefType::get(type.getShape().drop_front(leading), type.getElementType());
    rows[buffer] = createScratch(b, rowType, alloc.getDynamicSizes().drop_front(firstDynamic));
  }
  return rows;
}

void RowGroup::emit() {
  if (ops.empty())
    return;
  ImplicitLocOpBuilder b(ops.back().getLoc(), ops.back());
  bool isTop = isa<func::FuncOp>(ops.back()->getParentOp());
  if (ops.size() > 1)
    leading = limitToOuter(ops, leading);
  if (ops.size() == 1 || leading == 0) {
    for (linalg::GenericOp op : ops) {
      b.setLoc(op.getLoc());
      LoopNest(op, 0, DenseMap<Value, Value>(), options).emitTopLevel(b, isTop);
    }
  } else {
    SmallVector<Value> buffers;
    for (linalg::GenericOp op : ops)
      for (Value init : op.getDpsInits())
        buffers.push_back(init);
    DenseMap<Value, Value> local = findRows();
    llvm::erase_if(buffers, [&](Value buffer) { return !local.contains(buffer); });
    llvm::SmallSetVector<Value, 8> unique(buffers.begin(), buffers.end());

    SmallVector<Value> sizes;
    linalg::GenericOp last = ops.back();
    Value out = last.getDpsInits().front();
    Value count = arith::ConstantIndexOp::create(b, 1);
    for (unsigned i = 0; i < leading; ++i) {
      Value size = memref::DimOp::create(b, out, int64_t(i));
      sizes.push_back(size);
      count = i == 0 ? size : arith::MulIOp::create(b, count, size).getResult();
    }
    int64_t work = 0;
    for (linalg::GenericOp op : ops)
      work += LoopNest(op, leading, local, options).estimateWork();
    bool isKnown = llvm::none_of(
        cast<MemRefType>(out.getType()).getShape().take_front(leading),
        [](int64_t size) { return ShapedType::isDynamic(size); });
    bool isSmall = isKnown && work * getKnownCount(last, leading) < 2 * options.workPerThread;
    Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
    Value index;
    DenseMap<Value, Value> rows;
    if (isTop && !isSmall) {
      auto loop = scf::ParallelOp::create(b, ValueRange(zero), ValueRange(count), ValueRange(one));
      loop->setAttr(kWorkAttrName, b.getI64IntegerAttr(std::max<int64_t>(1, work)));
      b.setInsertionPointToStart(loop.getBody());
      rows = emitRows(b, unique.getArrayRef());
      index = loop.getInductionVars().front();
    } else {
      rows = emitRows(b, unique.getArrayRef());
      auto loop = scf::ForOp::create(b, zero, count, one);
      b.setInsertionPointToStart(loop.getBody());
      index = loop.getInductionVar();
    }
    SmallVector<Value> indices = delinearize(b, index, sizes);
    for (linalg::GenericOp op : ops) {
      b.setLoc(op.getLoc());
      LoopNest(op, leading, rows, options).emit(b, indices);
    }
  }
  for (linalg::GenericOp op : ops)
    op.erase();
  ops.clear();
}

namespace {
struct LowerKernelLoopsPass : dlc::impl::LowerKernelLoopsBase<LowerKernelLoopsPass> {
  using LowerKernelLoopsBase::LowerKernelLoopsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function->hasAttr(kKernelAttrName) || function.isDeclaration())
      return;
    if (failed(generalize(function)))
      return signalPassFailure();
    LowerKernelLoopsOptions options{maxStackBytes,  workPerThread, assumedSize,
                                    transposeBlock, unrolledSize,  pieceLength,
                                    std::max<int64_t>(1, partialRows)};
    SmallVector<Block *> blocks;
    function.walk([&](Block *block) {
      if (!isa<linalg::GenericOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    for (Block *block : blocks)
      lowerBlock(*block, options);
    placeScratch(function);
  }

  /// Fills, copies and other named ops as linalg.generic.
  LogicalResult generalize(func::FuncOp function) {
    SmallVector<Operation *> named;
    function.walk([&](Operation *op) {
      if (isa<memref::CopyOp>(op) || (isa<linalg::LinalgOp>(op) && !isa<linalg::GenericOp>(op)))
        named.push_back(op);
    });
    IRRewriter rewriter(function.getContext());
    for (Operation *op : named) {
      rewriter.setInsertionPoint(op);
      if (auto copy = dyn_cast<memref::CopyOp>(op)) {
        buildCopy(rewriter, copy);
        rewriter.eraseOp(copy);
      } else if (failed(linalg::generalizeNamedOp(rewriter, cast<linalg::LinalgOp>(op)))) {
        return op->emitOpError("has no loops");
      }
    }
    return success();
  }

  void buildCopy(OpBuilder &builder, memref::CopyOp copy) {
    if (copy.getSource() == copy.getTarget())
      return;
    int64_t rank = cast<MemRefType>(copy.getSource().getType()).getRank();
    AffineMap identity = builder.getMultiDimIdentityMap(rank);
    linalg::GenericOp::create(
        builder, copy.getLoc(), TypeRange(), copy.getSource(), copy.getTarget(),
        ArrayRef<AffineMap>{identity, identity},
        SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
        [](OpBuilder &nested, Location loc, ValueRange args) {
          linalg::YieldOp::create(nested, loc, args[0]);
        });
  }

  void lowerBlock(Block &block, const LowerKernelLoopsOptions &options) {
    RowGroup group(options);
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
        if (group.tryAdd(generic))
          continue;
        group.emit();
        group.tryAdd(generic);
        continue;
      }
      if (!isa<memref::AllocOp, memref::DeallocOp>(op) && !isPure(&op))
        group.emit();
    }
    group.emit();
  }

  /// Buffers that are left: small ones on the stack, others are given back at the
  /// end.
  void placeScratch(func::FuncOp function) {
    SmallVector<memref::AllocOp> allocs(function.getOps<memref::AllocOp>());
    Operation *end = function.getBody().front().getTerminator();
    for (memref::AllocOp alloc : allocs) {
      for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
        if (isa<memref::DeallocOp>(user))
          user->erase();
      if (llvm::all_of(alloc->getUsers(), llvm::IsaPred<memref::DimOp>)) {
        replaceDims(alloc);
        if (alloc->use_empty())
          alloc.erase();
        continue;
      }
      int64_t bytes = getStaticBytes(alloc.getType());
      ImplicitLocOpBuilder b(alloc.getLoc(), alloc);
      if (!ShapedType::isDynamic(bytes) && bytes <= maxStackBytes) {
        Value stack = memref::AllocaOp::create(b, alloc.getType(), b.getI64IntegerAttr(64));
        alloc.replaceAllUsesWith(stack);
        alloc.erase();
        continue;
      }
      b.setInsertionPoint(end);
      memref::DeallocOp::create(b, alloc);
    }
  }

  static void replaceDims(memref::AllocOp alloc) {
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers())) {
      auto dim = cast<memref::DimOp>(user);
      auto index = dim.getConstantIndex();
      if (!index || !alloc.getType().isDynamicDim(*index))
        continue;
      dim.replaceAllUsesWith(
          alloc.getDynamicSizes()[alloc.getType().getDynamicDimIndex(*index)]);
      dim.erase();
    }
  }
};
} // namespace
