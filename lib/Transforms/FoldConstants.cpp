//===- FoldConstants.cpp - -dl-fold-constants -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three steps. First, in program order, every op is marked whose operands are
// constants and whose result is small enough to be computed. Then, backwards,
// of the marked ops those are chosen whose result something else needs; an op
// that only makes a constant larger (a broadcast) is not one of them: it stays,
// and its operand is needed. Last, in program order again, what is needed is
// computed and takes the op's place; a value is dropped after its last use.
//
//===----------------------------------------------------------------------===//

#include "NativeEvaluator.h"
#include "dlc/Reference/Interpreter.h"
#include "dlc/Target/Artifact.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstring>

namespace dlc {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

#define DEBUG_TYPE "dl-fold-constants"

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

namespace {
/// A constant's elements and, where they lie as they are in a file or resource,
/// that.
struct Constant {
  Tensor tensor;
  Attribute origin;
};

/// Reads and writes the constants of a module.
class ConstantStore {
public:
  ConstantStore(ModuleOp module, int64_t inlineElements)
      : symbols(module), inlineElements(inlineElements) {}

  /// The global that a value is loaded from, if it never changes and its
  /// elements are known.
  GlobalOp getGlobal(Value value) {
    auto load = value.getDefiningOp<GlobalLoadOp>();
    auto global = load ? symbols.lookup<GlobalOp>(load.getGlobal()) : GlobalOp();
    return global && !global.getIsMutable() && global.getValue() ? global : GlobalOp();
  }
  bool isConstant(Value value) {
    return value.getDefiningOp<ConstantOp>() || getGlobal(value);
  }

  /// Nothing where the elements cannot be had.
  std::optional<Constant> read(Value value) {
    if (auto constant = value.getDefiningOp<ConstantOp>())
      return fromElements(constant.getValue());
    GlobalOp global = getGlobal(value);
    if (auto external = dyn_cast<ExternalDataAttr>(*global.getValue()))
      return fromFile(external, typeOf(value));
    auto elements = dyn_cast<ElementsAttr>(*global.getValue());
    return elements ? fromElements(elements) : std::nullopt;
  }

  /// A value that holds the constant, in front of `op`, whose result it is.
  Value write(Operation *op, const Constant &constant);

private:
  static std::optional<Constant> fromElements(ElementsAttr elements) {
    llvm::Expected<Tensor> tensor = reference::getTensor(elements);
    if (!tensor) {
      llvm::consumeError(tensor.takeError());
      return std::nullopt;
    }
    return Constant{*tensor, isa<DenseResourceElementsAttr>(elements) ? elements : Attribute()};
  }

  std::optional<Constant> fromFile(ExternalDataAttr external, RankedTensorType type);

