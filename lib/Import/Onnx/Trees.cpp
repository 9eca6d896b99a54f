//===- Trees.cpp - decision trees (ai.onnx.ml) ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All trees are walked at once, for all samples, a level at a time:
//
//   position[sample, tree] = root[tree]
//   repeat depth times:
//     x = X[sample, feature[position]]
//     position = compare(x, split[position]) ? onTrue[position] : onFalse[position]
//   Y = Σ over trees of votes[position]
//
// A leaf's successors are itself.
//
//===----------------------------------------------------------------------===//

#include "Expr.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

namespace {
enum Mode { LessEqual, Less, GreaterEqual, Greater, Equal, NotEqual, Member, Leaf };

struct Forest {
  SmallVector<int64_t> feature, mode, onTrue, onFalse, nanIsTrue, roots;
  SmallVector<double> split;
  /// For each node the set that `Member` tests.
  SmallVector<SmallVector<double>> members;
  /// For each node (leaf) its votes: target and weight.
  SmallVector<SmallVector<std::pair<int64_t, double>>> votes;
  static constexpr int64_t kMostTargets = 4096; ///< the table of votes has one column each
  int64_t targets = 1;

  size_t size() const { return mode.size(); }
  void addLeaf() {
    int64_t self = size();
    feature.push_back(0);
    mode.push_back(Leaf);
    onTrue.push_back(self);
    onFalse.push_back(self);
    nanIsTrue.push_back(0);
    split.push_back(0);
  }
};

enum class Aggregate { Average, Sum, Min, Max };
} // namespace

/// The greatest number of steps from a root to a leaf, or nullopt (reported) if
/// a successor doesn't exist or nodes form a circle.
static std::optional<int64_t> depthOf(NodeImporter &n, const Forest &f) {
  SmallVector<int64_t> level = f.roots;
  for (size_t depth = 0; depth <= f.size(); ++depth) {
    llvm::sort(level);
    level.erase(llvm::unique(level), level.end());
    SmallVector<int64_t> next;
    for (int64_t node : level) {
      if (node < 0 || node >= int64_t(f.size())) {
        n.emitError() << "a tree refers to the node " << node << ", which doesn't exist";
        return std::nullopt;
      }
      if (f.mode[node] != Leaf)
        next.append({f.onTrue[node], f.onFalse[node]});
    }
    if (next.empty())
      return depth;
    level = std::move(next);
  }
  n.emitError() << "the nodes of a tree form a circle";
  return std::nullopt;
}

static Value floats(NodeImporter &n, ArrayRef<double> values, ArrayRef<int64_t> shape, Type type) {
  SmallVector<APFloat> converted;
  for (double value : values) {
    APFloat number(value);
    bool lossy;
    number.convert(cast<FloatType>(type).getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &lossy);
    converted.push_back(number);
  }
  return n.constant(DenseElementsAttr::get(n.tensorType(shape, type), converted));
}

/// Whether each sample goes to its node's true branch: samples × trees.
static Expr takesTrueBranch(NodeImporter &n, const Forest &f, Expr x, Value position) {
  auto lookUp = [&](Value table) { return Expr(n, n.take(table, position, 0, false)); };
  int64_t count = f.size();
  Expr split = lookUp(floats(n, f.split, {count}, n.elementTypeOf(x)));
  Expr mode = lookUp(n.constantInts(f.mode));
  Expr result(n, {});
  auto when = [&](int64_t kind, llvm::function_ref<Expr()> condition) {
    if (!llvm::is_contained(f.mode, kind))
      return;
    Expr holds = condition();
    result = result ? mode.eq(double(kind)).select(holds, result) : holds;
  };
  when(LessEqual, [&] { return x <= split.get(); });
  when(Less, [&] { return x < split.get(); });
  when(GreaterEqual, [&] { return x >= split.get(); });
  when(Greater, [&] { return x > split.get(); });
  when(Equal, [&] { return x.eq(split.get()); });
  when(NotEqual, [&] { return x.ne(split.get()); });
  when(Member, [&] {
    int64_t widest = 1;
    for (const auto &set : f.members)
      widest = std::max<int64_t>(widest, set.size());
    SmallVector<double> table(count * widest, std::nan(""));
    for (auto [node, set] : llvm::enumerate(f.members))
      llvm::copy(set, table.begin() + node * widest);
    Expr sets = lookUp(floats(n, table, {count, widest}, n.elementTypeOf(x)));
    return x.unsqueeze({2}).eq(sets.get()).reduce(dl::ReductionKind::bit_or, {2}, false);
  });
  if (llvm::is_contained(f.nanIsTrue, 1))
    result = result | (x.isNan() & lookUp(n.constantInts(f.nanIsTrue)).ne(0.0).get()).get();
  return result;
}

