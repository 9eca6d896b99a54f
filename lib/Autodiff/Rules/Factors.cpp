//===- Factors.cpp - derivatives of factorisations ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dA is the tangent or the cotangent of A; lower(X) and upper(X) are parts of a
// matrix, the diagonal belonging to `upper`.
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;
using Direction = ComparisonDirection;

static int64_t rankOf(Value x) { return getTensorType(x).getRank(); }

static Value lower(TensorBuilder &b, Value x) { return keepTriangle(b, x, Direction::gt); }
static Value upper(TensorBuilder &b, Value x) { return keepTriangle(b, x, Direction::le); }

/// The diagonal as vectors, and matrices that have vectors as their diagonal.
static Value takeDiagonal(TensorBuilder &b, Value x) {
  return sumOver(b, keepTriangle(b, x, Direction::eq), {rankOf(x) - 1});
}
static Value fillDiagonal(TensorBuilder &b, Value vector, Value like) {
  return keepTriangle(b, b.broadcastLike(vector, upTo(rankOf(vector)), like), Direction::eq);
}

/// X·diag(v) and diag(v)·X.
static Value scaleColumns(TensorBuilder &b, Value x, Value vector) {
  SmallVector<int64_t> dims = upTo(rankOf(x));
  dims.erase(dims.end() - 2);
  return b.mul(x, b.broadcastLike(vector, dims, x));
}
static Value scaleRows(TensorBuilder &b, Value x, Value vector) {
  return b.mul(x, b.broadcastLike(vector, upTo(rankOf(vector)), x));
}

static Value solve(TensorBuilder &b, Value a, Value right, bool rightSide, bool upper, bool unit,
                   bool transpose) {
  return TriangularSolveOp::create(b, a, right, rightSide, upper, unit, transpose);
}

static Value takeRows(TensorBuilder &b, Value x, Size start, Size size) {
  return sliceAlong(b, x, rankOf(x) - 2, start, size);
}
static Value takeColumns(TensorBuilder &b, Value x, Size start, Size size) {
  return sliceAlong(b, x, rankOf(x) - 1, start, size);
}

//===----------------------------------------------------------------------===//
// lu, exchange_rows
//===----------------------------------------------------------------------===//

namespace {
/// The factors of A = P·L·U, cut where the shorter side ends: L₁ and U₁ in `square`, L₂
/// below it, U₂ on its right; null where there is none.
struct LuParts {
  LuParts(TensorBuilder &b, Value x, Size count) : b(b), count(count) {
    Size rows = b.size(x, rankOf(x) - 2), columns = b.size(x, rankOf(x) - 1);
    square = takeColumns(b, takeRows(b, x, 0, count), 0, count);
    if (isLonger(rows))
      below = takeColumns(b, takeRows(b, x, count, b.sub(rows, count)), 0, count);
    if (isLonger(columns))
      beside = takeColumns(b, takeRows(b, x, 0, count), count, b.sub(columns, count));
  }
  bool isLonger(Size size) const {
    return !size.isStatic() || !count.isStatic() || size.known > count.known;
  }
  /// The whole again; a part that isn't there counts as 0.
  Value join() const {
    Value x = square;
    int64_t last = rankOf(x) - 1;
    if (beside)
      x = b.concat({x, beside}, last);
    if (!below)
      return x;
    Value rest = below;
    if (beside) {
      SmallVector<Size> sizes = b.sizes(below);
      sizes[last] = b.size(beside, last);
      rest = b.concat({rest, b.splat(b.scalar(0.0, getTensorType(x).getElementType()), sizes)},
                      last);
    }
    return b.concat({x, rest}, last - 1);
  }

  TensorBuilder &b;
  Size count;
  Value square, below, beside;
};
} // namespace

