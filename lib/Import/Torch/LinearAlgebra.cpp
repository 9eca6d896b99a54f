//===- LinearAlgebra.cpp - ATen's solvers and functions of matrices -------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "Loop.h"
#include "Matrices.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Direction = dl::ComparisonDirection;
using frontend::matmul;

static constexpr StringLiteral kSingular = "the matrix is singular";

//===----------------------------------------------------------------------===//
// Inverses and linear systems
//===----------------------------------------------------------------------===//

static Value invert(NodeImporter &n, const Lu &lu) {
  return lu ? solveLu(n, lu, identityLike(n, lu.factors, countRows(n, lu.factors))) : Value();
}

static LogicalResult importInverse(NodeImporter &n) {
  Lu lu = factorLu(n, onlySquareMatrix(n));
  if (!lu)
    return failure();
  bool givesInfo = n.getTarget() == "aten.linalg_inv_ex.default";
  Value info = infoOf(n, lu);
  if (!givesInfo || n.boolean("check_errors"))
    requireZero(n, info, kSingular);
  if (givesInfo)
    return n.results({invert(n, lu), info});
  return n.result(invert(n, lu));
}

/// A·X = B, or X·A = B unless `isLeft`. B is a (batch of) vectors if PyTorch takes it so.
static Value solve(NodeImporter &n, const Lu &lu, Value b, bool isLeft) {
  if (!lu || !b)
    return {};
  int64_t rank = n.rankOf(lu.factors), other = n.rankOf(b);
  bool isVector = other == 1;
  if (other == rank - 1 && !isVector) {
    isVector = true;
    for (int64_t d = 0; d < other; ++d)
      isVector &= n.sameSize(n.size(b, d), n.size(lu.factors, d));
  }
  if (isVector)
    b = n.unsqueeze(b, {other});
  // X·A = B is Aᵀ·Xᵀ = Bᵀ.
  Value x = isLeft ? solveLu(n, lu, b)
                   : transposeMatrix(n, solveLu(n, lu, transposeMatrix(n, b), true));
  return x && isVector ? n.squeeze(x, {n.rankOf(x) - 1}) : x;
}

static LogicalResult importSolve(NodeImporter &n) {
  Lu lu = factorLu(n, squareMatrix(n, "A"));
  Value b = n.tensor("B");
  bool isLeft = n.boolean("left"), isWhole = n.getTarget() == "aten._linalg_solve_ex.default";
  if (!lu || !b)
    return failure();
  Value x = solve(n, lu, b, isLeft), info = infoOf(n, lu);
  if (!isWhole || n.boolean("check_errors"))
    requireZero(n, info, kSingular);
  if (isWhole)
    return n.results({x, lu.factors, countFromOne(n, lu.pivots), info});
  return n.result(x);
}

static LogicalResult importLuSolve(NodeImporter &n) {
  Lu lu = takeLu(n, matrix(n, "LU"), n.tensor("pivots"));
  Value b = matrix(n, "B");
  bool isAdjoint = n.boolean("adjoint");
  if (n.boolean("left"))
    return n.result(solveLu(n, lu, b, isAdjoint));
  return n.result(transposeMatrix(n, solveLu(n, lu, transposeMatrix(n, b), !isAdjoint)));
}

static LogicalResult importSolveTriangular(NodeImporter &n) {
  Triangle kind;
  kind.isUpper = n.boolean("upper");
  kind.isRightSide = !n.boolean("left");
  kind.isUnit = n.boolean("unitriangular");
  return n.result(solveTriangular(n, matrix(n, "self"), matrix(n, "B"), kind));
}

static LogicalResult importTriangularSolve(NodeImporter &n) {
  Triangle kind;
  kind.isUpper = n.boolean("upper");
  kind.isTransposed = n.boolean("transpose");
  kind.isUnit = n.boolean("unitriangular");
  Value a = matrix(n, "A"), b = matrix(n, "self");
  if (!frontend::broadcastBatches(n, a, b))
    return failure();
  return n.results({solveTriangular(n, a, b, kind), a});
}

