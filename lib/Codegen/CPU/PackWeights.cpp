//===- PackWeights.cpp - constant matrices laid out for their kernels -----===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs on launches (after -dl-form-dispatches). Where every launch of a matrix
// product or convolution kernel passes a weight as its right operand, the kernel
// takes it as column tiles [N/NR][K][NR] instead: one run of memory per tile, in
// the order of use. The packing is plain dl ops on the weight in the host
// program, which -dl-fold-constants then computes once, at compile time; the
// kernel unpacks with dl ops, which its template reads as an address computation.
//
//   // before
//   func.func private @k(%x: tensor<8x64xf32>, %w: tensor<64x48xf32>) ...
//     %0 = dl.dot_general %x, %w, ... contracting = [1] x [0] ...
//   // after
//   func.func private @k(%x: tensor<8x64xf32>, %w: tensor<1x64x48xf32>) ...
//     %1 = dl.transpose %w, permutation = [1, 0, 2] ...
//     %2 = dl.reshape %1 : tensor<64x1x48xf32> -> tensor<64x48xf32>
//     %0 = dl.dot_general %x, %2, ... contracting = [1] x [0] ...
//
//===----------------------------------------------------------------------===//

#include "Templates/ContractionNest.h"
#include "Templates/PackedWeights.h"

#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "dlc/Codegen/CPU/Passes.h"

namespace dlc {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "dlc/Codegen/CPU/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

#define DEBUG_TYPE "dl-pack-weights"

namespace {
/// The right operand of a kernel's root as a matrix [contracted, columns].
struct RightOperand {
  Operation *root = nullptr;
  BlockArgument argument;
  int64_t rows = ShapedType::kDynamic; ///< of the product, where known
  int64_t contracted = 0, columns = 0;
  bool transposed = false; ///< [columns, contracted] as it lies
};
} // namespace

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      return ShapedType::kDynamic;
    result *= size;
  }
  return result;
}

static std::optional<RightOperand> matchDot(dl::DotGeneralOp dot) {
  auto lhs = llvm::cast<RankedTensorType>(dot.getLhs().getType());
  auto rhs = llvm::cast<RankedTensorType>(dot.getRhs().getType());
  auto argument = llvm::dyn_cast<BlockArgument>(dot.getRhs());
  if (!argument || !rhs.getElementType().isF32() || rhs.getRank() != 2 ||
      !rhs.hasStaticShape() || dot.getRhsContracting().size() != 1 ||
      dot.getLhsContracting().size() != 1)
    return std::nullopt;
  RightOperand operand;
  operand.root = dot;
  operand.argument = argument;
  operand.transposed = dot.getRhsContracting().front() == 1;
  operand.contracted = rhs.getDimSize(operand.transposed ? 1 : 0);
  operand.columns = rhs.getDimSize(operand.transposed ? 0 : 1);
  SmallVector<int64_t> rows;
  for (int64_t d = 0; d < lhs.getRank(); ++d)
    if (d != dot.getLhsContracting().front())
      rows.push_back(lhs.getDimSize(d));
  operand.rows = product(rows);
  return operand;
}

static std::optional<RightOperand> matchConv(dl::ConvOp conv) {
  auto kernel = llvm::cast<RankedTensorType>(conv.getKernel().getType());
  auto output = llvm::cast<RankedTensorType>(conv.getOutput().getType());
  auto argument = llvm::dyn_cast<BlockArgument>(conv.getKernel());
  if (!argument || !kernel.getElementType().isF32() || !kernel.hasStaticShape() ||
      conv.getGroups() != 1 || conv.getLayout() != dl::DataLayout::channels_last ||
      kernel.getRank() > 4)
    return std::nullopt;
  RightOperand operand;
  operand.root = conv;
  operand.argument = argument;
  operand.contracted = product(kernel.getShape().drop_back());
  operand.columns = kernel.getShape().back();
  bool pointwise = product(kernel.getShape().drop_back(2)) == 1 &&
                   llvm::all_of(conv.getStrides(), [](int64_t s) { return s == 1; });
  operand.rows = pointwise ? product(output.getShape().drop_back())
                           : output.getDimSize(output.getRank() - 2);
  return operand;
}