/// F = L₁⁻¹·Pᵀ·dA₁·U₁⁻¹: dL₁ = L₁·lower(F), dU₁ = upper(F)·U₁,
/// dU₂ = L₁⁻¹·(Pᵀ·dA)₂ − lower(F)·U₂, dL₂ = (Pᵀ·dA)₂·U₁⁻¹ − L₂·upper(F).
static void forwardLu(LuOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Size count = b.size(op.getPivots(), rankOf(op.getPivots()) - 1);
  Value da = ExchangeRowsOp::create(b, f.tangent(0), op.getPivots(), /*backward=*/false);
  LuParts factors(b, op.getFactors(), count), d(b, da, count);
  Value lu = factors.square;
  Value left = solve(b, lu, d.square, false, /*upper=*/false, /*unit=*/true, false);
  Value inner = solve(b, lu, left, /*rightSide=*/true, /*upper=*/true, /*unit=*/false, false);
  Value unitLower = b.add(lower(b, lu), fillDiagonal(b, b.splatLike(1.0, takeDiagonal(b, lu)), lu));
  d.square = b.add(matmul(b, unitLower, lower(b, inner)),
                   matmul(b, upper(b, inner), upper(b, lu)));
  if (d.beside)
    d.beside = b.sub(solve(b, lu, d.beside, false, false, true, false),
                     matmul(b, lower(b, inner), factors.beside));
  if (d.below)
    d.below = b.sub(solve(b, lu, d.below, true, true, false, false),
                    matmul(b, factors.below, upper(b, inner)));
  f.set(0, d.join());
}

/// The transpose of that.
static void reverseLu(LuOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Size count = b.size(op.getPivots(), rankOf(op.getPivots()) - 1);
  LuParts factors(b, op.getFactors(), count), d(b, r.cotangent(0), count);
  Value lu = factors.square;
  Value unitLower = b.add(lower(b, lu), fillDiagonal(b, b.splatLike(1.0, takeDiagonal(b, lu)), lu));
  Value below = matmul(b, unitLower, lower(b, d.square), /*transposeX=*/true);
  Value above = matmul(b, upper(b, d.square), upper(b, lu), false, /*transposeY=*/true);
  if (d.beside) {
    below = b.sub(below, matmul(b, d.beside, factors.beside, false, true));
    d.beside = solve(b, lu, d.beside, false, false, true, /*transpose=*/true);
  }
  if (d.below) {
    above = b.sub(above, matmul(b, factors.below, d.below, true, false));
    d.below = solve(b, lu, d.below, true, true, false, /*transpose=*/true);
  }
  Value inner = b.add(lower(b, below), upper(b, above));
  inner = solve(b, lu, inner, false, /*upper=*/false, /*unit=*/true, /*transpose=*/true);
  d.square = solve(b, lu, inner, /*rightSide=*/true, /*upper=*/true, false, /*transpose=*/true);
  r.add(0, ExchangeRowsOp::create(b, d.join(), op.getPivots(), /*backward=*/true));
}

static void reverseExchangeRows(ExchangeRowsOp op, Reverse &r) {
  r.add(0, ExchangeRowsOp::create(r.b, r.cotangent(), op.getPivots(), !op.getBackward()));
}

//===----------------------------------------------------------------------===//
// qr
//===----------------------------------------------------------------------===//

/// Q's columns past the operand's are any that complete a basis.
static LogicalResult checkQr(QrOp op) {
  RankedTensorType type = op.getInput().getType();
  int64_t rows = type.getDimSize(type.getRank() - 2), columns = type.getShape().back();
  bool isWide = !ShapedType::isDynamic(rows) && !ShapedType::isDynamic(columns) && rows <= columns;
  if (op.getComplete() && !isWide)
    return op.emitError("has no derivative: a complete Q of more rows than columns isn't unique");
  return success();
}

/// X = Qᵀ·dA₁·R₁⁻¹, Y = upper(X + Xᵀ) with half the diagonal: dR₁ = Y·R₁,
/// dQ = dA₁·R₁⁻¹ − Q·Y, dR₂ = dQᵀ·A₂ + Qᵀ·dA₂.
static LogicalResult forwardQr(QrOp op, Forward &f) {
  if (failed(checkQr(op)))
    return failure();
  TensorBuilder &b = f.b;
  Value q = op.getQ(), r = op.getR(), da = f.tangent(0), a = op.getInput();
  int64_t last = rankOf(r) - 1;
  Size count = b.size(r, last - 1), rest = b.sub(b.size(r, last), count);
  Value square = takeColumns(b, r, 0, count);
  Value right = solve(b, square, takeColumns(b, da, 0, count), true, true, false, false);
  Value x = matmul(b, q, right, /*transposeX=*/true);
  Value sum = b.add(x, transposeMatrix(b, x));
  Value y = b.sub(upper(b, sum), b.mul(keepTriangle(b, sum, Direction::eq), 0.5));
  Value dq = b.sub(right, matmul(b, q, y)), dr = matmul(b, y, square);
  if (!rest.isStatic() || rest.known != 0) {
    Value second = b.add(matmul(b, dq, takeColumns(b, a, count, rest), true),
                         matmul(b, q, takeColumns(b, da, count, rest), true));
    dr = b.concat({dr, second}, last);
  }
  f.set(0, dq);
  f.set(1, dr);
  return success();
}