/// The inverse of a tensor seen as a matrix: its first `ind` dimensions as rows.
static LogicalResult importTensorInverse(NodeImporter &n) {
  Value x = n.tensor("self");
  int64_t ind = n.integer("ind");
  if (!x || n.hasFailed())
    return failure();
  if (ind < 1 || ind > n.rankOf(x))
    return n.emitError() << "ind " << ind << " is outside the range of rank " << n.rankOf(x);
  Sizes sizes = n.sizes(x), result(sizes.begin() + ind, sizes.end());
  Size rows = n.product(ArrayRef(sizes).take_front(ind));
  Lu lu = factorLu(n, n.reshape(x, {rows, n.product(result)}));
  if (!lu)
    return failure();
  requireZero(n, infoOf(n, lu), kSingular);
  result.append(sizes.begin(), sizes.begin() + ind);
  Value inverse = invert(n, lu);
  return n.result(inverse ? n.reshape(inverse, result) : Value());
}

/// The error of one calculation per row or column: what a singular value has to exceed,
/// relative to the largest.
static Expr defaultTolerance(NodeImporter &n, Value matrices) {
  Type type = n.elementTypeOf(matrices);
  int precision = APFloat::semanticsPrecision(cast<FloatType>(type).getFloatSemantics());
  Size longer = n.max(countRows(n, matrices), countColumns(n, matrices));
  return sizeAs(n, longer, type) * std::ldexp(1.0, 1 - precision);
}

/// Whether each singular value or eigenvalue counts against the largest, by the op's
/// tolerances.
static Expr isLarge(NodeImporter &n, Value matrices, Expr magnitudes) {
  int64_t last = n.rankOf(magnitudes) - 1;
  Type type = n.elementTypeOf(magnitudes);
  Expr bound(n, n.optionalTensor("atol")), relative(n, n.optionalTensor("rtol"));
  bool hasBound = bool(bound);
  bound = hasBound ? bound.to(type) : Expr(n, n.scalar(type, 0));
  if (!relative) {
    relative = defaultTolerance(n, matrices);
    if (hasBound) // one that is given stands alone
      relative = (bound > 0.0).select(n.scalar(type, 0), relative);
  }
  auto perMatrix = [&](Expr x) {
    return x && n.rankOf(x) ? x.to(type).unsqueeze({n.rankOf(x)}) : x.to(type);
  };
  Expr largest = magnitudes.maximum({last});
  return magnitudes > perMatrix(bound).max((perMatrix(relative) * largest.get()).get()).get();
}

/// V·diag(1 / s)·Uᵀ, 0 for a value that doesn't count.
static Value invert(NodeImporter &n, const Svd &parts, Expr isLarge) {
  Expr one(n, n.scalar(n.elementTypeOf(parts.s), 1));
  Expr inverse = isLarge.select(one / parts.s, 0.0);
  return matmul(n, scaleColumns(n, transposeMatrix(n, parts.vt), inverse),
                transposeMatrix(n, parts.u));
}

/// A⁺ of a matrix with these factors, of which those that count span its columns and rows.
/// Singular vectors have no derivative where values are equal, but A⁺ has one as long as
/// the rank stays: with U, V and F = diag(1 / s) constant, it is
///
///   C = A·V·F, D = F·Uᵀ·A, A⁺ = Dᵀ·(D·Dᵀ)⁻¹·(D·V·F)·(Cᵀ·C)⁻¹·Cᵀ
///
/// for all matrices of that rank near A. The matrices inverted are all but identities.
static Value pseudoInverse(NodeImporter &n, Value a, const Svd &parts, Expr isLarge) {
  Expr value = stop(Expr(n, invert(n, parts, isLarge))), s(n, parts.s);
  if (!value)
    return value;
  Expr one(n, n.scalar(n.elementTypeOf(s), 1));
  Expr inverse = stop(isLarge.select(one / s.get(), 0.0));
  Value u = stop(Expr(n, parts.u)), v = stop(Expr(n, transposeMatrix(n, parts.vt)));
  Value c = scaleColumns(n, matmul(n, a, v), inverse);
  Value d = scaleColumns(n, matmul(n, transposeMatrix(n, a), u), inverse); // Dᵀ
  Value middle = scaleColumns(n, matmul(n, transposeMatrix(n, d), v), inverse);
  if (!c || !middle)
    return {};
  // Ones in place of what doesn't count.
  Expr rest = scaleColumns(n, identityLike(n, middle, countRows(n, middle)),
                           (~isLarge).to(n.elementTypeOf(s)));
  auto divideByGram = [&](Value x, Value y) {
    return solveLu(n, factorLu(n, rest + matmul(n, transposeMatrix(n, x), x)), y);
  };
  middle = divideByGram(c, transposeMatrix(n, divideByGram(d, middle)));
  Expr moving(n, matmul(n, matmul(n, d, transposeMatrix(n, middle)), transposeMatrix(n, c)));
  return value + (moving - stop(moving).get()).get();
}