/// The score of each sample and target.
static Value evaluate(NodeImporter &n, const Forest &f, Value x, Aggregate aggregate) {
  auto depth = depthOf(n, f);
  if (!x || !depth || !n.requireRank(x, 2, 2, "X"))
    return {};
  Type type = n.elementTypeOf(x);
  int64_t trees = f.roots.size(), count = f.size();
  Value position = n.broadcastTo(n.constantInts(f.roots), {n.size(x, 0), Size(trees)});
  for (int64_t step = 0; step < *depth && position; ++step) {
    Value feature = n.take(n.constantInts(f.feature), position, 0, false);
    if (!feature)
      return {};
    Expr value(n, n.infer<dl::GatherOp>(
                      x, n.unsqueeze(feature, {2}), /*offset_dims=*/ArrayRef<int64_t>{},
                      /*collapsed_slice_dims=*/ArrayRef<int64_t>{1},
                      /*operand_batching_dims=*/ArrayRef<int64_t>{0},
                      /*start_indices_batching_dims=*/ArrayRef<int64_t>{0},
                      /*start_index_map=*/ArrayRef<int64_t>{1}, int64_t(2),
                      ArrayRef<int64_t>{1, 1}));
    position = takesTrueBranch(n, f, value, position)
                   .select(n.take(n.constantInts(f.onTrue), position, 0, false),
                           n.take(n.constantInts(f.onFalse), position, 0, false));
  }
  bool extreme = aggregate == Aggregate::Min || aggregate == Aggregate::Max;
  double largest = APFloat::getLargest(cast<FloatType>(type).getFloatSemantics()).convertToDouble();
  double neutral = !extreme ? 0 : aggregate == Aggregate::Min ? largest : -largest;
  SmallVector<double> table(count * f.targets, neutral);
  for (auto [node, votes] : llvm::enumerate(f.votes))
    for (auto [target, weight] : votes) {
      double &cell = table[node * f.targets + target];
      cell = !extreme ? cell + weight
             : aggregate == Aggregate::Min ? std::min(cell, weight) : std::max(cell, weight);
    }
  Value votes = floats(n, table, {count, f.targets}, type);
  if (!position || !votes)
    return {};
  Expr perTree(n, n.take(votes, position, 0, false));
  auto kind = aggregate == Aggregate::Min   ? dl::ReductionKind::min
              : aggregate == Aggregate::Max ? dl::ReductionKind::max
                                            : dl::ReductionKind::sum;
  Expr scores = perTree.reduce(kind, {1}, false);
  return aggregate == Aggregate::Average ? scores / double(trees) : scores;
}

/// post_transform: NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO, PROBIT.
static Value postTransform(NodeImporter &n, Value scores, StringRef name) {
  if (!scores || name == "NONE")
    return scores;
  Expr s(n, scores);
  if (name == "LOGISTIC")
    return s.sigmoid();
  if (name == "SOFTMAX")
    return n.infer<dl::SoftmaxOp>(scores, int64_t(1));
  if (name == "SOFTMAX_ZERO") { // a zero stays zero and isn't counted
    Expr isZero = s.eq(0.0), zero(n, n.scalar(n.elementTypeOf(scores), 0));
    Expr powers = isZero.select(zero, (s - s.maximum({1}).get()).exp());
    Expr sum = powers.sum({1});
    return powers / sum.eq(0.0).select(n.scalar(n.elementTypeOf(scores), 1), sum).get();
  }
  if (name == "PROBIT")
    return (s * 2.0 - 1.0).erfInv() * std::sqrt(2.0);
  n.emitError() << "post_transform has the unknown value \"" << name << "\"";
  return {};
}

//===----------------------------------------------------------------------===//
// TreeEnsemble
//===----------------------------------------------------------------------===//

/// The sets of the nodes that test membership: in order, each ended by a NaN.
static bool readMembers(NodeImporter &n, Forest &f) {
  SmallVector<double> values;
  if (n.hasAttr("membership_values")) {
    auto known = n.constantFloats(n.tensorAttr("membership_values"));
    if (!known)
      return false;
    values = *known;
  }
  f.members.resize(f.size());
  const double *next = values.begin();
  for (auto [node, mode] : llvm::enumerate(f.mode)) {
    if (mode != Member)
      continue;
    if (next == values.end()) {
      n.emitError() << "membership_values has fewer sets than there are BRANCH_MEMBER nodes";
      return false;
    }
    for (; next != values.end() && !std::isnan(*next); ++next)
      f.members[node].push_back(*next);
    if (next != values.end())
      ++next;
  }
  return true;
}

