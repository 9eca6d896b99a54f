//===- Slicing.cpp - ONNX ops that cut and join ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using Direction = dl::ComparisonDirection;

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {
/// numpy's start:end:step of one dimension.
struct Cut {
  Size start = 0;
  Size end = std::numeric_limits<int64_t>::max();
  Size step = 1;
  bool isWhole = true;
};
} // namespace

/// What a list of numbers per axis says about each dimension: `pick(j)` is called
/// with every position j whose axis may be dimension d, known or not.
static LogicalResult distribute(NodeImporter &n, Value axes, int64_t count, int64_t rank,
                                function_ref<void(int64_t d, int64_t j, Size isHere)> pick) {
  std::optional<Sizes> list;
  if (axes) {
    list = n.entries(axes, "the list of axes");
    if (!list)
      return failure();
    if (static_cast<int64_t>(list->size()) != count)
      return n.emitError() << "there are " << list->size() << " axes for " << count
                           << " numbers";
  } else {
    if (count > rank)
      return n.emitError() << "there are numbers for " << count
                           << " dimensions of an input of rank " << rank;
    list.emplace();
    for (int64_t d = 0; d < count; ++d)
      list->push_back(d);
  }
  SmallVector<int64_t> known;
  for (auto [j, axis] : llvm::enumerate(*list)) {
    if (axis.isStatic()) {
      std::optional<int64_t> normal = n.normalizeAxis(axis.getStatic(), rank, "axis");
      if (!normal)
        return failure();
      if (is_contained(known, *normal))
        return n.emitError() << "axis " << *normal << " is named twice";
      known.push_back(*normal);
      pick(*normal, j, 1);
      continue;
    }
    std::string message = "an axis is outside the range of rank " + std::to_string(rank);
    n.require(Direction::ge, axis, -rank, message);
    n.require(Direction::lt, axis, rank, message);
    for (int64_t d = 0; d < rank; ++d)
      pick(d, j, n.select(Direction::eq, axis, d, 1, n.select(Direction::eq, axis, d - rank, 1, 0)));
  }
  return failure(n.hasFailed());
}

/// position + size where it is negative, then kept in [low, high].
static Size place(NodeImporter &n, Size position, Size size, Size low, Size high) {
  constexpr int64_t kHuge = std::numeric_limits<int32_t>::max();
  if (position.is(0) && low.is(0) && !size.isStatic())
    return position; // no dimension is smaller
  if (position.isStatic() && position.getStatic() >= kHuge)
    return high;
  if (position.isStatic() && position.getStatic() <= -kHuge)
    return low;
  Size counted =
      n.select(Direction::lt, position, 0, n.add(position, size), position);
  return n.max(low, n.min(counted, high));
}

/// Start and length of a cut of a dimension of the given size.
static std::pair<Size, Size> resolve(NodeImporter &n, const Cut &cut, Size size) {
  if (cut.step.is(0)) {
    n.emitError() << "a step is 0";
    return {0, 0};
  }
  n.require(Direction::ne, cut.step, 0, "a step is 0");
  Size last = n.select(Direction::lt, cut.step, 0, n.sub(size, 1), size);
  Size start = place(n, cut.start, size, 0, last);
  Size end = place(n, cut.end, size, n.select(Direction::lt, cut.step, 0, -1, 0), last);
  // A dimension without elements has no last one to start from.
  start = cut.step.isStatic() && cut.step.getStatic() > 0 ? start : n.max(start, 0);
  if (start.is(0) && cut.step.is(1))
    return {start, end};
  // ⌈(end − start) / step⌉, at least 0.
  Size sign = n.select(Direction::lt, cut.step, 0, -1, 1);
  Size distance = n.sub(n.add(n.sub(end, start), cut.step), sign);
  return {start, n.max(n.div(distance, cut.step), 0)};
}

static bool isStatic(const Size &size) { return size.isStatic(); }

