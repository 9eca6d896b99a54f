//===- DecomposeComposites.cpp - -dl-decompose-composites -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Transforms/Decompose.h"
#include "Decompose/Decompose.h"
#include "dlc/Transforms/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace dlc {
#define GEN_PASS_DEF_DECOMPOSECOMPOSITES
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

/// The composites that ConvertDlToLinalg lowers as one elementwise expression.
static constexpr StringLiteral kLoweredWhole[] = {"dl.relu",     "dl.sigmoid",    "dl.silu",
                                                  "dl.gelu",     "dl.quantize",   "dl.dequantize",
                                                  "dl.grid_sample"};

ArrayRef<StringLiteral> dlc::getKernelComposites() {
  static constexpr StringLiteral names[] = {"softmax", "log_softmax", "layer_norm", "rms_norm",
                                            "group_norm"};
  return names;
}

static decompose::DecomposerMap makeDecomposers() {
  decompose::DecomposerMap map;
  decompose::addActivations(map);
  decompose::addAttention(map);
  decompose::addConvTranspose(map);
  decompose::addFactors(map);
  decompose::addGridSample(map);
  decompose::addNorms(map);
  decompose::addQuantization(map);
  decompose::addRecurrences(map);
  return map;
}

LogicalResult dlc::decomposeComposite(Operation *op, TensorBuilder &b,
                                      SmallVectorImpl<Value> &results) {
  static const decompose::DecomposerMap decomposers = makeDecomposers();
  auto decomposer = decomposers.lookup(op->getName().getStringRef());
  return decomposer ? decomposer(op, b, results) : failure();
}

namespace {
struct DecomposeCompositesPass
    : public dlc::impl::DecomposeCompositesBase<DecomposeCompositesPass> {
  using DecomposeCompositesBase::DecomposeCompositesBase;

  LogicalResult initialize(MLIRContext *context) override {
    decomposers = makeDecomposers();
    if (ops.empty()) {
      for (StringRef name : kLoweredWhole)
        decomposers.erase(name);
      for (StringRef name : getKernelComposites())
        decomposers.erase(("dl." + name).str());
      return success();
    }
    llvm::StringSet<> chosen;
    for (const std::string &name : ops) {
      std::string full = "dl." + name;
      if (!decomposers.contains(full))
        return emitError(UnknownLoc::get(context))
               << "dl-decompose-composites: `" << name << "` is no composite";
      chosen.insert(full);
    }
    for (StringRef name : llvm::to_vector(decomposers.keys()))
      if (!chosen.contains(name))
        decomposers.erase(name);
    return success();
  }

  void runOnOperation() override {
    // A decomposition may hold composites itself (attention a softmax): walk
    // again over what the last round made.
    SmallVector<Operation *> worklist;
    auto collect = [&](Operation *op) {
      if (decomposers.contains(op->getName().getStringRef()))
        worklist.push_back(op);
    };
    getOperation()->walk(collect);
    while (!worklist.empty())
      decomposeOne(worklist.pop_back_val(), collect);
  }

private:
  void decomposeOne(Operation *op, function_ref<void(Operation *)> collect) {
    Operation *before = op->getPrevNode();
    OpBuilder builder(op);
    TensorBuilder b(builder, op->getLoc());
    SmallVector<Value> results;
    auto decomposer = decomposers.lookup(op->getName().getStringRef());
    if (failed(decomposer(op, b, results)))
      return;
    for (auto [result, value] : llvm::zip_equal(op->getResults(), results))
      result.replaceAllUsesWith(b.cast(value, result.getType()));
    Operation *made = before ? before->getNextNode() : &op->getBlock()->front();
    for (; made != op; made = made->getNextNode())
      made->walk(collect);
    op->erase();
  }

  decompose::DecomposerMap decomposers;
};
} // namespace