static LogicalResult importPinv(NodeImporter &n) {
  Value a = matrix(n, "self");
  if (!a)
    return failure();
  if (n.boolean("hermitian")) {
    Eigh parts = factorEigh(n, a);
    if (!parts)
      return failure();
    Expr values(n, parts.values), one(n, n.scalar(n.elementTypeOf(a), 1));
    Expr inverse = isLarge(n, a, values.abs()).select(one / values.get(), 0.0);
    return n.result(matmul(n, scaleColumns(n, parts.vectors, inverse),
                           transposeMatrix(n, parts.vectors)));
  }
  Svd parts = factorSvd(n, a, /*isFull=*/false);
  if (!parts)
    return failure();
  return n.result(pseudoInverse(n, a, parts, isLarge(n, a, {n, parts.s})));
}

//===----------------------------------------------------------------------===//
// Least squares
//===----------------------------------------------------------------------===//

/// For matrices of full rank, by QR: with more columns than rows the shortest solution.
static Value solveFullRank(NodeImporter &n, Value a, Value b, bool isWide) {
  SmallVector<Value> qr = n.inferMulti<dl::QrOp>(isWide ? transposeMatrix(n, a) : a,
                                                 /*complete=*/false);
  if (qr.empty())
    return {};
  Triangle upper;
  upper.isUpper = true;
  upper.isTransposed = isWide;
  if (isWide)
    return matmul(n, qr[0], solveTriangular(n, qr[1], b, upper));
  return solveTriangular(n, qr[1], matmul(n, transposeMatrix(n, qr[0]), b), upper);
}

/// The drivers differ in which of the results they give; all but gels allow for matrices
/// that aren't of full rank.
static LogicalResult importLeastSquares(NodeImporter &n) {
  Value a = matrix(n, "self"), b = n.tensor("b");
  std::optional<double> relative = n.optionalNumber("rcond");
  std::string driver = n.has("driver") ? n.string("driver") : "gelsy";
  if (!a || !b || n.hasFailed())
    return failure();
  int64_t rank = n.rankOf(a), rows = n.shapeOf(a)[rank - 2], columns = n.shapeOf(a)[rank - 1];
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns))
    return n.emitError() << "least squares of a matrix of an open size isn't supported";
  bool isVector = n.rankOf(b) == rank - 1;
  if (isVector)
    b = n.unsqueeze(b, {rank - 1});
  Value x, rankResult = n.emptyResult(2), values = n.emptyResult(3), residuals;
  Expr isFull(n, {});
  if (driver == "gels") {
    x = solveFullRank(n, a, b, rows < columns);
  } else {
    Svd parts = factorSvd(n, a, /*isFull=*/false);
    if (!parts)
      return failure();
    Expr s(n, parts.s), tolerance = defaultTolerance(n, a);
    if (relative)
      tolerance = Expr(n, n.scalar(n.elementTypeOf(a), *relative));
    Expr isLarge = s > (s.maximum({rank - 2}) * tolerance.get()).get();
    x = matmul(n, pseudoInverse(n, a, parts, isLarge), b);
    Expr count = isLarge.to(n.getBuilder().getI64Type()).sum({rank - 2}, /*keepDims=*/false);
    isFull = count.eq(double(columns));
    rankResult = count;
    if (driver != "gelsy")
      values = parts.s;
  }
  if (rows > columns && driver != "gelsy") {
    residuals = (Expr(n, b) - matmul(n, a, x)).square().sum({rank - 2}, /*keepDims=*/false);
    if (isFull && n.hasResult(1))
      n.createVoid<dl::AssertOp>(isFull.get(), n.getBuilder().getStringAttr(
          n.describe() + ": residuals of a matrix that isn't of full rank aren't supported"));
  } else {
    residuals = n.emptyResult(1);
  }
  if (isVector)
    x = x ? n.squeeze(x, {n.rankOf(x) - 1}) : x;
  return n.results({x, residuals, rankResult, values});
}

//===----------------------------------------------------------------------===//
// Determinants
//===----------------------------------------------------------------------===//

/// The sign of the permutation that the pivots make.
static Expr signOf(NodeImporter &n, const Lu &lu) {
  int64_t last = n.rankOf(lu.pivots) - 1;
  Type type = n.elementTypeOf(lu.factors);
  Value place = n.iota(n.sizes(lu.pivots), n.elementTypeOf(lu.pivots), last);
  Expr signs = Expr(n, lu.pivots).eq(place).select(n.scalar(type, 1), n.scalar(type, -1));
  return signs.reduce(dl::ReductionKind::prod, {last}, /*keepDims=*/false);
}