/// X = upper(dR₁·R₁ᵀ − Qᵀ·dQ'), dQ' = dQ + A₂·dR₂ᵀ:
/// dA₁ = (dQ' + Q·(X + Xᵀ − diag X))·R₁⁻ᵀ, dA₂ = Q·dR₂.
static LogicalResult reverseQr(QrOp op, Reverse &r) {
  if (failed(checkQr(op)))
    return failure();
  TensorBuilder &b = r.b;
  Value q = op.getQ(), dq = r.cotangentOrZero(0), dr = r.cotangentOrZero(1);
  int64_t last = rankOf(dr) - 1;
  Size count = b.size(dr, last - 1), rest = b.sub(b.size(dr, last), count);
  bool hasRest = !rest.isStatic() || rest.known != 0;
  Value second = hasRest ? takeColumns(b, dr, count, rest) : Value();
  if (hasRest)
    dq = b.add(dq, matmul(b, takeColumns(b, op.getInput(), count, rest), second, false, true));
  Value square = takeColumns(b, op.getR(), 0, count);
  Value x = b.sub(matmul(b, takeColumns(b, dr, 0, count), square, false, true),
                  matmul(b, q, dq, /*transposeX=*/true));
  x = upper(b, x);
  x = b.sub(b.add(x, transposeMatrix(b, x)), keepTriangle(b, x, Direction::eq));
  Value da = solve(b, square, b.add(dq, matmul(b, q, x)), true, true, false, /*transpose=*/true);
  if (hasRest)
    da = b.concat({da, matmul(b, q, second)}, last);
  r.add(0, da);
  return success();
}

//===----------------------------------------------------------------------===//
// householder_product
//===----------------------------------------------------------------------===//

/// `x` with rows (dimension 2 from the end) or columns (1) of zeros up to `count`.
static Value fill(TensorBuilder &b, Value x, int64_t fromEnd, Size count) {
  int64_t rank = rankOf(x), dim = rank - fromEnd;
  Size missing = b.sub(count, b.size(x, dim));
  if (missing.isStatic() && missing.known == 0)
    return x;
  SmallVector<Size> low(rank, 0), high(rank, 0);
  high[dim] = missing;
  return padZeros(b, x, low, high, SmallVector<int64_t>(rank, 0));
}

namespace {
/// A product of reflections in closed form (Schreiber and Van Loan, 1989), of which E's
/// columns are the first of the identity: Q = E − V·T·X, X = U⁻¹·Vᵀ·E, U = I + S·T with
/// T = diag(tau) and S the part of Vᵀ·V above the diagonal.
struct Reflections {
  Reflections(TensorBuilder &b, HouseholderProductOp op)
      : b(b), tau(op.getTau()), count(b.size(tau, rankOf(tau) - 1)),
        columns(b.size(op.getFactors(), rankOf(op.getFactors()) - 1)) {
    v = takeColumns(b, op.getFactors(), 0, count);
    v = b.add(lower(b, v), keepTriangle(b, b.splatLike(1.0, v), Direction::eq));
    s = keepTriangle(b, matmul(b, v, v, /*transposeX=*/true), Direction::lt);
    u = scaleColumns(b, s, tau);
    x = solveU(transposeMatrix(b, firstRows(v)), /*transpose=*/false);
  }
  /// U⁻¹ or U⁻ᵀ times what is on its right; U's diagonal of 1 isn't stored.
  Value solveU(Value right, bool transpose) const {
    return solve(b, u, right, /*rightSide=*/false, /*upper=*/true, /*unit=*/true, transpose);
  }
  Value firstRows(Value y) const { return takeRows(b, y, 0, columns); }

  TensorBuilder &b;
  Value tau;
  Size count, columns;
  Value v, s, u, x;
};
} // namespace