  SymbolTable symbols;
  int64_t inlineElements;
  llvm::StringMap<std::shared_ptr<llvm::MemoryBuffer>> files;
};
} // namespace

std::optional<Constant> ConstantStore::fromFile(ExternalDataAttr external, RankedTensorType type) {
  std::shared_ptr<llvm::MemoryBuffer> &file = files[external.getPath()];
  if (!file) {
    auto mapped = llvm::MemoryBuffer::getFile(external.getPath(), /*IsText=*/false,
                                              /*RequiresNullTerminator=*/false);
    if (!mapped)
      return std::nullopt;
    file = std::move(*mapped);
  }
  std::optional<ElementType> element = reference::getElementType(type);
  uint64_t bytes = element ? type.getNumElements() * getByteSize(*element) : 0;
  if (!element || external.getLength() != bytes || external.getOffset() > file->getBufferSize() ||
      file->getBufferSize() - external.getOffset() < bytes)
    return std::nullopt;
  const char *data = file->getBufferStart() + external.getOffset();
  return Constant{Tensor::view(*element, type.getShape(), data, file), external};
}

/// Whether every element has the bytes of the first.
static bool isSplat(const Tensor &tensor) {
  int64_t size = getByteSize(tensor.getType()), bytes = tensor.getNumBytes();
  return bytes > size &&
         std::memcmp(tensor.getData(), tensor.getData() + size, bytes - size) == 0;
}

Value ConstantStore::write(Operation *op, const Constant &constant) {
  const Tensor &tensor = constant.tensor;
  RankedTensorType type = typeOf(op->getResult(0));
  OpBuilder builder(op);
  if (tensor.getNumElements() <= inlineElements)
    return ConstantOp::create(builder, op->getLoc(), reference::getAttribute(tensor, type));
  if (isSplat(tensor)) {
    Tensor first = Tensor::view(tensor.getType(), {}, tensor.getData());
    auto element = reference::getAttribute(first, type.clone(ArrayRef<int64_t>{}));
    return ConstantOp::create(builder, op->getLoc(), element.resizeSplat(type));
  }
  Operation *module = symbols.getOp();
  builder.setInsertionPointToStart(&module->getRegion(0).front());
  auto global = GlobalOp::create(builder, op->getLoc(), "folded", builder.getStringAttr("private"),
                                 type, /*value=*/Attribute(), /*is_mutable=*/false);
  StringRef name = symbols.insert(global);
  Attribute value = constant.origin;
  if (auto resource = dyn_cast_if_present<DenseResourceElementsAttr>(value)) {
    value = DenseResourceElementsAttr::get(type, resource.getRawHandle());
  } else if (!value) {
    // The attribute's blob keeps the tensor's memory alive. It has the global's
    // name, since finding a free one for the n-th of a name takes n attempts.
    auto owner = std::make_shared<Tensor>(tensor);
    AsmResourceBlob blob(ArrayRef(tensor.getData(), tensor.getNumBytes()), /*dataAlignment=*/64,
                         [owner](void *, size_t, size_t) {}, /*dataIsMutable=*/false);
    value = DenseResourceElementsAttr::get(type, name, std::move(blob));
  }
  global.setValueAttr(value);
  builder.setInsertionPoint(op);
  return GlobalLoadOp::create(builder, op->getLoc(), type, name);
}

namespace {
struct FoldConstantsPass : public dlc::impl::FoldConstantsBase<FoldConstantsPass> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() override {
    store.emplace(getOperation(), inlineElements);
    // A kernel has its weights as arguments: what it computes stays in it.
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kKernelAttr))
        foldFunction(function);
    eraseUnusedGlobals();
    store.reset();
  }

private:
  bool isKnown(Value value) { return marked.contains(value) || store->isConstant(value); }
  bool isFoldable(Operation *op);
  void foldFunction(func::FuncOp function);
  void markNeeded(ArrayRef<Operation *> foldable);
  std::optional<Constant> evaluate(Operation *op);
  void eraseUnusedGlobals();

  std::optional<ConstantStore> store;
  /// Results of foldable ops.
  llvm::DenseSet<Value> marked;
  /// Ops to replace by their result, and how often a computation needs a value.
  llvm::DenseSet<Operation *> replaced;
  llvm::DenseMap<Value, int64_t> needs;
  llvm::DenseMap<Value, Constant> computed;
};
} // namespace

/// Whether the op only repeats its operand, so that it is cheaper to keep it.
static bool isGrowing(Operation *op) { return isa<BroadcastInDimOp, SplatOp, IotaOp>(op); }

bool FoldConstantsPass::isFoldable(Operation *op) {
  if (!isa_and_present<DlDialect>(op->getDialect()) || op->getNumRegions() != 0 ||
      op->getNumResults() != 1 || !isPure(op) ||
      isa<ConstantOp, GlobalLoadOp, RngUniformOp, RngNormalOp>(op) ||
      !llvm::all_of(op->getOperands(), [&](Value value) { return isKnown(value); }))
    return false;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  std::optional<ElementType> element = type ? reference::getElementType(type) : std::nullopt;
  if (!element || !type.hasStaticShape())
    return false;
  auto count = [](Value value) { return typeOf(value).getNumElements(); };
  int64_t work = count(op->getResult(0));
  for (Value operand : op->getOperands())
    work = std::max(work, count(operand));
  if (hasNativeEvaluation(op))
    return work * getByteSize(*element) <= maxBytes;
  // An interpreted product or window costs more than its elements.
  int64_t limit = isa<DotGeneralOp, ConvOp, ConvTransposeOp>(op) ? maxElements / 64 : maxElements;
  return work <= limit;
}

