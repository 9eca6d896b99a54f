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

void dlc::onnx::registerMlOps(OpTable &table) {
  OpDomain &domain = table.domain("ai.onnx.ml");
  domain.add("ArrayFeatureExtractor", 1, 2, importArrayFeatureExtractor);
  domain.add("Binarizer", 1, 1, importBinarizer);
  domain.add("Imputer", 1, 1, importImputer);
  domain.add("LabelEncoder", 2, 1, importLabelEncoder);
  domain.add("LinearRegressor", 1, 1, importLinearRegressor);
  domain.add("Normalizer", 1, 1, importNormalizer);
  domain.add("Scaler", 1, 1, importScaler);
}