static void forwardHouseholderProduct(HouseholderProductOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Reflections h(b, op);
  Value dtau = f.tangent(1), tangent, right, du;
  if (dtau) {
    tangent = matmul(b, h.v, scaleRows(b, h.x, dtau));
    du = scaleColumns(b, h.s, dtau);
  }
  if (f.tangent(0)) {
    Value dv = lower(b, takeColumns(b, f.tangent(0), 0, h.count));
    tangent = sum(b, tangent, matmul(b, dv, scaleRows(b, h.x, h.tau)));
    Value ds = matmul(b, h.v, dv, /*transposeX=*/true);
    ds = keepTriangle(b, b.add(ds, transposeMatrix(b, ds)), Direction::lt);
    du = sum(b, du, scaleColumns(b, ds, h.tau));
    right = transposeMatrix(b, h.firstRows(dv));
  }
  right = sum(b, right, b.unary<NegOp>(matmul(b, du, h.x)));
  Value dx = h.solveU(right, /*transpose=*/false);
  tangent = b.add(tangent, matmul(b, h.v, scaleRows(b, dx, h.tau)));
  f.set(0, b.unary<NegOp>(tangent));
}

static void reverseHouseholderProduct(HouseholderProductOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Reflections h(b, op);
  Value dq = b.unary<NegOp>(r.cotangent());
  Value dy = matmul(b, h.v, dq, /*transposeX=*/true);
  Value right = h.solveU(scaleRows(b, dy, h.tau), /*transpose=*/true);
  Value du = matmul(b, right, h.x, false, /*transposeY=*/true);
  du = b.unary<NegOp>(keepTriangle(b, du, Direction::lt));
  if (r.wants(1u)) {
    int64_t last = rankOf(h.x) - 1;
    r.add(1, b.add(sumOver(b, b.mul(dy, h.x), {last}), sumOver(b, b.mul(du, h.s), {last - 1})));
  }
  if (!r.wants(0u))
    return;
  Value dv = matmul(b, dq, scaleRows(b, h.x, h.tau), false, /*transposeY=*/true);
  Value ds = scaleColumns(b, du, h.tau);
  dv = b.add(dv, matmul(b, h.v, b.add(ds, transposeMatrix(b, ds))));
  Size rows = b.size(op.getFactors(), rankOf(op.getFactors()) - 2);
  dv = b.add(dv, fill(b, transposeMatrix(b, right), 2, rows));
  r.add(0, fill(b, lower(b, dv), 1, h.columns));
}

//===----------------------------------------------------------------------===//
// eigh, svd
//===----------------------------------------------------------------------===//

/// x[j, k] / (v[k] − v[j]), and 0 on the diagonal.
static Value divideByGaps(TensorBuilder &b, Value x, Value vector) {
  SmallVector<int64_t> dims = upTo(rankOf(x)), columns = dims;
  columns.erase(columns.end() - 2);
  dims.pop_back();
  Value gaps = b.sub(b.broadcastLike(vector, columns, x), b.broadcastLike(vector, dims, x));
  SmallVector<Size> sizes = b.sizes(x);
  Value isDiagonal = b.compare(Direction::eq, b.iota(sizes, rankOf(x) - 2, b.getI64Type()),
                               b.iota(sizes, rankOf(x) - 1, b.getI64Type()));
  gaps = b.select(isDiagonal, b.splatLike(1.0, gaps), gaps);
  return b.select(isDiagonal, zerosLike(b, x), b.div(x, gaps));
}

/// X = Vᵀ·dA·V: dλ = diag X, dV = V·(X / gaps). A is taken for symmetric.
static void forwardEigh(EighOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Value v = op.getVectors(), da = f.tangent(0);
  da = b.mul(b.add(da, transposeMatrix(b, da)), 0.5);
  Value x = matmul(b, v, matmul(b, da, v), /*transposeX=*/true);
  f.set(0, takeDiagonal(b, x));
  f.set(1, matmul(b, v, divideByGaps(b, x, op.getValues())));
}

/// dA = V·(diag dλ + Vᵀ·dV / gaps)·Vᵀ, made symmetric.
static void reverseEigh(EighOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value v = op.getVectors(), inner;
  if (r.cotangent(0))
    inner = fillDiagonal(b, r.cotangent(0), v);
  if (r.cotangent(1))
    inner = sum(b, inner, divideByGaps(b, matmul(b, v, r.cotangent(1), true), op.getValues()));
  Value da = matmul(b, matmul(b, v, inner), v, false, /*transposeY=*/true);
  r.add(0, b.mul(b.add(da, transposeMatrix(b, da)), 0.5));
}

