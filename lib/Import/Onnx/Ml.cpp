//===- Ml.cpp - classical machine learning (ai.onnx.ml) -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"
#include "Linear.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// A list of floats as a constant vector.
static Value floatVector(NodeImporter &n, ArrayRef<double> values) {
  SmallVector<float> narrow(values.begin(), values.end());
  auto type = RankedTensorType::get({int64_t(narrow.size())}, n.getBuilder().getF32Type());
  return n.constant(DenseElementsAttr::get(type, ArrayRef(narrow)));
}

static LogicalResult importArrayFeatureExtractor(NodeImporter &n) {
  Value x = n.input(0), indices = n.input(1);
  if (!x || !indices || !n.requireRank(x, 1, INT64_MAX, "X"))
    return failure();
  Value flat = n.reshape(indices, {n.product(n.sizes(indices))});
  Value y = n.take(x, flat, n.rankOf(x) - 1, /*wrapNegative=*/false);
  return n.result(y && n.rankOf(y) == 1 ? n.unsqueeze(y, {0}) : y);
}

static LogicalResult importBinarizer(NodeImporter &n) {
  Value x = n.input(0);
  double threshold = n.floatAttr("threshold", 0);
  return n.result(x ? (Expr(n, x) > threshold).to(n.elementTypeOf(x)).get() : x);
}

//===----------------------------------------------------------------------===//
// LabelEncoder
//===----------------------------------------------------------------------===//

/// One side of the table, from the attribute that is there.
static Value readLabels(NodeImporter &n, StringRef side) {
  std::string prefix = side.str();
  if (n.hasAttr(prefix + "_strings")) {
    n.emitError() << prefix << "_strings: dl has no strings";
    return {};
  }
  if (n.hasAttr(prefix + "_tensor"))
    return n.tensorAttr(prefix + "_tensor");
  if (n.hasAttr(prefix + "_int64s"))
    return n.constantInts(n.intsAttr(prefix + "_int64s"));
  if (n.hasAttr(prefix + "_floats"))
    return floatVector(n, n.floatsAttr(prefix + "_floats"));
  n.emitError() << "has no " << prefix << "_int64s, " << prefix << "_floats or " << prefix
                << "_tensor";
  return {};
}

static LogicalResult importLabelEncoder(NodeImporter &n) {
  Value x = n.input(0);
  Value keys = readLabels(n, "keys"), values = readLabels(n, "values");
  n.ignoreAttr("default_string");
  int64_t defaultInt = n.intAttr("default_int64", -1);
  double defaultFloat = n.floatAttr("default_float", -0.0);
  if (!x || !keys || !values || n.hasFailed() || !n.requireRank(keys, 1, 1, "the keys") ||
      !n.requireRank(values, 1, 1, "the values"))
    return failure();
  if (n.shapeOf(keys) != n.shapeOf(values))
    return n.emitError() << "keys and values differ in number";
  if (!n.requireSameElementType(x, keys))
    return failure();
  Type type = n.elementTypeOf(values), i64 = n.getBuilder().getI64Type();
  Value fallback = n.isFloat(values) ? n.scalar(type, defaultFloat) : n.scalarInt(type, defaultInt);
  if (n.hasAttr("default_tensor"))
    fallback = n.reshape(n.tensorAttr("default_tensor"), ArrayRef<int64_t>{});
  int64_t rank = n.rankOf(x), count = n.shapeOf(keys)[0];
  Expr label = Expr(n, x).unsqueeze({rank}), key(n, keys);
  Expr same = label.eq(keys);
  if (n.isFloat(x))
    same = same | (label.isNan() & key.isNan().get()).get();
  if (!same)
    return failure();
  // The last of equal keys counts: the greatest matching position.
  Expr place = same.select(n.iota({Size(count)}, i64, 0), -1.0).maximum({rank}, false);
  Value found = n.take(values, place.max(0.0), 0, /*wrapNegative=*/false);
  return n.result((place >= 0.0).select(found, fallback));
}

//===----------------------------------------------------------------------===//
// Preprocessing and linear models
//===----------------------------------------------------------------------===//

