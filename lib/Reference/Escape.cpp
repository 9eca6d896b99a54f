//===- Escape.cpp - the meaning of ops with data-dependent results --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"
#include <numeric>

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

static Tensor evaluateNonzero(dl::NonzeroOp op, Operands operands) {
  const Tensor &input = operands[0];
  int64_t rank = input.getRank(), position = 0, count = 0;
  std::vector<std::vector<int64_t>> coordinates(rank);
  forEachIndex(input.getShape(), [&](ArrayRef<int64_t> index) {
    if (input.getAsDouble(position++) == 0)
      return;
    ++count;
    for (int64_t d = 0; d < rank; ++d)
      coordinates[d].push_back(index[d]);
  });
  std::vector<int64_t> values;
  for (const std::vector<int64_t> &line : coordinates)
    llvm::append_range(values, line);
  return Tensor::fromInts(getResultType(op), {rank, count}, values);
}

static Tensors evaluateUnique(dl::UniqueOp op, Operands operands) {
  Tensor input = operands[0];
  int64_t axis = op.getAxis().value_or(0);
  if (!op.getAxis())
    input = input.reshaped({input.getNumElements()});
  Split split(input.getShape(), axis);

  // Slices compare element by element, in row-major order.
  auto compare = [&](auto &values, int64_t a, int64_t b) {
    for (int64_t o = 0; o < split.outer; ++o)
      for (int64_t n = 0; n < split.inner; ++n) {
        auto x = values[split.at(o, a, n)], y = values[split.at(o, b, n)];
        if (isBefore(x, y) || isBefore(y, x))
          return isBefore(x, y) ? -1 : 1;
      }
    return 0;
  };
  auto hasNan = [&](auto &values, int64_t a) {
    for (int64_t o = 0; o < split.outer; ++o)
      for (int64_t n = 0; n < split.inner; ++n)
        if (auto x = values[split.at(o, a, n)]; x != x)
          return true;
    return false;
  };
  // Groups of equal slices, each headed by its first occurrence.
  std::vector<int64_t> first, inverse(split.size), counts;
  withArithmetic(input.getType(), [&](auto zero) {
    auto values = getValues<decltype(zero)>(input);
    std::vector<int64_t> order(split.size);
    std::iota(order.begin(), order.end(), 0);
    sortPlaces(order, [&](int64_t a, int64_t b) { return compare(values, a, b) < 0; });
    for (size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || compare(values, order[i - 1], order[i]) != 0 ||
          (op.getSeparateNans() && hasNan(values, order[i]))) {
        first.push_back(order[i]);
        counts.push_back(0);
      }
      ++counts.back();
      inverse[order[i]] = int64_t(first.size()) - 1;
    }
  });
  if (!op.getSorted()) {
    std::vector<int64_t> order(first.size()), place(first.size()), newFirst, newCounts;
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](int64_t a, int64_t b) { return first[a] < first[b]; });
    for (auto [i, group] : llvm::enumerate(order)) {
      place[group] = i;
      newFirst.push_back(first[group]);
      newCounts.push_back(counts[group]);
    }
    for (int64_t &group : inverse)
      group = place[group];
    first = newFirst;
    counts = newCounts;
  }

  int64_t groups = first.size();
  Shape shape(input.getShape());
  shape[axis] = groups;
  Split to(shape, axis);
  Tensor values(input.getType(), shape);
  char *data = values.getMutableData();
  for (int64_t o = 0; o < to.outer; ++o)
    for (int64_t i = 0; i < groups; ++i)
      for (int64_t n = 0; n < to.inner; ++n)
        copyElement(input, split.at(o, first[i], n), data, to.at(o, i, n));
  return {values, Tensor::fromInts(getResultType(op, 1), {groups}, first),
          Tensor::fromInts(getResultType(op, 2), {split.size}, inverse),
          Tensor::fromInts(getResultType(op, 3), {groups}, counts)};
}

//===----------------------------------------------------------------------===//
// non_max_suppression
//===----------------------------------------------------------------------===//

namespace {
struct Box {
  double y1, x1, y2, x2;
  double getArea() const { return (y2 - y1) * (x2 - x1); }
};
} // namespace

static Box getBox(ArrayRef<double> numbers, bool isCenter) {
  if (isCenter) {
    double x = numbers[0], y = numbers[1], w = numbers[2] / 2, h = numbers[3] / 2;
    return {y - h, x - w, y + h, x + w};
  }
  return {std::min(numbers[0], numbers[2]), std::min(numbers[1], numbers[3]),
          std::max(numbers[0], numbers[2]), std::max(numbers[1], numbers[3])};
}

/// Intersection over union; 0 where a box is empty.
static double getOverlap(const Box &a, const Box &b) {
  double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  if (height <= 0 || width <= 0 || a.getArea() <= 0 || b.getArea() <= 0)
    return 0;
  double common = height * width;
  return common / (a.getArea() + b.getArea() - common);
}

static Tensor evaluateNonMaxSuppression(dl::NonMaxSuppressionOp op, Operands operands) {
  const Tensor &boxes = operands[0], &scores = operands[1];
  int64_t batches = boxes.getDim(0), count = boxes.getDim(1), classes = scores.getDim(1);
  int64_t most = operands[2].getInt(0);
  double overlap = operands[3].getFloat(0);
  const Tensor *threshold = getOperand(op, op.getScoreThreshold(), operands);
  std::vector<double> numbers = boxes.getFloats(), s = scores.getFloats();
  std::vector<int64_t> rows;
  for (int64_t n = 0; n < batches; ++n)
    for (int64_t c = 0; c < classes; ++c) {
      auto score = [&](int64_t box) { return s[(n * classes + c) * count + box]; };
      auto box = [&](int64_t b) {
        return getBox(ArrayRef(numbers).slice((n * count + b) * 4, 4), op.getCenterPointBox());
      };
      // Best first; of equal scores the first box.
      std::vector<int64_t> order;
      for (int64_t b = 0; b < count; ++b)
        if (!threshold || score(b) > threshold->getFloat(0))
          order.push_back(b);
      sortPlaces(order, [&](int64_t a, int64_t b) { return score(a) > score(b); });
      std::vector<int64_t> chosen;
      for (int64_t b : order) {
        if (int64_t(chosen.size()) >= most)
          break;
        if (llvm::all_of(chosen, [&](int64_t a) { return getOverlap(box(a), box(b)) <= overlap; }))
          chosen.push_back(b);
      }
      for (int64_t b : chosen)
        rows.insert(rows.end(), {n, c, b});
    }
  return Tensor::fromInts(getResultType(op), {int64_t(rows.size()) / 3, 3}, rows);
}

//===----------------------------------------------------------------------===//
// assert, custom_call
//===----------------------------------------------------------------------===//

static Expected<Tensors> evaluateAssert(dl::AssertOp op, Operands operands) {
  for (int64_t value : operands[0].getInts())
    if (!value)
      return makeError("{0}", op.getMessage());
  return Tensors{};
}

static Expected<Tensors> evaluateCustomCall(dl::CustomCallOp op, Operands) {
  return makeError("the interpreter can't call the foreign function '{0}'", op.getTarget());
}

void reference::addEscapeEvaluators(EvaluatorTable &table) {
  table.add<dl::NonzeroOp>(evaluateNonzero);
  table.add<dl::UniqueOp>(evaluateUnique);
  table.add<dl::NonMaxSuppressionOp>(evaluateNonMaxSuppression);
  table.add<dl::AssertOp>(evaluateAssert);
  table.add<dl::CustomCallOp>(evaluateCustomCall);
}