namespace {
/// The columns of a full U or V: as many as there are singular values, and the rest.
struct Columns {
  Columns(TensorBuilder &b, Value whole, Size count) : first(whole) {
    Size all = b.size(whole, rankOf(whole) - 1);
    if (all.isStatic() && count.isStatic() && all.known == count.known)
      return;
    first = takeColumns(b, whole, 0, count);
    rest = takeColumns(b, whole, count, b.sub(all, count));
  }
  Value first, rest;
};

/// U, s and V. What a full U and V have besides spans a space, in which its columns are
/// any: of functions of the space they move as −U·dUᵀ·rest.
struct SvdParts {
  SvdParts(TensorBuilder &b, SvdOp op)
      : b(b), s(op.getS()), count(b.size(s, rankOf(s) - 1)), left(b, op.getU(), count),
        right(b, transposeMatrix(b, op.getVt()), count), u(left.first), v(right.first),
        inverse(b.div(b.splatLike(1.0, s), s)), square(b.mul(s, s)) {}

  /// The tangents of all columns from those of the first.
  Value extend(const Columns &columns, Value tangent) const {
    if (!columns.rest)
      return tangent;
    Value turned = matmul(b, columns.first, matmul(b, tangent, columns.rest, /*transposeX=*/true));
    return b.concat({tangent, b.unary<NegOp>(turned)}, rankOf(tangent) - 1);
  }
  /// The cotangents of the first columns from those of all.
  Value restrict(const Columns &columns, Value cotangent) const {
    if (!columns.rest)
      return cotangent;
    Columns parts(b, cotangent, count);
    Value turned = matmul(b, parts.rest, columns.first, /*transposeX=*/true);
    return b.sub(parts.first, matmul(b, columns.rest, turned));
  }

  TensorBuilder &b;
  Value s;
  Size count;
  Columns left, right;
  Value u, v, inverse, square;
};
} // namespace

/// x − q·qᵀ·x: what of x lies outside the space of q's columns.
static Value outside(TensorBuilder &b, Value q, Value x) {
  return b.sub(x, matmul(b, q, matmul(b, q, x, /*transposeX=*/true)));
}

static Value symmetricSum(TensorBuilder &b, Value x) { return b.add(x, transposeMatrix(b, x)); }

/// X = Uᵀ·dA·V: ds = diag X, dU = U·(sym(X·s) / gaps of s²) + (I − U·Uᵀ)·dA·V / s,
/// dV = V·(sym(s·X) / gaps of s²) + (I − V·Vᵀ)·dAᵀ·U / s.
static LogicalResult forwardSvd(SvdOp op, Forward &f) {
  TensorBuilder &b = f.b;
  bool usesVectors = !op.getU().use_empty() || !op.getVt().use_empty();
  SvdParts p(b, op);
  Value da = f.tangent(0), right = matmul(b, da, p.v), left = matmul(b, da, p.u, true);
  Value x = matmul(b, p.u, right, /*transposeX=*/true);
  f.set(1, takeDiagonal(b, x));
  if (!usesVectors)
    return success();
  Value du = matmul(b, p.u, divideByGaps(b, symmetricSum(b, scaleColumns(b, x, p.s)), p.square));
  Value dv = matmul(b, p.v, divideByGaps(b, symmetricSum(b, scaleRows(b, x, p.s)), p.square));
  du = b.add(du, scaleColumns(b, outside(b, p.u, right), p.inverse));
  dv = b.add(dv, scaleColumns(b, outside(b, p.v, left), p.inverse));
  f.set(0, p.extend(p.left, du));
  f.set(2, transposeMatrix(b, p.extend(p.right, dv)));
  return success();
}

/// dA = U·(diag ds + (skew(Uᵀ·dU) / gaps)·s + s·(skew(Vᵀ·dV) / gaps))·Vᵀ
///      + (I − U·Uᵀ)·dU / s·Vᵀ + U / s·dVᵀ·(I − V·Vᵀ), gaps of s².
static LogicalResult reverseSvd(SvdOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value du = r.cotangent(0), ds = r.cotangent(1), dvt = r.cotangent(2);
  SvdParts p(b, op);
  auto skew = [&](Value x) { return b.sub(x, transposeMatrix(b, x)); };
  Value like = matmul(b, p.u, p.u, true), inner, da;
  if (ds)
    inner = fillDiagonal(b, ds, like);
  if (du) {
    du = p.restrict(p.left, du);
    Value part = divideByGaps(b, skew(matmul(b, p.u, du, true)), p.square);
    inner = sum(b, inner, scaleColumns(b, part, p.s));
    da = matmul(b, scaleColumns(b, outside(b, p.u, du), p.inverse), p.v, false, true);
  }
  if (dvt) {
    Value dv = p.restrict(p.right, transposeMatrix(b, dvt));
    Value part = divideByGaps(b, skew(matmul(b, p.v, dv, true)), p.square);
    inner = sum(b, inner, scaleRows(b, part, p.s));
    Value rest = matmul(b, scaleColumns(b, p.u, p.inverse), outside(b, p.v, dv), false, true);
    da = sum(b, da, rest);
  }
  r.add(0, sum(b, da, matmul(b, matmul(b, p.u, inner), p.v, false, true)));
  return success();
}

