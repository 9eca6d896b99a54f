//===- Reduce.cpp - the meaning of reductions, scans and sorting ----------===//
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

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

template <typename T>
static T getNeutral(dl::ReductionKind kind, ElementType type) {
  switch (kind) {
  case dl::ReductionKind::sum:
  case dl::ReductionKind::mean:
  case dl::ReductionKind::bit_or:
  case dl::ReductionKind::bit_xor:
    return T(0);
  case dl::ReductionKind::prod:
    return T(1);
  case dl::ReductionKind::max:
    return getLowest<T>(type);
  case dl::ReductionKind::min:
    return getHighest<T>(type);
  case dl::ReductionKind::bit_and:
    return T(-1);
  }
  llvm_unreachable("all kinds handled");
}

template <typename T>
static T combine(dl::ReductionKind kind, T a, T b) {
  switch (kind) {
  case dl::ReductionKind::sum:
  case dl::ReductionKind::mean:
    return add(a, b);
  case dl::ReductionKind::prod:
    return multiply(a, b);
  case dl::ReductionKind::max:
    return maximum(a, b);
  case dl::ReductionKind::min:
    return minimum(a, b);
  default:
    break;
  }
  if constexpr (std::is_integral_v<T>) {
    if (kind == dl::ReductionKind::bit_and)
      return a & b;
    return kind == dl::ReductionKind::bit_or ? a | b : a ^ b;
  }
  llvm_unreachable("bits of integers only");
}

static Tensor evaluateReduce(dl::ReduceOp op, Operands operands) {
  const Tensor &input = operands[0];
  ElementType type = input.getType();
  Shape kept(input.getShape()), shape;
  for (int64_t d = 0; d < input.getRank(); ++d) {
    bool isReduced = llvm::is_contained(op.getDimensions(), d);
    if (isReduced)
      kept[d] = 1;
    if (!isReduced || op.getKeepDims())
      shape.push_back(kept[d]);
  }
  return withArithmetic(type, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> values = getValues<T>(input);
    std::vector<T> results(getProduct(kept), getNeutral<T>(op.getKind(), type));
    Shape target(input.getRank());
    int64_t from = 0;
    forEachIndex(input.getShape(), [&](ArrayRef<int64_t> index) {
      for (int64_t d = 0; d < input.getRank(); ++d)
        target[d] = kept[d] == 1 ? 0 : index[d];
      T &result = results[getPosition(kept, target)];
      result = combine(op.getKind(), result, values[from++]);
    });
    if (op.getKind() == dl::ReductionKind::mean) {
      int64_t count = 1;
      for (int64_t d : op.getDimensions())
        count *= input.getDim(d);
      // An integer mean is the wrapped sum, divided towards zero; of nothing 0.
      for (T &result : results) {
        if constexpr (std::is_integral_v<T>)
          result = count ? T(wrapInt(type, int64_t(result))) / T(count) : T(0);
        else
          result = result / double(count);
      }
    }
    return makeTensor(type, shape, results);
  });
}

//===----------------------------------------------------------------------===//
// arg_reduce, cumulative
//===----------------------------------------------------------------------===//

/// Whether a is more extreme than b: NaN is more than any number.
template <typename T>
static bool isMoreExtreme(T a, T b, bool isMax) {
  if (isNan(a) || isNan(b))
    return isNan(a) && !isNan(b);
  return isMax ? a > b : a < b;
}

static Expected<Tensor> evaluateArgReduce(dl::ArgReduceOp op, Operands operands) {
  const Tensor &input = operands[0];
  int64_t dim = op.getDimension();
  Split split(input.getShape(), dim);
  if (split.size == 0)
    return makeError("dimension {0} is empty: it has no extreme element", dim);
  Shape shape(input.getShape());
  if (op.getKeepDims())
    shape[dim] = 1;
  else
    shape.erase(shape.begin() + dim);
  bool isMax = op.getKind() == dl::ArgReduceKind::max;
  std::vector<int64_t> results;
  withArithmetic(input.getType(), [&](auto zero) {
    auto values = getValues<decltype(zero)>(input);
    for (int64_t o = 0; o < split.outer; ++o)
      for (int64_t n = 0; n < split.inner; ++n) {
        int64_t best = 0;
        for (int64_t i = 1; i < split.size; ++i) {
          auto value = values[split.at(o, i, n)], extreme = values[split.at(o, best, n)];
          if (isMoreExtreme(value, extreme, isMax) ||
              (op.getSelectLast() && !isMoreExtreme(extreme, value, isMax)))
            best = i;
        }
        results.push_back(best);
      }
  });
  return Tensor::fromInts(getResultType(op), shape, results);
}

template <typename T>
static T accumulate(dl::CumulativeKind kind, T a, T b) {
  switch (kind) {
  case dl::CumulativeKind::sum:
    return add(a, b);
  case dl::CumulativeKind::prod:
    return multiply(a, b);
  case dl::CumulativeKind::max:
    return maximum(a, b);
  case dl::CumulativeKind::min:
    return minimum(a, b);
  case dl::CumulativeKind::log_sum_exp: {
    T larger = maximum(a, b), smaller = minimum(a, b);
    // Two infinities of one sign have no difference.
    if (std::isinf(double(larger)))
      return larger;
    return T(double(larger) + std::log1p(std::exp(double(smaller) - double(larger))));
  }
  }
  llvm_unreachable("all kinds handled");
}

