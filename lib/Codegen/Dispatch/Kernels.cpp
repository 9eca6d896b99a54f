//===- Kernels.cpp - outlining groups into kernels ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "OpClasses.h"
#include "dlc/Target/Artifact.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace dlc;

KernelTable::KernelTable(ModuleOp module) : module(module), symbols(module) {}

/// The body as a list of unique pointers and numbers: bodies with one key are
/// the same but for locations. Values are numbered, inputs first.
KernelTable::Key KernelTable::getKey(const KernelBody &body) const {
  Key key;
  DenseMap<Value, uintptr_t> numbers;
  auto number = [&](Value value) {
    return reinterpret_cast<const void *>(numbers.lookup(value));
  };
  for (Value input : body.inputs) {
    numbers[input] = numbers.size() + 1;
    key.push_back(input.getType().getAsOpaquePointer());
  }
  for (Operation *op : body.ops) {
    key.push_back(op->getName().getAsOpaquePointer());
    key.push_back(op->getAttrDictionary().getAsOpaquePointer());
    for (Value operand : op->getOperands())
      key.push_back(number(operand));
    for (Value result : op->getResults()) {
      numbers[result] = numbers.size() + 1;
      key.push_back(result.getType().getAsOpaquePointer());
    }
  }
  key.push_back(nullptr);
  for (Value output : body.outputs)
    key.push_back(number(output));
  return key;
}

/// The op that names the kernel: the first that isn't elementwise or lazy.
static StringRef getRootName(const KernelBody &body) {
  Operation *root = body.ops.back();
  for (Operation *op : body.ops)
    if (classify(op) == OpClass::Root) {
      root = op;
      break;
    }
  return root->getName().stripDialect();
}

/// The input that a kernel changes a part of to get its result, if it does no more
/// with it.
static BlockArgument findUpdatedInput(ArrayRef<Value> results) {
  if (results.size() != 1 ||
      !isa_and_nonnull<dl::DynamicUpdateSliceOp, dl::ScatterOp>(results[0].getDefiningOp()))
    return nullptr;
  auto input = dyn_cast<BlockArgument>(results[0].getDefiningOp()->getOperand(0));
  bool isUpdated = input && input.hasOneUse() && input.getType() == results[0].getType();
  return isUpdated ? input : nullptr;
}

func::FuncOp KernelTable::outline(const KernelBody &body) {
  MLIRContext *context = module.getContext();
  SmallVector<Location> locations;
  for (Operation *op : body.ops)
    locations.push_back(op->getLoc());
  Location loc = FusedLoc::get(context, locations);
  SmallVector<Type> inputs, results;
  for (Value value : body.inputs)
    inputs.push_back(value.getType());
  for (Value value : body.outputs)
    results.push_back(value.getType());
  auto kernel = func::FuncOp::create(
      loc, ("kernel_" + Twine(kernels.size() - 1) + "_" + getRootName(body)).str(),
      FunctionType::get(context, inputs, results));
  kernel.setPrivate();
  kernel->setAttr(kKernelAttr, UnitAttr::get(context));
  Block *entry = kernel.addEntryBlock();
  IRMapping mapping;
  mapping.map(body.inputs.getArrayRef(), entry->getArguments());
  OpBuilder builder = OpBuilder::atBlockEnd(entry);
  for (Operation *op : body.ops)
    builder.clone(*op, mapping);
  SmallVector<Value> returned;
  for (Value value : body.outputs)
    returned.push_back(mapping.lookup(value));
  func::ReturnOp::create(builder, loc, returned);
  if (BlockArgument updated = findUpdatedInput(returned))
    kernel->setAttr(kInPlaceAttr, builder.getI64IntegerAttr(updated.getArgNumber()));
  symbols.insert(kernel);
  return kernel;
}

FlatSymbolRefAttr KernelTable::getKernel(const KernelBody &body) {
  auto [it, isNew] = kernels.try_emplace(getKey(body));
  if (isNew)
    it->second = FlatSymbolRefAttr::get(outline(body));
  return it->second;
}
