//===- Einsum.cpp - Einstein summation ------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands are contracted from left to right. Before a pair is contracted, what
// neither the result nor a later operand needs is summed within its operand.
//
//   "bij,bjk,k->bi":  (bij · bjk → bik, batch b, contracting j) · k → bi
//
//===----------------------------------------------------------------------===//

#include "Einsum.h"
#include "Expr.h"
#include "MatrixProduct.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::frontend;

namespace {
/// A tensor whose dimensions have labels: a letter, or a negative number for a
/// dimension of the ellipsis (-1 is the last one).
struct Labelled {
  Value value;
  SmallVector<int> labels;

  std::optional<int64_t> find(int label) const {
    auto it = llvm::find(labels, label);
    return it == labels.end() ? std::nullopt
                              : std::optional<int64_t>(it - labels.begin());
  }
};
} // namespace

/// The labels of one term; `rank` is its operand's, or with -1 the ellipsis has
/// `ellipsis` dimensions.
static std::optional<SmallVector<int>> parseTerm(NodeBuilder &n, StringRef term, int64_t rank,
                                                 int64_t &ellipsis) {
  size_t dots = term.find("...");
  StringRef before = term.substr(0, dots);
  StringRef after = dots == StringRef::npos ? StringRef() : term.substr(dots + 3);
  for (char c : (before + after).str())
    if (!llvm::isAlpha(c)) {
      n.emitError() << "equation has the unexpected character '" << c << "'";
      return std::nullopt;
    }
  int64_t named = before.size() + after.size(), hidden = 0;
  if (rank >= 0) {
    hidden = rank - named;
    if (hidden < 0 || (hidden > 0 && dots == StringRef::npos)) {
      n.emitError() << "the term \"" << term << "\" doesn't fit an operand of rank " << rank;
      return std::nullopt;
    }
    ellipsis = std::max(ellipsis, hidden);
  } else if (dots != StringRef::npos) {
    hidden = ellipsis;
  }
  SmallVector<int> labels(before.begin(), before.end());
  for (int64_t d = hidden; d > 0; --d)
    labels.push_back(-d);
  labels.append(after.begin(), after.end());
  return labels;
}

/// A label that occurs twice takes the diagonal: the off-diagonal is masked out
/// and one of the dimensions summed.
static void takeDiagonals(NodeBuilder &n, Labelled &t) {
  Type i64 = n.getBuilder().getI64Type();
  for (int64_t d = t.labels.size() - 1; d > 0 && t.value; --d) {
    int64_t first = llvm::find(t.labels, t.labels[d]) - t.labels.begin();
    if (first == d)
      continue;
    Sizes sizes = n.sizes(t.value);
    Expr same = Expr(n, n.iota(sizes, i64, first)).eq(n.iota(sizes, i64, d));
    t.value = same.select(t.value, 0.0).sum({d}, /*keepDims=*/false);
    t.labels.erase(t.labels.begin() + d);
  }
}

/// Sums the labels that nobody needs any more.
static void sumOut(NodeBuilder &n, Labelled &t, llvm::function_ref<bool(int)> needed) {
  SmallVector<int64_t> axes;
  SmallVector<int> labels;
  for (auto [d, label] : llvm::enumerate(t.labels))
    if (needed(label))
      labels.push_back(label);
    else
      axes.push_back(d);
  if (axes.empty())
    return;
  t.value = t.value ? n.reduce(dl::ReductionKind::sum, t.value, axes, false) : t.value;
  t.labels = labels;
}

/// Brings a dimension of size 1 to the size of the other's equal label.
static void matchSizes(NodeBuilder &n, Labelled &a, const Labelled &b) {
  if (!a.value || !b.value)
    return;
  Sizes sizes = n.sizes(a.value);
  bool changed = false;
  for (auto [d, label] : llvm::enumerate(a.labels))
    if (auto other = b.find(label)) {
      Size wanted = n.size(b.value, *other);
      if (sizes[d].is(1) && !wanted.is(1)) {
        sizes[d] = wanted;
        changed = true;
      }
    }
  if (changed)
    a.value = n.broadcastTo(a.value, sizes);
}

static Labelled contract(NodeBuilder &n, Labelled a, Labelled b,
                         llvm::function_ref<bool(int)> needed) {
  sumOut(n, a, [&](int label) { return needed(label) || b.find(label); });
  sumOut(n, b, [&](int label) { return needed(label) || a.find(label); });
  matchSizes(n, a, b);
  matchSizes(n, b, a);
  SmallVector<int64_t> batchA, batchB, contractA, contractB;
  Labelled result;
  for (auto [i, label] : llvm::enumerate(a.labels))
    if (auto j = b.find(label)) {
      (needed(label) ? batchA : contractA).push_back(i);
      (needed(label) ? batchB : contractB).push_back(*j);
      if (needed(label))
        result.labels.push_back(label);
    }
  for (int label : a.labels)
    if (!b.find(label))
      result.labels.push_back(label);
  for (int label : b.labels)
    if (!a.find(label))
      result.labels.push_back(label);
  result.value = dot(n, a.value, b.value, batchA, batchB, contractA, contractB);
  return result;
}

/// The result of an equation without `->`: the ellipsis, then the letters that
/// occur once, in alphabetical order.
static SmallVector<int> implicitResult(ArrayRef<Labelled> operands, int64_t ellipsis) {
  std::map<int, int> counts;
  for (const Labelled &t : operands)
    for (int label : t.labels)
      ++counts[label];
  SmallVector<int> labels;
  for (int64_t d = ellipsis; d > 0; --d)
    labels.push_back(-d);
  for (auto [label, count] : counts)
    if (label > 0 && count == 1)
      labels.push_back(label);
  return labels;
}

Value frontend::einsum(NodeBuilder &n, std::string equation, ArrayRef<Value> inputs) {
  llvm::erase(equation, ' ');
  auto fail = [&](const Twine &reason) {
    n.emitError() << "equation \"" << equation << "\" " << reason;
    return Value();
  };
  auto [left, right] = StringRef(equation).split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (equation.empty() || terms.size() != inputs.size())
    return fail("doesn't fit " + Twine(inputs.size()) + " inputs");
  int64_t ellipsis = 0;
  SmallVector<Labelled> operands;
  for (auto [term, input] : llvm::zip(terms, inputs)) {
    auto labels = parseTerm(n, term, n.rankOf(input), ellipsis);
    if (!labels)
      return {};
    operands.push_back({input, *labels});
  }
  SmallVector<int> wanted = implicitResult(operands, ellipsis);
  if (StringRef(equation).contains("->")) {
    auto labels = parseTerm(n, right, -1, ellipsis);
    if (!labels)
      return {};
    wanted = *labels;
  }
  for (Labelled &operand : operands)
    takeDiagonals(n, operand);
  Labelled result = operands.front();
  for (size_t i = 1; i < operands.size(); ++i)
    result = contract(n, result, operands[i], [&](int label) {
      return llvm::is_contained(wanted, label) ||
             llvm::any_of(ArrayRef(operands).drop_front(i + 1),
                          [&](const Labelled &t) { return t.find(label).has_value(); });
    });
  sumOut(n, result, [&](int label) { return llvm::is_contained(wanted, label); });
  SmallVector<int64_t> permutation;
  for (int label : wanted) {
    auto place = result.find(label);
    if (!place || llvm::is_contained(permutation, *place))
      return fail("has a result label that no operand has, or has it twice");
    permutation.push_back(*place);
  }
  return result.value ? n.transpose(result.value, permutation) : Value();
}