/// The product of U's diagonal, with the sign of the exchanges.
static Expr multiplyPivots(NodeImporter &n, const Lu &lu) {
  if (!lu)
    return {n, {}};
  int64_t last = n.rankOf(lu.pivots) - 1;
  Expr product =
      diagonal(n, lu.factors).reduce(dl::ReductionKind::prod, {last}, /*keepDims=*/false);
  return product * signOf(n, lu).get();
}

/// Determinants of which some have a pivot of 0, where LU has no derivative: there it is the
/// mean of those of A + ε·I and A − ε·I, in f64, which is off by as little as ε².
static Expr singularDet(NodeImporter &n, Value a, Expr isSingular, Type type) {
  Expr wide = Expr(n, a).to(n.getBuilder().getF64Type());
  if (!wide)
    return wide;
  int64_t rank = n.rankOf(a);
  Expr scale = stop(wide).abs().maximum({rank - 2, rank - 1});
  scale = scale.ne(0.0).select(scale, 1.0) * 1e-6;
  Expr shift = isSingular.unsqueeze({rank - 2, rank - 1}).select(scale, 0.0);
  Expr step = Expr(n, identityLike(n, wide, countRows(n, a))) * shift.get();
  Expr above = multiplyPivots(n, factorLu(n, wide + step.get()));
  Expr det = (above + multiplyPivots(n, factorLu(n, wide - step.get())).get()) / 2.0;
  return isSingular.select(det - stop(det).get(), det).to(type);
}

static LogicalResult importDet(NodeImporter &n) {
  Value a = onlySquareMatrix(n);
  if (!a)
    return failure();
  // Which matrices are singular is no matter of derivatives.
  Lu seen = factorLu(n, stop(Expr(n, a)));
  if (!seen)
    return failure();
  Expr pivots = diagonal(n, seen.factors), value = multiplyPivots(n, seen);
  Expr isSingular = pivots.eq(0.0).reduce(dl::ReductionKind::bit_or, {n.rankOf(pivots) - 1},
                                          /*keepDims=*/false);
  if (!value || !isSingular)
    return failure();
  Expr isAny = isSingular.reduce(dl::ReductionKind::bit_or, dimRange(0, n.rankOf(isSingular)),
                                 /*keepDims=*/false);
  auto type = cast<RankedTensorType>(value.get().getType());
  Value det = n.ifElse(
      isAny, type, [&] { return singularDet(n, a, isSingular, type.getElementType()).get(); },
      [&] { return multiplyPivots(n, factorLu(n, a)).get(); });
  if (n.numResults() == 1)
    return n.result(det);
  Lu lu = factorLu(n, a);
  return n.results({det, lu.factors, countFromOne(n, lu.pivots)});
}

/// Its sign and the logarithm of its absolute value; logdet has NaN for a negative one.
static LogicalResult importSlogdet(NodeImporter &n) {
  Lu lu = factorLu(n, onlySquareMatrix(n));
  if (!lu)
    return failure();
  int64_t last = n.rankOf(lu.pivots) - 1;
  Expr values = diagonal(n, lu.factors);
  Expr sign = values.sign().reduce(dl::ReductionKind::prod, {last}, /*keepDims=*/false);
  Expr log = values.abs().log().sum({last}, /*keepDims=*/false);
  sign = sign * signOf(n, lu).get();
  if (n.numResults() == 1) {
    Value nan = n.scalar(n.elementTypeOf(lu.factors), std::numeric_limits<double>::quiet_NaN());
    return n.result(sign.eq(-1.0).select(nan, log));
  }
  if (n.numResults() == 2)
    return n.results({sign.get(), log.get()});
  return n.results({sign.get(), log.get(), lu.factors, countFromOne(n, lu.pivots)});
}

//===----------------------------------------------------------------------===//
// Powers and the exponential
//===----------------------------------------------------------------------===//

static LogicalResult importMatrixPower(NodeImporter &n) {
  Value base = squareMatrix(n, "self");
  int64_t exponent = n.integer("n");
  if (!base || n.hasFailed())
    return failure();
  if (exponent < 0) {
    Lu lu = factorLu(n, base);
    if (!lu)
      return failure();
    requireZero(n, infoOf(n, lu), kSingular);
    base = invert(n, lu);
  }
  Value power;
  for (uint64_t rest = exponent < 0 ? -uint64_t(exponent) : exponent; rest; rest /= 2) {
    if (rest % 2)
      power = power ? matmul(n, power, base) : base;
    if (rest > 1)
      base = matmul(n, base, base);
  }
  return n.result(power ? power : identityLike(n, base, countRows(n, base)));
}