static std::optional<RightOperand> matchKernel(func::FuncOp kernel) {
  std::optional<RightOperand> operand;
  for (Operation &op : kernel.front()) {
    std::optional<RightOperand> found;
    if (auto dot = llvm::dyn_cast<dl::DotGeneralOp>(op))
      found = matchDot(dot);
    else if (auto conv = llvm::dyn_cast<dl::ConvOp>(op))
      found = matchConv(conv);
    if (found && operand)
      return std::nullopt;
    if (found)
      operand = found;
  }
  if (operand && (!operand->argument.hasOneUse() || operand->columns == 0 ||
                  operand->contracted == 0))
    return std::nullopt;
  return operand;
}

namespace {
struct PackWeightsPass : dlc::impl::PackWeightsBase<PackWeightsPass> {
  using PackWeightsBase::PackWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    llvm::MapVector<StringAttr, SmallVector<dispatch::LaunchOp>> launches;
    module.walk([&](dispatch::LaunchOp launch) {
      launches[launch.getKernelAttr().getAttr()].push_back(launch);
    });
    TargetInfo target = TargetInfo::get(module);
    for (auto &[name, users] : launches) {
      auto kernel = symbols.lookup<func::FuncOp>(name);
      if (!kernel || kernel.isExternal())
        continue;
      std::optional<RightOperand> operand = matchKernel(kernel);
      if (operand && llvm::all_of(users, [&](dispatch::LaunchOp launch) {
            return isWeight(symbols, launch.getInputs()[operand->argument.getArgNumber()]);
          }))
        pack(kernel, *operand, users, target);
    }
  }

private:
  static bool isWeight(SymbolTable &symbols, Value value) {
    auto load = value.getDefiningOp<dl::GlobalLoadOp>();
    if (!load)
      return value.getDefiningOp<dl::ConstantOp>() != nullptr;
    auto global = symbols.lookup<dl::GlobalOp>(load.getGlobal());
    return global && !global.getIsMutable() && global.getValue();
  }

  void pack(func::FuncOp kernel, const RightOperand &operand,
            ArrayRef<dispatch::LaunchOp> users, const TargetInfo &target) {
    int64_t vectors = choosePackedVectors(operand.rows, operand.columns, 32, target);
    int64_t tileColumns = vectors * target.lanes(32);
    unsigned index = operand.argument.getArgNumber();
    Type packedType;
    for (dispatch::LaunchOp launch : users) {
      OpBuilder b(launch);
      Value packed =
          packWeight(b, launch.getLoc(), launch.getInputs()[index], operand, tileColumns);
      packedType = packed.getType();
      launch.getInputsMutable()[index].set(packed);
    }

    OpBuilder b(operand.root);
    BlockArgument argument = operand.argument;
    Type original = argument.getType();
    argument.setType(packedType);
    SmallVector<Type> inputs(kernel.getArgumentTypes());
    inputs[index] = packedType;
    kernel.setType(b.getFunctionType(inputs, kernel.getResultTypes()));
    Value unpacked = unpackColumns(b, operand.root->getLoc(), argument, operand.columns);
    auto dot = llvm::dyn_cast<dl::DotGeneralOp>(operand.root);
    if (!dot)
      unpacked = dl::ReshapeOp::create(b, operand.root->getLoc(), original, unpacked, Value());
    operand.root->setOperand(1, unpacked);
    if (dot)
      dot.setRhsContracting({0});
  }

  /// The host's side: the weight as [K, N], packed.
  Value packWeight(OpBuilder &b, Location loc, Value weight, const RightOperand &operand,
                   int64_t tileColumns) {
    auto type = llvm::cast<RankedTensorType>(weight.getType());
    auto matrix = RankedTensorType::get({operand.contracted, operand.columns},
                                        type.getElementType());
    if (operand.transposed)
      weight = dl::TransposeOp::create(b, loc, matrix, weight, b.getDenseI64ArrayAttr({1, 0}));
    else if (type != matrix)
      weight = dl::ReshapeOp::create(b, loc, matrix, weight, Value());
    return packColumns(b, loc, weight, tileColumns);
  }
};
} // namespace