//===----------------------------------------------------------------------===//
// eig
//===----------------------------------------------------------------------===//

namespace {
/// Matrices, or vectors, of complex numbers.
struct Complex {
  Value re, im;
};
} // namespace

static Complex split(TensorBuilder &b, Value x) {
  int64_t last = rankOf(x) - 1;
  SmallVector<Size> sizes = b.sizes(x);
  sizes.pop_back();
  return {b.reshape(b.slice(x, last, 0, 1), sizes), b.reshape(b.slice(x, last, 1, 2), sizes)};
}

static Value join(TensorBuilder &b, Complex z) {
  SmallVector<Size> sizes = b.sizes(z.re);
  sizes.push_back(1);
  return b.concat({b.reshape(z.re, sizes), b.reshape(z.im, sizes)}, rankOf(z.re));
}

static Complex conjugate(TensorBuilder &b, Complex z) { return {z.re, b.unary<NegOp>(z.im)}; }

static Complex sub(TensorBuilder &b, Complex x, Complex y) {
  return {b.sub(x.re, y.re), b.sub(x.im, y.im)};
}

/// X·Y, or with `adjoint` Xᴴ·Y.
static Complex multiply(TensorBuilder &b, Complex x, Complex y, bool adjoint = false) {
  if (adjoint)
    x = conjugate(b, x);
  auto product = [&](Value p, Value q) { return matmul(b, p, q, /*transposeX=*/adjoint); };
  return {b.sub(product(x.re, y.re), product(x.im, y.im)),
          b.add(product(x.re, y.im), product(x.im, y.re))};
}

/// V⁻¹·Y, or with `adjoint` V⁻ᴴ·Y, by the real matrix [[re, −im], [im, re]].
static Complex solve(TensorBuilder &b, Complex v, Complex y, bool adjoint) {
  int64_t last = rankOf(v.re) - 1;
  Value above = b.concat({v.re, b.unary<NegOp>(v.im)}, last);
  Value whole = b.concat({above, b.concat({v.im, v.re}, last)}, last - 1);
  auto lu = LuOp::create(b, adjoint ? transposeMatrix(b, whole) : whole);
  Value x = ExchangeRowsOp::create(b, b.concat({y.re, y.im}, last - 1), lu.getPivots(),
                                   /*backward=*/false);
  x = solve(b, lu.getFactors(), x, false, /*upper=*/false, /*unit=*/true, false);
  x = solve(b, lu.getFactors(), x, false, /*upper=*/true, /*unit=*/false, false);
  Size rows = b.size(v.re, last);
  return {takeRows(b, x, 0, rows), takeRows(b, x, rows, rows)};
}

/// x[j, k] / (v[k] − v[j]), the divisor conjugated with `conjugated`; 0 on the diagonal.
static Complex divideByGaps(TensorBuilder &b, Complex x, Complex values, bool conjugated) {
  SmallVector<int64_t> dims = upTo(rankOf(x.re)), columns = dims;
  columns.erase(columns.end() - 2);
  dims.pop_back();
  auto spread = [&](Value v, ArrayRef<int64_t> to) { return b.broadcastLike(v, to, x.re); };
  Complex gap{b.sub(spread(values.re, columns), spread(values.re, dims)),
              b.sub(spread(values.im, columns), spread(values.im, dims))};
  // x / gap = x·gap* / |gap|², 1 standing for the gap on the diagonal.
  Value one = fillDiagonal(b, b.splatLike(1.0, values.re), x.re);
  Value square = b.add(b.add(b.mul(gap.re, gap.re), b.mul(gap.im, gap.im)), one);
  Complex factor{b.div(gap.re, square), b.div(gap.im, square)};
  if (!conjugated)
    factor = conjugate(b, factor);
  return {b.sub(b.mul(x.re, factor.re), b.mul(x.im, factor.im)),
          b.add(b.mul(x.re, factor.im), b.mul(x.im, factor.re))};
}