/// Cuts that are all known, of dimensions whose size is known where they matter.
static Value sliceStatically(NodeImporter &n, Value x, ArrayRef<Cut> cuts, ArrayRef<Size> starts,
                             ArrayRef<Size> lengths) {
  OpBuilder &b = n.getBuilder();
  SmallVector<int64_t> first, limits, steps, reversed;
  for (auto [d, cut] : llvm::enumerate(cuts)) {
    int64_t size = n.shapeOf(x)[d];
    if (cut.isWhole) {
      first.push_back(0);
      limits.push_back(ShapedType::isDynamic(size) ? -1 : size);
      steps.push_back(1);
      continue;
    }
    int64_t start = starts[d].getStatic(), step = cut.step.getStatic();
    if (lengths[d].is(0)) { // nothing: from 0 to 0
      start = 0;
      step = 1;
    }
    if (step < 0) {
      reversed.push_back(d);
      start = size - 1 - start;
      step = -step;
    }
    first.push_back(start);
    limits.push_back(lengths[d].is(0) ? start
                                      : start + (lengths[d].getStatic() - 1) * step + 1);
    steps.push_back(step);
  }
  if (!reversed.empty())
    x = n.infer<dl::ReverseOp>(x, b.getDenseI64ArrayAttr(reversed));
  return n.infer<dl::SliceOp>(x, b.getDenseI64ArrayAttr(first), b.getDenseI64ArrayAttr(limits),
                              b.getDenseI64ArrayAttr(steps));
}

static Value cutOut(NodeImporter &n, Value x, ArrayRef<Cut> cuts) {
  Sizes starts, lengths, steps;
  bool known = true, whole = true;
  for (auto [d, cut] : llvm::enumerate(cuts)) {
    Size size = n.size(x, d);
    auto [start, length] = cut.isWhole ? std::pair(Size(0), size) : resolve(n, cut, size);
    starts.push_back(start);
    lengths.push_back(length);
    steps.push_back(cut.step);
    whole &= cut.isWhole || (start.is(0) && cut.step.is(1) && n.sameSize(length, size));
    known &= cut.isWhole ||
             (isStatic(size) && isStatic(start) && isStatic(length) && isStatic(cut.step));
  }
  if (n.hasFailed())
    return {};
  if (whole)
    return x;
  // A piece of a shape: keep its entries visible.
  if (known && n.rankOf(x) == 1 && n.elementTypeOf(x).isInteger(64) && lengths[0].getStatic() <= 32 &&
      lengths[0].getStatic() > 0) {
    SmallVector<int64_t> positions;
    for (int64_t i = 0; i < lengths[0].getStatic(); ++i)
      positions.push_back(starts[0].getStatic() + i * steps[0].getStatic());
    Sizes entries;
    for (int64_t i : positions)
      if (std::optional<Size> entry = peekEntry(x, i))
        entries.push_back(*entry);
    if (entries.size() == positions.size())
      return n.sizesTensor(entries);
  }
  if (known)
    return sliceStatically(n, x, cuts, starts, lengths);
  bool unitSteps = llvm::all_of(steps, [](const Size &step) { return step.is(1); });
  return n.create<dl::DynamicSliceOp>(n.tensorType(lengths, n.elementTypeOf(x)), x,
                                      n.sizesTensor(starts), n.shapeOperand(lengths),
                                      unitSteps ? Value() : n.sizesTensor(steps));
}

static LogicalResult importSlice(NodeImporter &n) {
  Value x = n.input(0), axes;
  std::optional<Sizes> starts, ends, steps;
  if (n.opset() < 10) {
    SmallVector<int64_t> from = n.requiredInts("starts"), to = n.requiredInts("ends");
    starts.emplace(from.begin(), from.end());
    ends.emplace(to.begin(), to.end());
    if (n.hasAttr("axes"))
      axes = n.constantInts(n.intsAttr("axes"));
  } else {
    starts = n.entries(n.input(1), "the list of starts");
    ends = n.entries(n.input(2), "the list of ends");
    axes = n.input(3);
    if (Value value = n.input(4))
      if (!(steps = n.entries(value, "the list of steps")))
        return failure();
  }
  if (n.hasFailed() || !starts || !ends)
    return n.emitError() << "it needs starts and ends";
  if (starts->size() != ends->size() || (steps && steps->size() != starts->size()))
    return n.emitError() << "there are " << starts->size() << " starts but " << ends->size()
                         << " ends" << (steps ? " and another number of steps" : "");
  SmallVector<Cut> cuts(n.rankOf(x));
  auto pick = [&](int64_t d, int64_t j, Size isHere) {
    Cut &cut = cuts[d];
    cut.isWhole = false;
    cut.start = n.select(Direction::eq, isHere, 1, (*starts)[j], cut.start);
    cut.end = n.select(Direction::eq, isHere, 1, (*ends)[j], cut.end);
    if (steps)
      cut.step = n.select(Direction::eq, isHere, 1, (*steps)[j], cut.step);
  };
  if (mlir::failed(distribute(n, axes, starts->size(), n.rankOf(x), pick)))
    return failure();
  return n.result(cutOut(n, x, cuts));
}