/// Rows divided by their maximum, sum of magnitudes or length.
static LogicalResult importNormalizer(NodeImporter &n) {
  Value x = n.input(0);
  std::string norm = n.stringAttr("norm", "MAX");
  if (!x || !n.requireRank(x, 1, 2, "X"))
    return failure();
  Expr rows = Expr(n, x).to(n.getBuilder().getF32Type());
  int64_t axis = n.rankOf(x) - 1;
  Expr divisor(n, {});
  if (norm == "MAX")
    divisor = rows.abs().maximum({axis});
  else if (norm == "L1")
    divisor = rows.abs().sum({axis});
  else if (norm == "L2")
    divisor = rows.square().sum({axis}).sqrt();
  else
    return n.emitError() << "norm has the unknown value \"" << norm << "\"";
  return n.result(divisor.eq(0.0).select(rows, rows / divisor.get()));
}

/// (x − offset) · scale
static LogicalResult importScaler(NodeImporter &n) {
  Value x = n.input(0);
  auto offset = n.floatsAttr("offset"), scale = n.floatsAttr("scale");
  if (!x)
    return failure();
  Expr y = Expr(n, x).to(n.getBuilder().getF32Type());
  if (!offset.empty())
    y = y - floatVector(n, offset);
  if (!scale.empty())
    y = y * floatVector(n, scale);
  return n.result(y);
}

/// Values equal to `replaced_value` (or NaN) become the imputed ones.
static LogicalResult importImputer(NodeImporter &n) {
  Value x = n.input(0);
  bool ints = n.hasAttr("imputed_value_int64s");
  Value imputed = ints ? n.constantInts(n.intsAttr("imputed_value_int64s"))
                       : floatVector(n, n.floatsAttr("imputed_value_floats"));
  double missingFloat = n.floatAttr("replaced_value_float", 0);
  int64_t missingInt = n.intAttr("replaced_value_int64", 0);
  if (!x || !imputed || n.hasFailed())
    return failure();
  if (ints == n.isFloat(x))
    return n.emitError() << "the imputed values are of another type than X";
  Expr input(n, x);
  Expr missing = ints                       ? input.eq(n.scalarInt(n.elementTypeOf(x), missingInt))
                 : std::isnan(missingFloat) ? input.isNan()
                                            : input.eq(missingFloat);
  return n.result(missing.select(n.convert(imputed, n.elementTypeOf(x)), input));
}

/// x · coefficientsᵀ + intercepts
static LogicalResult importLinearRegressor(NodeImporter &n) {
  Value x = n.input(0);
  auto coefficients = n.floatsAttr("coefficients"), intercepts = n.floatsAttr("intercepts");
  int64_t targets = n.intAttr("targets", 1);
  std::string post = n.stringAttr("post_transform", "NONE");
  if (!x || n.hasFailed() || !n.requireRank(x, 2, 2, "X"))
    return failure();
  if (post != "NONE")
    return n.emitError() << "post_transform \"" << post << "\" is not supported";
  if (targets < 1 || coefficients.size() % targets)
    return n.emitError() << "targets doesn't divide the number of coefficients";
  Value weights = n.reshape(floatVector(n, coefficients),
                            {Size(targets), Size(int64_t(coefficients.size()) / targets)});
  Expr y(n, dot(n, n.convert(x, n.getBuilder().getF32Type()), weights, {}, {}, {1}, {1}));
  if (!intercepts.empty())
    y = y + floatVector(n, intercepts);
  return n.result(y);
}

//===----------------------------------------------------------------------===//
// TfIdfVectorizer
//===----------------------------------------------------------------------===//

/// How often each n-gram of `grams` (a list of length · count numbers) occurs in
/// the rows of x, with `skip` elements left out between neighbours.
static Expr countGrams(NodeImporter &n, Value x, ArrayRef<int64_t> grams, int64_t length,
                       int64_t skip) {
  int64_t axis = n.rankOf(x) - 1, count = grams.size() / length, span = (length - 1) * (skip + 1);
  Size places = n.max(n.sub(n.size(x, axis), span), 0);
  Expr found(n, {});
  for (int64_t j = 0; j < length; ++j) {
    SmallVector<int64_t> column;
    for (int64_t k = 0; k < count; ++k)
      column.push_back(grams[k * length + j]);
    // A row shorter than the span has no place; its slice is empty.
    Size start = n.min(Size(j * (skip + 1)), n.size(x, axis));
    Expr here(n, n.sliceAxis(x, axis, start, places));
    Expr same = here.unsqueeze({axis + 1}).eq(n.constantInts(column));
    found = found ? found & same.get() : same;
  }
  return found.to(n.getBuilder().getF32Type()).sum({axis}, /*keepDims=*/false);
}