/// X = V⁻¹·dA·V: dλ = diag X, and of V·(X / gaps) what leaves the columns' length.
static void forwardEig(EigOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Complex v = split(b, op.getVectors());
  Complex x = solve(b, v, multiply(b, split(b, f.tangent(0)), v), /*adjoint=*/false);
  f.set(0, join(b, {takeDiagonal(b, x.re), takeDiagonal(b, x.im)}));
  Complex values = split(b, op.getValues());
  Complex dv = multiply(b, v, divideByGaps(b, x, values, /*conjugated=*/false));
  Value along = takeDiagonal(b, multiply(b, v, dv, /*adjoint=*/true).re);
  f.set(1, join(b, sub(b, dv, {scaleColumns(b, v.re, along), scaleColumns(b, v.im, along)})));
}

/// dA = V⁻ᴴ·(diag dλ + Vᴴ·dV' / gaps*)·Vᴴ, dV' being what of dV changes no column's
/// length: that it changes none's angle either is checked.
static void reverseEig(EigOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Complex v = split(b, op.getVectors()), inner;
  if (r.cotangent(0)) {
    Complex values = split(b, r.cotangent(0));
    inner = {fillDiagonal(b, values.re, v.re), fillDiagonal(b, values.im, v.re)};
  }
  if (r.cotangent(1)) {
    Complex dv = split(b, r.cotangent(1)), x = multiply(b, v, dv, /*adjoint=*/true);
    Value turn = b.unary<AbsOp>(takeDiagonal(b, x.im));
    AssertOp::create(b, b.unary<NotOp>(b.compare(Direction::gt, turn, 0.01)),
                     "the derivative of eigenvectors is asked for by a function that depends on "
                     "their angle, which is arbitrary");
    Value along = takeDiagonal(b, x.re);
    dv = sub(b, dv, {scaleColumns(b, v.re, along), scaleColumns(b, v.im, along)});
    x = divideByGaps(b, multiply(b, v, dv, true), split(b, op.getValues()), /*conjugated=*/true);
    inner = {sum(b, inner.re, x.re), sum(b, inner.im, x.im)};
  }
  // inner·Vᴴ = (V·innerᴴ)ᴴ
  Complex adjoint = conjugate(b, {transposeMatrix(b, inner.re), transposeMatrix(b, inner.im)});
  Complex right = multiply(b, v, adjoint);
  right = conjugate(b, {transposeMatrix(b, right.re), transposeMatrix(b, right.im)});
  r.add(0, join(b, solve(b, v, right, /*adjoint=*/true)));
}

//===----------------------------------------------------------------------===//
// ldl_solve
//===----------------------------------------------------------------------===//

static LdlSolveOp solveLike(TensorBuilder &b, LdlSolveOp op, Value right) {
  return LdlSolveOp::create(b, op.getFactors(), op.getPivots(), right);
}

static LogicalResult refuseFactors(LdlSolveOp op) {
  return op.emitError("has no derivative by its factors: ldl has none");
}

static LogicalResult forwardLdlSolve(LdlSolveOp op, Forward &f) {
  if (f.tangent(0))
    return refuseFactors(op);
  f.set(0, solveLike(f.b, op, f.tangent(2)));
  return success();
}

/// The matrix is symmetric.
static LogicalResult reverseLdlSolve(LdlSolveOp op, Reverse &r) {
  if (r.wants(0u))
    return refuseFactors(op);
  r.add(2, solveLike(r.b, op, r.cotangent()));
  return success();
}

void autodiff::addFactorRules(RuleTable &table) {
  table.add<LuOp>(forwardLu, reverseLu);
  table.addLinear<ExchangeRowsOp>(reverseExchangeRows);
  table.add<QrOp>(forwardQr, reverseQr);
  table.add<HouseholderProductOp>(forwardHouseholderProduct, reverseHouseholderProduct);
  table.add<EighOp>(forwardEigh, reverseEigh);
  table.add<EigOp>(forwardEig, reverseEig);
  table.add<SvdOp>(forwardSvd, reverseSvd);
  table.add<LdlSolveOp>(forwardLdlSolve, reverseLdlSolve);
}
