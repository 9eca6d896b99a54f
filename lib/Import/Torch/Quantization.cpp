//===- Quantization.cpp - floats rounded as if they were quantised --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "NodeImporter.h"
#include "grad/IR/Grad.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

namespace {
struct Rounded {
  Expr output, isInside;
};
} // namespace

/// The argument 'self' rounded to the nearest of quant_min, … quant_max, each times the
/// scale, and whether it lies among these: there the derivative is 1, and 0 elsewhere. A
/// NaN counts as the least, and where levels are i64's, what these lack does, too.
static std::optional<Rounded> round(NodeImporter &n, Expr scale, Expr zeroPoint,
                                    bool hasIntegerLevels = false) {
  Type type = n.resultElementType();
  if (!type || !scale || !zeroPoint)
    return std::nullopt;
  Type wide = computationType(type);
  Expr x = n.operand("self", wide);
  double low = n.number("quant_min"), high = n.number("quant_max");
  // PyTorch's scales are f32, whatever the input is.
  Type f32 = n.getBuilder().getF32Type();
  scale = scale.to(f32);
  Expr inverse = (Expr(n, n.scalar(f32, 1)) / scale.get()).to(wide);
  bool isOffsetFloat = hasIntegerLevels && isa<FloatType>(n.elementTypeOf(zeroPoint));
  zeroPoint = zeroPoint.to(wide);
  Expr level = isOffsetFloat ? (x * inverse.get() + zeroPoint.get()).round()
                             : (x * inverse.get()).round() + zeroPoint.get();
  Expr isInside = (level >= low) & (level <= high).get();
  Expr isUnknown = level.isNan();
  if (hasIntegerLevels)
    isUnknown = isUnknown | (level.abs() >= 0x1p63).get();
  Expr known = isUnknown.select(n.scalar(wide, low), level.get());
  Expr kept = known.max(low).min(high);
  Expr output = (kept - zeroPoint.get()) * scale.to(wide).get();
  Expr own = isInside.select(x.get(), 0.0);
  if (!own)
    return std::nullopt;
  // own − own is 0, with own's derivative.
  auto stop = [&](Expr y) { return n.create<grad::StopOp>(y.get().getType(), y.get()); };
  output = Expr(n, stop(output)) + (own - stop(own)).get();
  return Rounded{output.to(type), isInside};
}

static LogicalResult result(NodeImporter &n, std::optional<Rounded> rounded) {
  if (!rounded)
    return failure();
  return n.results({rounded->output.get(), rounded->isInside.get()});
}

static LogicalResult importPerTensor(NodeImporter &n) {
  Type f64 = n.getBuilder().getF64Type();
  return result(n, round(n, n.operand("scale", f64), n.operand("zero_point", f64)));
}

/// Of a scale and a zero point for each place on an axis.
static LogicalResult importPerChannel(NodeImporter &n) {
  Value self = n.tensor("self");
  std::optional<int64_t> axis = self ? n.axis("axis", n.rankOf(self)) : std::nullopt;
  if (!axis)
    return failure();
  auto along = [&](StringRef name) -> Expr {
    Value own = n.tensor(name);
    if (!own || !n.requireRank(own, 1, 1, name))
      return {n, {}};
    Sizes sizes(n.rankOf(self), Size(1));
    sizes[*axis] = n.size(own, 0);
    return Expr(n, own).reshape(sizes);
  };
  return result(n, round(n, along("scale"), along("zero_point"), /*hasIntegerLevels=*/true));
}

/// Of a scale that is a tensor, where another one says whether to round at all.
static LogicalResult importSwitched(NodeImporter &n) {
  Type type = n.resultElementType(), f64 = n.getBuilder().getF64Type();
  auto scalar = [&](StringRef name) { return n.operand(name, f64).reshape({}); };
  auto rounded = round(n, scalar("scale"), scalar("zero_point"));
  Expr isOn = scalar("fake_quant_enabled");
  if (!rounded || !isOn)
    return failure();
  isOn = isOn.ne(0.0);
  rounded->output = isOn.select(rounded->output.get(), n.operand("self", type).get());
  rounded->isInside = rounded->isInside | (~isOn).get();
  return result(n, rounded);
}

void torch::registerQuantizationOps(OpTable &t) {
  t.add("aten.fake_quantize_per_tensor_affine_cachemask.default", importPerTensor);
  t.add("aten.fake_quantize_per_channel_affine_cachemask.default", importPerChannel);
  t.add("aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams.default", importSwitched);
}