static LogicalResult importTfIdfVectorizer(NodeImporter &n) {
  Value x = n.input(0);
  int64_t shortest = n.requiredInt("min_gram_length"), longest = n.requiredInt("max_gram_length"),
          maxSkip = n.requiredInt("max_skip_count");
  auto starts = n.requiredInts("ngram_counts"), places = n.requiredInts("ngram_indexes");
  std::string mode = n.stringAttr("mode", "TF");
  if (n.hasAttr("pool_strings"))
    return n.emitError() << "pool_strings: dl has no strings";
  auto pool = n.requiredInts("pool_int64s");
  auto weights = n.floatsAttr("weights", SmallVector<double>(places.size(), 1.0));
  if (!x || n.hasFailed() || !n.requireRank(x, 1, 2, "X"))
    return failure();
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return n.emitError() << "mode has the unknown value \"" << mode << "\"";
  if (weights.size() != places.size() || places.empty() || maxSkip < 0 || maxSkip > 1000)
    return n.emitError() << "weights or ngram_indexes has another length than there are n-grams, "
                            "or max_skip_count is out of range";
  x = n.convert(x, n.getBuilder().getI64Type());
  Type f32 = n.getBuilder().getF32Type();
  Sizes rows(ArrayRef<Size>(n.sizes(x)).drop_back());
  SmallVector<Value> sections;
  int64_t grams = 0;
  for (auto [i, start] : llvm::enumerate(starts)) {
    int64_t length = i + 1, end = i + 1 < starts.size() ? starts[i + 1] : int64_t(pool.size());
    if (start < 0 || end < start || end > int64_t(pool.size()) || (end - start) % length)
      return n.emitError() << "ngram_counts doesn't cut pool_int64s into n-grams";
    if (start == end)
      continue;
    int64_t count = (end - start) / length;
    grams += count;
    Sizes sizes = rows;
    sizes.push_back(Size(count));
    Expr sum(n, n.broadcastTo(n.scalar(f32, 0), sizes));
    // A single element has no neighbours to be apart from.
    if (length >= shortest && length <= longest)
      for (int64_t skip = 0; skip <= (length == 1 ? 0 : maxSkip); ++skip)
        sum = sum + countGrams(n, x, ArrayRef(pool).slice(start, end - start), length, skip).get();
    sections.push_back(sum);
  }
  if (grams != int64_t(places.size()))
    return n.emitError() << "ngram_indexes has " << places.size() << " entries for " << grams
                         << " n-grams";
  int64_t columns = 0;
  for (int64_t place : places) {
    if (place < 0 || place > (1 << 28))
      return n.emitError() << "ngram_indexes has " << place << ", out of range";
    columns = std::max(columns, place + 1);
  }
  Expr counts(n, n.concat(sections, rows.size()));
  if (mode == "IDF")
    counts = counts.min(1.0);
  if (mode != "TF")
    counts = counts * floatVector(n, weights);
  if (!counts)
    return failure();
  // Column `places[k]` of the result is n-gram k; the others are zero.
  SmallVector<int64_t> order(columns, grams);
  for (auto [k, place] : llvm::enumerate(places))
    order[place] = k;
  Sizes low(rows.size() + 1, Size(0)), high = low;
  high.back() = Size(1);
  return n.result(n.take(n.padConstant(counts, low, high), n.constantInts(order), rows.size(),
                         /*wrapNegative=*/false));
}

void dlc::onnx::registerMlOps(OpTable &table) {
  table.add("TfIdfVectorizer", 9, 1, importTfIdfVectorizer);
  OpDomain &domain = table.domain("ai.onnx.ml");
  domain.add("ArrayFeatureExtractor", 1, 2, importArrayFeatureExtractor);
  domain.add("Binarizer", 1, 1, importBinarizer);
  domain.add("Imputer", 1, 1, importImputer);
  domain.add("LabelEncoder", 2, 1, importLabelEncoder);
  domain.add("LinearRegressor", 1, 1, importLinearRegressor);
  domain.add("Normalizer", 1, 1, importNormalizer);
  domain.add("Scaler", 1, 1, importScaler);
}