static LogicalResult importTreeEnsemble(NodeImporter &n) {
  static constexpr StringLiteral transforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO",
                                                 "PROBIT"};
  Forest f;
  f.feature = n.requiredInts("nodes_featureids");
  f.onTrue = n.requiredInts("nodes_truenodeids");
  f.onFalse = n.requiredInts("nodes_falsenodeids");
  f.roots = n.requiredInts("tree_roots");
  auto trueLeaf = n.requiredInts("nodes_trueleafs"), falseLeaf = n.requiredInts("nodes_falseleafs");
  auto leafTargets = n.requiredInts("leaf_targetids");
  f.nanIsTrue = n.intsAttr("nodes_missing_value_tracks_true");
  f.targets = n.intAttr("n_targets", 1);
  int64_t aggregate = n.intAttr("aggregate_function", 1), post = n.intAttr("post_transform", 0);
  n.ignoreAttr("nodes_hitrates");
  Value splits = n.tensorAttr("nodes_splits"), modes = n.tensorAttr("nodes_modes"),
        weights = n.tensorAttr("leaf_weights");
  if (!splits || !modes || !weights || n.hasFailed())
    return n.hasFailed() ? failure()
                         : n.emitError() << "nodes_splits, nodes_modes and leaf_weights are needed";
  auto knownSplits = n.constantFloats(splits), knownWeights = n.constantFloats(weights);
  auto knownModes = n.constantInts(modes);
  if (!knownSplits || !knownWeights || !knownModes)
    return n.emitError() << "nodes_splits, nodes_modes or leaf_weights has an unexpected type";
  f.split = *knownSplits;
  f.mode = *knownModes;
  size_t interior = f.mode.size();
  if (f.nanIsTrue.empty())
    f.nanIsTrue.assign(interior, 0);
  for (size_t length : {f.feature.size(), f.onTrue.size(), f.onFalse.size(), trueLeaf.size(),
                        falseLeaf.size(), f.split.size(), f.nanIsTrue.size()})
    if (length != interior)
      return n.emitError() << "the nodes_* attributes differ in length";
  if (leafTargets.size() != knownWeights->size())
    return n.emitError() << "the leaf_* attributes differ in length";
  if (aggregate < 0 || aggregate > 3 || post < 0 || post > 4 || f.targets < 1 ||
      f.targets > Forest::kMostTargets)
    return n.emitError() << "aggregate_function, post_transform or n_targets is out of range";
  for (int64_t mode : f.mode)
    if (mode < LessEqual || mode > Member)
      return n.emitError() << "nodes_modes has the unknown mode " << mode;
  if (!readMembers(n, f))
    return failure();
  for (size_t i = 0; i < interior; ++i) {
    f.onTrue[i] += trueLeaf[i] ? interior : 0;
    f.onFalse[i] += falseLeaf[i] ? interior : 0;
  }
  f.votes.resize(interior);
  for (auto [target, weight] : llvm::zip(leafTargets, *knownWeights)) {
    if (target < 0 || target >= f.targets)
      return n.emitError() << "leaf_targetids has " << target << ", out of range";
    f.addLeaf();
    f.votes.push_back({{target, weight}});
  }
  f.members.resize(f.size());
  Value scores = evaluate(n, f, n.input(0), Aggregate(aggregate));
  return n.result(postTransform(n, scores, transforms[post]));
}

//===----------------------------------------------------------------------===//
// TreeEnsembleRegressor
//===----------------------------------------------------------------------===//

/// A list attribute of floats, or its `_as_tensor` twin.
static SmallVector<double> floatsOrTensor(NodeImporter &n, StringRef name) {
  std::string twin = (name + "_as_tensor").str();
  if (!n.hasAttr(twin))
    return n.floatsAttr(name);
  auto known = n.constantFloats(n.tensorAttr(twin));
  return known ? *known : SmallVector<double>();
}