//===----------------------------------------------------------------------===//
// Split and Concat
//===----------------------------------------------------------------------===//

std::optional<Sizes> dlc::onnx::getSplitSizes(NodeImporter &n, Size whole, int64_t count,
                                              Value lengths, ArrayRef<int64_t> fixedLengths) {
  Sizes parts;
  if (lengths) {
    std::optional<Sizes> given = n.entries(lengths, "the list of lengths");
    if (!given)
      return std::nullopt;
    parts = *given;
  } else if (!fixedLengths.empty()) {
    parts.append(fixedLengths.begin(), fixedLengths.end());
  } else {
    // Equal parts; the last takes what is left.
    Size part = n.ceilDiv(whole, count), rest = whole;
    for (int64_t i = 0; i + 1 < count; ++i) {
      parts.push_back(part);
      rest = n.sub(rest, part);
    }
    parts.push_back(rest);
  }
  Size total = 0;
  for (const Size &part : parts) {
    n.require(Direction::ge, part, 0, "a part has a negative length");
    total = n.add(total, part);
  }
  if (lengths || !fixedLengths.empty())
    n.require(Direction::eq, total, whole, "the parts' lengths don't add up to the dimension's size");
  if (n.hasFailed())
    return std::nullopt;
  return parts;
}

static LogicalResult importSplit(NodeImporter &n) {
  Value x = n.input(0), lengths;
  std::optional<int64_t> axis = n.axisAttr("axis", 0, n.rankOf(x));
  if (!axis)
    return failure();
  int64_t count = n.numOutputs();
  SmallVector<int64_t> fixed;
  if (n.opset() < 13)
    fixed = n.intsAttr("split");
  else
    lengths = n.input(1);
  if (n.opset() >= 18 && n.hasAttr("num_outputs")) {
    if (lengths)
      return n.emitError() << "it has both lengths and 'num_outputs'";
    if (n.intAttr("num_outputs", 0) != count)
      return n.emitError() << "attribute 'num_outputs' isn't the number of its outputs, " << count;
  }
  std::optional<Sizes> parts = getSplitSizes(n, n.size(x, *axis), count, lengths, fixed);
  if (!parts)
    return failure();
  if (static_cast<int64_t>(parts->size()) != count)
    return n.emitError() << "it is split into " << parts->size() << " parts but has " << count
                         << " outputs";
  SmallVector<Value> results;
  Size start = 0;
  for (const Size &part : *parts) {
    results.push_back(count == 1 ? x : n.sliceAxis(x, *axis, start, part));
    start = n.add(start, part);
  }
  return n.results(results);
}

static LogicalResult importConcat(NodeImporter &n) {
  SmallVector<Value> values = n.inputsFrom(0);
  if (values.empty())
    return failure();
  int64_t rank = n.rankOf(values.front());
  std::optional<int64_t> axis = n.normalizeAxis(n.requiredInt("axis"), rank);
  if (!axis)
    return failure();
  for (Value value : values)
    if (!n.requireSameElementType(values.front(), value) ||
        !n.requireRank(value, rank, rank, "an input"))
      return failure();
  return n.result(n.concat(values, *axis));
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

/// Padding in the modes that look at the operand. Negative amounts crop first.
static Value padWith(NodeImporter &n, Value x, dl::PadMode mode, ArrayRef<Size> low,
                     ArrayRef<Size> high) {
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(x);
  SmallVector<int64_t> lows(rank, 0), highs(rank, 0), zeros(rank, 0);
  bool known = llvm::all_of(low, isStatic) && llvm::all_of(high, isStatic);
  Sizes result;
  for (int64_t d = 0; d < rank; ++d) {
    if (known) {
      int64_t before = low[d].getStatic(), after = high[d].getStatic();
      if (before < 0 || after < 0) {
        Size cropped = n.add(n.size(x, d), std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0));
        n.require(Direction::ge, cropped, 0, "more is cropped than there is");
        x = n.sliceAxis(x, d, std::max<int64_t>(-before, 0), cropped);
        if (!x)
          return {};
      }
      lows[d] = std::max<int64_t>(before, 0);
      highs[d] = std::max<int64_t>(after, 0);
      result.push_back(n.add(n.size(x, d), lows[d] + highs[d]));
      if (n.size(x, d).is(0) && lows[d] + highs[d] > 0) {
        n.emitError() << "dimension " << d << " has no elements to pad with";
        return {};
      }
      continue;
    }
    n.require(Direction::ge, low[d], 0, "a padding is negative");
    n.require(Direction::ge, high[d], 0, "a padding is negative");
    result.push_back(n.add(n.add(n.size(x, d), low[d]), high[d]));
  }
  if (n.hasFailed())
    return {};
  return n.create<dl::PadOp>(n.tensorType(result, n.elementTypeOf(x)), x, /*value=*/Value(),
                             known ? Value() : n.sizesTensor(low),
                             known ? Value() : n.sizesTensor(high), b.getDenseI64ArrayAttr(lows),
                             b.getDenseI64ArrayAttr(highs), b.getDenseI64ArrayAttr(zeros),
                             dl::PadModeAttr::get(n.getContext(), mode));
}