/// Backwards: an op is replaced if something that isn't folded away uses it.
void FoldConstantsPass::markNeeded(ArrayRef<Operation *> foldable) {
  llvm::DenseSet<Operation *> candidates(foldable.begin(), foldable.end());
  for (Operation *op : llvm::reverse(foldable)) {
    Value result = op->getResult(0);
    bool isUsed = llvm::any_of(result.getUsers(), [&](Operation *user) {
      return !candidates.contains(user);
    });
    if (isUsed && isGrowing(op) && typeOf(result).getNumElements() > inlineElements) {
      // It stays, and so uses its operands.
      candidates.erase(op);
      isUsed = false;
    }
    if (isUsed)
      replaced.insert(op);
    if (isUsed || needs.contains(result))
      for (Value operand : op->getOperands())
        ++needs[operand];
  }
}

/// The op's result; nothing, and the op stays, where it has none.
std::optional<Constant> FoldConstantsPass::evaluate(Operation *op) {
  SmallVector<Tensor> operands;
  Attribute origin;
  for (Value operand : op->getOperands()) {
    std::optional<Constant> constant;
    if (auto it = computed.find(operand); it != computed.end()) {
      constant = it->second;
      if (--needs[operand] == 0)
        computed.erase(it);
    } else if (store->isConstant(operand)) {
      constant = store->read(operand);
    }
    if (!constant)
      return std::nullopt;
    operands.push_back(constant->tensor);
    if (operands.size() == 1)
      origin = constant->origin;
  }
  if (hasNativeEvaluation(op)) {
    Constant result{evaluateNatively(op, operands), Attribute()};
    if (isa<ReshapeOp>(op))
      result.origin = origin;
    auto external = dyn_cast_if_present<ExternalDataAttr>(origin);
    if (isa<SliceOp>(op) && external) {
      // A contiguous slice lies in the file, too.
      int64_t offset = result.tensor.getData() - operands[0].getData();
      if (offset >= 0 && offset + result.tensor.getNumBytes() <= operands[0].getNumBytes())
        result.origin = ExternalDataAttr::get(op->getContext(), external.getPath(),
                                              external.getOffset() + offset,
                                              result.tensor.getNumBytes());
    }
    return result;
  }
  llvm::Expected<SmallVector<Tensor>> results = reference::evaluateOp(op, operands);
  if (!results) {
    // What fails here fails at run time, with the same sentence.
    std::string reason = llvm::toString(results.takeError());
    LLVM_DEBUG(llvm::dbgs() << "not folded: " << reason << "\n");
    return std::nullopt;
  }
  return Constant{results->front(), Attribute()};
}

void FoldConstantsPass::foldFunction(func::FuncOp function) {
  SmallVector<Operation *> foldable;
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (!isFoldable(op))
      return;
    foldable.push_back(op);
    marked.insert(op->getResult(0));
  });
  markNeeded(foldable);
  for (Operation *op : foldable) {
    Value result = op->getResult(0);
    if (!replaced.contains(op) && !needs.contains(result))
      continue;
    std::optional<Constant> constant = evaluate(op);
    if (!constant)
      continue;
    if (replaced.contains(op))
      result.replaceAllUsesWith(store->write(op, *constant));
    else
      computed[result] = std::move(*constant);
  }
  for (Operation *op : llvm::reverse(foldable)) {
    if (!op->use_empty())
      continue;
    SmallVector<Operation *> makers;
    for (Value operand : op->getOperands())
      if (isa_and_present<ConstantOp, GlobalLoadOp>(operand.getDefiningOp()) &&
          !llvm::is_contained(makers, operand.getDefiningOp()))
        makers.push_back(operand.getDefiningOp());
    op->erase();
    for (Operation *maker : makers)
      if (maker->use_empty())
        maker->erase();
  }
  marked.clear();
  replaced.clear();
  needs.clear();
  computed.clear();
}

void FoldConstantsPass::eraseUnusedGlobals() {
  llvm::DenseSet<StringAttr> used;
  getOperation().walk([&](Operation *op) {
    if (auto load = dyn_cast<GlobalLoadOp>(op))
      used.insert(load.getGlobalAttr().getAttr());
    else if (auto global = dyn_cast<GlobalStoreOp>(op))
      used.insert(global.getGlobalAttr().getAttr());
  });
  for (auto global : llvm::make_early_inc_range(getOperation().getOps<GlobalOp>()))
    if (global.isPrivate() && !used.contains(global.getSymNameAttr()))
      global.erase();
}
