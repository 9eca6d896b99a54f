//===- TargetInfo.cpp - what kernel templates ask of the CPU --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Codegen/CPU/TargetInfo.h"

using namespace mlir;
using namespace dlc::cpu;

static constexpr llvm::StringLiteral kAttrName = "dlc.cpu";

TargetInfo TargetInfo::get(Operation *op) {
  TargetInfo info;
  auto module = llvm::dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  auto dict = module ? module->getAttrOfType<DictionaryAttr>(kAttrName) : DictionaryAttr();
  if (!dict)
    return info;
  auto read = [&](llvm::StringRef name, int64_t &field) {
    if (auto value = dict.getAs<IntegerAttr>(name))
      field = value.getInt();
  };
  read("vector_bits", info.vectorBits);
  read("vector_registers", info.vectorRegisters);
  read("l2_bytes", info.l2Bytes);
  return info;
}

void TargetInfo::set(ModuleOp module) const {
  Builder b(module.getContext());
  module->setAttr(kAttrName, b.getDictionaryAttr({
                                 b.getNamedAttr("l2_bytes", b.getI64IntegerAttr(l2Bytes)),
                                 b.getNamedAttr("vector_bits", b.getI64IntegerAttr(vectorBits)),
                                 b.getNamedAttr("vector_registers",
                                                b.getI64IntegerAttr(vectorRegisters)),
                             }));
}
