//===- Matchers.cpp - what the patterns of -dl-simplify look for ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

std::optional<double> simplify::getUniformValue(Value value) {
  while (auto *op = value.getDefiningOp()) {
    if (!isa<BroadcastInDimOp, SplatOp, ReshapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  auto elements = dyn_cast_if_present<DenseElementsAttr>(getConstantElements(value));
  if (!elements || !elements.isSplat())
    return std::nullopt;
  if (isa<FloatType>(elements.getElementType()))
    return elements.getSplatValue<APFloat>().convertToDouble();
  if (elements.getElementType().isSignlessInteger())
    return double(elements.getSplatValue<APInt>().getSExtValue());
  return std::nullopt;
}

bool simplify::isUniform(Value value, double number) {
  std::optional<double> known = getUniformValue(value);
  Type type = getTensorType(value).getElementType();
  double precision = isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32 ? 1e-2 : 1e-5;
  return known && std::abs(*known - number) <= precision * std::max(1e-30, std::abs(number));
}

bool simplify::isConstantExpression(Value value) {
  SmallVector<Value> worklist{value};
  for (int64_t budget = 16; !worklist.empty(); --budget) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || budget == 0)
      return false;
    if (isa<ConstantOp>(op) || (isa<GlobalLoadOp>(op) && isMemoryEffectFree(op)))
      continue;
    if (!isa_and_present<DlDialect>(op->getDialect()) || !isPure(op) ||
        op->getNumOperands() == 0 || isa<DimSizeOp>(op))
      return false;
    llvm::append_range(worklist, op->getOperands());
  }
  return true;
}

/// The dimension of a broadcast's operand that lands on `dim`, if no other one
/// has more than one element; -1 otherwise.
static int64_t onlySpreadDim(BroadcastInDimOp op, int64_t dim) {
  RankedTensorType type = getTensorType(op.getInput());
  int64_t found = -1;
  for (auto [d, place] : llvm::enumerate(op.getBroadcastDimensions())) {
    if (place == dim)
      found = d;
    else if (type.getDimSize(d) != 1)
      return -1;
  }
  return found >= 0 && !type.isDynamicDim(found) &&
                 type.getDimSize(found) == getTensorType(op.getOutput()).getDimSize(dim)
             ? found
             : -1;
}

bool simplify::isPerIndex(Value value, int64_t dim) {
  auto broadcast = value.getDefiningOp<BroadcastInDimOp>();
  return broadcast && onlySpreadDim(broadcast, dim) >= 0;
}

Value simplify::getPerIndexOperand(Value value, int64_t dim, TensorBuilder &b) {
  auto broadcast = value.getDefiningOp<BroadcastInDimOp>();
  int64_t source = broadcast ? onlySpreadDim(broadcast, dim) : -1;
  if (source < 0)
    return {};
  return b.reshape(broadcast.getInput(), {getTensorType(broadcast.getInput()).getDimSize(source)});
}

static void collectFactors(Value value, simplify::Product &product, int64_t depth) {
  if (std::optional<double> number = simplify::getUniformValue(value)) {
    product.scale *= *number;
    return;
  }
  if (depth > 0) {
    if (auto mul = value.getDefiningOp<MulOp>()) {
      collectFactors(mul.getLhs(), product, depth - 1);
      return collectFactors(mul.getRhs(), product, depth - 1);
    }
    if (auto div = value.getDefiningOp<DivOp>())
      if (auto divisor = simplify::getUniformValue(div.getRhs()); divisor && *divisor != 0) {
        product.scale /= *divisor;
        return collectFactors(div.getLhs(), product, depth - 1);
      }
    if (auto pow = value.getDefiningOp<PowOp>()) {
      std::optional<double> exponent = simplify::getUniformValue(pow.getRhs());
      if (exponent && (*exponent == 2 || *exponent == 3)) {
        for (int64_t i = 0; i < int64_t(*exponent); ++i)
          collectFactors(pow.getLhs(), product, depth - 1);
        return;
      }
    }
  }
  product.factors.push_back(value);
}

simplify::Product simplify::getProduct(Value value) {
  Product product;
  collectFactors(value, product, /*depth=*/4);
  return product;
}