static LogicalResult importTreeEnsembleRegressor(NodeImporter &n) {
  static constexpr StringLiteral names[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT",
                                            "BRANCH_EQ", "BRANCH_NEQ", "", "LEAF"};
  Forest f;
  auto nodeIds = n.requiredInts("nodes_nodeids"), treeIds = n.requiredInts("nodes_treeids");
  f.feature = n.requiredInts("nodes_featureids");
  auto onTrue = n.requiredInts("nodes_truenodeids"), onFalse = n.requiredInts("nodes_falsenodeids");
  f.nanIsTrue = n.intsAttr("nodes_missing_value_tracks_true");
  f.targets = n.intAttr("n_targets", 1);
  f.split = floatsOrTensor(n, "nodes_values");
  auto modes = n.stringsAttr("nodes_modes");
  auto targetIds = n.requiredInts("target_ids"), targetNodes = n.requiredInts("target_nodeids"),
       targetTrees = n.requiredInts("target_treeids");
  auto weights = floatsOrTensor(n, "target_weights"), base = floatsOrTensor(n, "base_values");
  std::string aggregateName = n.stringAttr("aggregate_function", "SUM"),
              post = n.stringAttr("post_transform", "NONE");
  n.ignoreAttr("nodes_hitrates");
  n.ignoreAttr("nodes_hitrates_as_tensor");
  auto aggregate = llvm::StringSwitch<std::optional<Aggregate>>(aggregateName)
                       .Case("AVERAGE", Aggregate::Average)
                       .Case("SUM", Aggregate::Sum)
                       .Case("MIN", Aggregate::Min)
                       .Case("MAX", Aggregate::Max)
                       .Default(std::nullopt);
  if (n.hasFailed())
    return failure();
  size_t count = nodeIds.size();
  if (f.nanIsTrue.empty())
    f.nanIsTrue.assign(count, 0);
  for (size_t length : {treeIds.size(), f.feature.size(), onTrue.size(), onFalse.size(),
                        f.split.size(), modes.size(), f.nanIsTrue.size()})
    if (length != count)
      return n.emitError() << "the nodes_* attributes differ in length";
  if (targetIds.size() != weights.size() || targetNodes.size() != weights.size() ||
      targetTrees.size() != weights.size() || f.targets < 1 ||
      f.targets > Forest::kMostTargets || !aggregate)
    return n.emitError() << "the target_* attributes differ in length, or n_targets or "
                            "aggregate_function is out of range";
  std::map<std::pair<int64_t, int64_t>, int64_t> index;
  for (size_t i = 0; i < count; ++i) {
    if (nodeIds[i] == 0)
      f.roots.push_back(i);
    index[{treeIds[i], nodeIds[i]}] = i;
  }
  auto find = [&](int64_t tree, int64_t node) {
    auto it = index.find({tree, node});
    return it == index.end() ? -1 : it->second;
  };
  for (size_t i = 0; i < count; ++i) {
    const StringLiteral *name = llvm::find(names, modes[i]);
    if (modes[i].empty() || name == std::end(names))
      return n.emitError() << "nodes_modes has the unknown mode \"" << modes[i] << "\"";
    bool isLeaf = name - names == Leaf;
    f.mode.push_back(name - names);
    f.onTrue.push_back(isLeaf ? i : find(treeIds[i], onTrue[i]));
    f.onFalse.push_back(isLeaf ? i : find(treeIds[i], onFalse[i]));
  }
  f.members.resize(count);
  f.votes.resize(count);
  for (auto [tree, node, target, weight] :
       llvm::zip(targetTrees, targetNodes, targetIds, weights)) {
    int64_t place = find(tree, node);
    if (place < 0 || target < 0 || target >= f.targets)
      return n.emitError() << "a vote refers to a node or target that doesn't exist";
    f.votes[place].push_back({target, weight});
  }
  if (f.roots.empty())
    return n.emitError() << "has no tree";
  Value scores = evaluate(n, f, n.input(0), *aggregate);
  if (scores && !base.empty()) {
    if (int64_t(base.size()) != f.targets)
      return n.emitError() << "base_values needs one entry per target";
    scores = Expr(n, scores) + floats(n, base, {f.targets}, n.elementTypeOf(scores));
  }
  Value y = postTransform(n, scores, post);
  return n.result(y ? n.convert(y, n.getBuilder().getF32Type()) : y);
}

void dlc::onnx::registerTreeOps(OpTable &table) {
  OpDomain &domain = table.domain("ai.onnx.ml");
  domain.add("TreeEnsemble", 5, 1, importTreeEnsemble);
  domain.add("TreeEnsembleRegressor", 1, 1, importTreeEnsembleRegressor);
}