static LogicalResult importPad(NodeImporter &n) {
  Value x = n.input(0), value, axes;
  std::string mode = n.stringAttr("mode", "constant");
  std::optional<Sizes> pads;
  int64_t rank = n.rankOf(x);
  if (n.opset() < 11) {
    SmallVector<int64_t> numbers = n.requiredInts("pads");
    pads.emplace(numbers.begin(), numbers.end());
    value = n.scalar(n.elementTypeOf(x), n.floatAttr("value", 0.0));
  } else {
    if (!n.hasInput(1))
      return n.emitError() << "input 1 is missing; it takes at least 2";
    pads = n.entries(n.input(1), "the list of pads");
    value = n.input(2);
    axes = n.input(3);
    if (value && !n.requireSameElementType(x, value))
      return failure();
    if (value)
      value = n.reshape(value, ArrayRef<int64_t>{});
  }
  if (n.hasFailed() || !pads)
    return failure();
  if (pads->size() % 2 != 0)
    return n.emitError() << "there are " << pads->size() << " pads, which is odd";
  int64_t count = pads->size() / 2;
  if (!axes && count != rank)
    return n.emitError() << "there are " << pads->size() << " pads for an input of rank " << rank;
  Sizes low(rank, Size(0)), high(rank, Size(0));
  auto pick = [&](int64_t d, int64_t j, Size isHere) {
    low[d] = n.select(Direction::eq, isHere, 1, (*pads)[j], low[d]);
    high[d] = n.select(Direction::eq, isHere, 1, (*pads)[j + count], high[d]);
  };
  if (mlir::failed(distribute(n, axes, count, rank, pick)))
    return failure();
  if (mode == "constant") {
    for (int64_t d = 0; d < rank; ++d)
      n.require(Direction::ge, n.add(n.add(n.size(x, d), low[d]), high[d]), 0,
                "more is cropped than there is");
    return n.result(n.hasFailed() ? Value() : n.padConstant(x, low, high, value));
  }
  auto kind = llvm::StringSwitch<std::optional<dl::PadMode>>(mode)
                  .Case("edge", dl::PadMode::edge)
                  .Case("reflect", dl::PadMode::reflect)
                  .Case("wrap", dl::PadMode::wrap)
                  .Default(std::nullopt);
  if (!kind)
    return n.emitError() << "attribute 'mode' must be constant, edge, reflect or wrap, not '"
                         << mode << "'";
  return n.result(padWith(n, x, *kind, low, high));
}

static LogicalResult importCenterCropPad(NodeImporter &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  std::optional<Sizes> shape = n.entries(n.input(1), "the shape");
  std::optional<SmallVector<int64_t>> axes =
      n.normalizeAxes(n.intsAttr("axes", llvm::to_vector(llvm::seq<int64_t>(0, rank))), rank);
  if (!shape || !axes)
    return failure();
  if (shape->size() != axes->size())
    return n.emitError() << "the shape has " << shape->size() << " sizes for " << axes->size()
                         << " axes";
  Sizes low(rank, Size(0)), high(rank, Size(0));
  for (auto [axis, target] : llvm::zip(*axes, *shape)) {
    n.require(Direction::ge, target, 0, "a size of the shape is negative");
    // Half goes before, rounded towards zero both when padding and cropping.
    Size missing = n.sub(target, n.size(x, axis));
    low[axis] = n.div(missing, 2);
    high[axis] = n.sub(missing, low[axis]);
  }
  return n.result(n.hasFailed() ? Value() : n.padConstant(x, low, high));
}

void dlc::onnx::registerSlicingOps(OpTable &t) {
  t.add("CenterCropPad", 18, 2, importCenterCropPad);
  t.add("Concat", 4, {1, Arity::kVariadic}, importConcat);
  t.add("Pad", 2, {1, 4}, importPad);
  t.add("Slice", 1, {1, 5}, importSlice);
  t.add("Split", 2, {1, 2}, importSplit);
}