/// The first 19 terms of the exponential's series, by Paterson and Stockmeyer's scheme.
static Value sumSeries(NodeImporter &n, Value x) {
  double factorials[19] = {1};
  for (int i = 1; i < 19; ++i)
    factorials[i] = factorials[i - 1] * i;
  Value square = matmul(n, x, x), cube = matmul(n, square, x);
  Expr one(n, identityLike(n, x, countRows(n, x)));
  Expr sum = one * (1 / factorials[18]);
  for (int k = 15; k >= 0; k -= 3) {
    Expr part = one * (1 / factorials[k]) + (Expr(n, x) * (1 / factorials[k + 1])).get() +
                (Expr(n, square) * (1 / factorials[k + 2])).get();
    sum = part + matmul(n, sum, cube);
  }
  return sum;
}

/// Squares each matrix as often as `counts` says for it.
static Value squareRepeatedly(NodeImporter &n, Value x, Expr counts) {
  if (!x || !counts)
    return {};
  int64_t batches = n.rankOf(x) - 2;
  Expr most = counts.maximum(dimRange(0, batches), /*keepDims=*/false);
  Value first = n.scalarInt(n.getBuilder().getI64Type(), 0);
  auto check = [&](ArrayRef<Value> values) -> Value { return Expr(n, values[0]) < most.get(); };
  auto round = [&](ArrayRef<Value> values, SmallVectorImpl<Value> &next) {
    Expr isNext = (Expr(n, values[0]) < counts.get()).unsqueeze({batches, batches + 1});
    next.append(
        {Expr(n, values[0]) + 1.0, isNext.select(matmul(n, values[1], values[1]), values[1])});
    return !n.hasFailed();
  };
  SmallVector<Value> results = most ? buildLoop(n, {first, x}, check, round) : SmallVector<Value>();
  return results.empty() ? Value() : results[1];
}

/// exp(A) = exp(A / 2ˢ)^(2ˢ), s such that the series ends early enough; in f64.
static LogicalResult importMatrixExp(NodeImporter &n) {
  Value self = squareMatrix(n, "self");
  if (!self)
    return failure();
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(self);
  Size order = countRows(n, self);
  if (order.is(0) || llvm::is_contained(n.shapeOf(self), 0))
    return n.result(self);
  Expr x = Expr(n, self).to(b.getF64Type());
  Expr norm = x.abs().sum({rank - 2}, /*keepDims=*/false).maximum({rank - 2}, /*keepDims=*/false);
  Expr count = (norm.log() / std::log(2.0)).ceil().max(0.0);
  // Not a number is no reason to go on.
  count = (norm < 1e300).select(count, 0.0);
  Expr scale(n, n.infer<dl::PowOp>(n.splatLike(count, 2.0), count));
  Value scaled = x / scale.unsqueeze({rank - 2, rank - 1}).get();
  Value result = squareRepeatedly(n, sumSeries(n, scaled), count.to(b.getI64Type()));
  return n.result(result ? n.convert(result, n.elementTypeOf(self)) : Value());
}

void torch::registerLinearAlgebraOps(OpTable &t) {
  t.add({"aten.linalg_inv.default", "aten.linalg_inv_ex.default", "aten.inverse.default"},
        importInverse);
  t.add({"aten.linalg_solve.default", "aten._linalg_solve_ex.default"}, importSolve);
  t.add("aten.linalg_lu_solve.default", importLuSolve);
  t.add("aten.linalg_solve_triangular.default", importSolveTriangular);
  t.add("aten.triangular_solve.default", importTriangularSolve);
  t.add("aten.linalg_tensorinv.default", importTensorInverse);
  t.add("aten.linalg_pinv.atol_rtol_tensor", importPinv);
  t.add("aten.linalg_lstsq.default", importLeastSquares);
  t.add({"aten._linalg_det.default", "aten.linalg_det.default", "aten.det.default"}, importDet);
  t.add({"aten._linalg_slogdet.default", "aten.linalg_slogdet.default", "aten.slogdet.default",
         "aten.logdet.default"},
        importSlogdet);
  t.add("aten.linalg_matrix_power.default", importMatrixPower);
  t.add({"aten.linalg_matrix_exp.default", "aten.matrix_exp.default"}, importMatrixExp);
}