template <typename T>
static T getNeutral(dl::CumulativeKind kind, ElementType type) {
  switch (kind) {
  case dl::CumulativeKind::sum:
    return T(0);
  case dl::CumulativeKind::prod:
    return T(1);
  case dl::CumulativeKind::max:
  case dl::CumulativeKind::log_sum_exp:
    return getLowest<T>(type);
  case dl::CumulativeKind::min:
    return getHighest<T>(type);
  }
  llvm_unreachable("all kinds handled");
}

static Tensor evaluateCumulative(dl::CumulativeOp op, Operands operands) {
  const Tensor &input = operands[0];
  ElementType type = input.getType();
  Split split(input.getShape(), op.getDimension());
  return withArithmetic(type, [&](auto zero) {
    using T = decltype(zero);
    // Floats lose digits at each step.
    using Carried = std::conditional_t<std::is_same_v<T, float>, double, T>;
    std::vector<T> values = getValues<T>(input), results(values.size());
    for (int64_t o = 0; o < split.outer; ++o)
      for (int64_t n = 0; n < split.inner; ++n) {
        Carried sum = Carried(getNeutral<T>(op.getKind(), type));
        for (int64_t step = 0; step < split.size; ++step) {
          int64_t at = split.at(o, op.getReverse() ? split.size - 1 - step : step, n);
          Carried next = accumulate(op.getKind(), sum, Carried(values[at]));
          results[at] = T(op.getExclusive() ? sum : next);
          sum = next;
        }
      }
    return makeTensor(type, input.getShape(), results);
  });
}

//===----------------------------------------------------------------------===//
// sort, top_k
//===----------------------------------------------------------------------===//

/// For every line of `key` along a dimension the stable order of its elements,
/// written like the elements themselves: order[split.at(o, i, n)] is the place
/// of the i-th.
static std::vector<int64_t> getOrder(const Tensor &key, const Split &split, bool isDescending) {
  std::vector<int64_t> order(key.getNumElements()), line(split.size);
  withArithmetic(key.getType(), [&](auto zero) {
    auto values = getValues<decltype(zero)>(key);
    for (int64_t o = 0; o < split.outer; ++o)
      for (int64_t n = 0; n < split.inner; ++n) {
        std::iota(line.begin(), line.end(), 0);
        sortPlaces(line, [&](int64_t a, int64_t b) {
          auto x = values[split.at(o, a, n)], y = values[split.at(o, b, n)];
          return isDescending ? isBefore(y, x) : isBefore(x, y);
        });
        for (int64_t i = 0; i < split.size; ++i)
          order[split.at(o, i, n)] = line[i];
      }
  });
  return order;
}

static Expected<Tensors> evaluateSort(dl::SortOp op, Operands operands) {
  Split split(operands[0].getShape(), op.getDimension());
  std::vector<int64_t> order = getOrder(operands[0], split, op.getDescending());
  Tensors results;
  for (const Tensor &input : operands) {
    if (input.getShape() != operands[0].getShape())
      return makeError("operands are a {0} and a {1}", getTypeName(operands[0]),
                       getTypeName(input));
    Tensor result(input.getType(), input.getShape());
    char *data = result.getMutableData();
    for (int64_t o = 0; o < split.outer; ++o)
      for (int64_t i = 0; i < split.size; ++i)
        for (int64_t n = 0; n < split.inner; ++n)
          copyElement(input, split.at(o, order[split.at(o, i, n)], n), data, split.at(o, i, n));
    results.push_back(std::move(result));
  }
  return results;
}

static Expected<Tensors> evaluateTopK(dl::TopKOp op, Operands operands) {
  const Tensor &input = operands[0];
  int64_t k = operands[1].getInt(0), dim = op.getDimension();
  Split from(input.getShape(), dim);
  if (k < 0 || k > from.size)
    return makeError("k is {0}, but dimension {1} has {2} elements", k, dim, from.size);
  std::vector<int64_t> order = getOrder(input, from, !op.getSmallest());
  Shape shape(input.getShape());
  shape[dim] = k;
  Split to(shape, dim);
  Tensor values(input.getType(), shape);
  char *data = values.getMutableData();
  std::vector<int64_t> indices(values.getNumElements());
  for (int64_t o = 0; o < to.outer; ++o)
    for (int64_t i = 0; i < k; ++i)
      for (int64_t n = 0; n < to.inner; ++n) {
        int64_t place = order[from.at(o, i, n)];
        copyElement(input, from.at(o, place, n), data, to.at(o, i, n));
        indices[to.at(o, i, n)] = place;
      }
  return Tensors{values, Tensor::fromInts(getResultType(op, 1), shape, indices)};
}

void reference::addReduceEvaluators(EvaluatorTable &table) {
  table.add<dl::ReduceOp>(evaluateReduce);
  table.add<dl::ArgReduceOp>(evaluateArgReduce);
  table.add<dl::CumulativeOp>(evaluateCumulative);
  table.add<dl::SortOp>(evaluateSort);
  table.add<dl::TopKOp>(evaluateTopK);
}
