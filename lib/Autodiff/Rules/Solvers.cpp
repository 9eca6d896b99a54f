//===- Solvers.cpp - derivatives of factorisations and transforms ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// triangular_solve
//===----------------------------------------------------------------------===//

static Value solve(TensorBuilder &b, TriangularSolveOp op, Value right, bool transpose) {
  return TriangularSolveOp::create(b, op.getA(), right, op.getRightSide(), op.getUpper(),
                                   op.getUnitDiagonal(), transpose);
}

/// What is read of a.
static Value keepRead(TensorBuilder &b, TriangularSolveOp op, Value a) {
  using Direction = ComparisonDirection;
  return keepTriangle(b, a, op.getUpper()
                                ? (op.getUnitDiagonal() ? Direction::lt : Direction::le)
                                : (op.getUnitDiagonal() ? Direction::gt : Direction::ge));
}

/// op(A)·dX = dB − dop(A)·X
static void forwardTriangularSolve(TriangularSolveOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Value right = f.tangent(1);
  if (f.tangent(0)) {
    Value da = keepRead(b, op, f.tangent(0)), x = op.getOutput();
    bool transpose = op.getTranspose();
    Value product = op.getRightSide() ? matmul(b, x, da, false, transpose)
                                      : matmul(b, da, x, transpose, false);
    right = right ? b.sub(right, product) : b.unary<NegOp>(product);
  }
  f.set(0, solve(b, op, right, op.getTranspose()));
}

/// dB = op(A)⁻ᵀ·dX, dop(A) = −dB·Xᵀ; with A on the right dop(A) = −Xᵀ·dB.
static void reverseTriangularSolve(TriangularSolveOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value db = solve(b, op, r.cotangent(), !op.getTranspose()), x = op.getOutput();
  if (r.wants(1u))
    r.add(1, db);
  if (!r.wants(0u))
    return;
  Value da;
  if (op.getRightSide())
    da = op.getTranspose() ? matmul(b, db, x, true, false) : matmul(b, x, db, true, false);
  else
    da = op.getTranspose() ? matmul(b, x, db, false, true) : matmul(b, db, x, false, true);
  r.add(0, b.unary<NegOp>(keepRead(b, op, da)));
}

//===----------------------------------------------------------------------===//
// cholesky
//===----------------------------------------------------------------------===//

/// The lower triangle, its diagonal halved.
static Value halve(TensorBuilder &b, Value x) {
  return b.mul(b.add(keepTriangle(b, x, ComparisonDirection::ge),
                     keepTriangle(b, x, ComparisonDirection::gt)),
               0.5);
}

static Value solveLower(TensorBuilder &b, Value lower, Value right, bool rightSide,
                        bool transpose) {
  return TriangularSolveOp::create(b, lower, right, rightSide, /*upper=*/false,
                                   /*unit_diagonal=*/false, transpose);
}

/// (A + Aᵀ)/2: the matrix is taken for symmetric, whichever triangle is read.
static Value symmetrize(TensorBuilder &b, Value a) {
  return b.mul(b.add(a, transposeMatrix(b, a)), 0.5);
}

/// dL = L·Φ(L⁻¹·dA·L⁻ᵀ), Φ the lower triangle with half the diagonal.
static void forwardCholesky(CholeskyOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Value lower = op.getUpper() ? transposeMatrix(b, op.getOutput()) : op.getOutput();
  Value inner = solveLower(b, lower, symmetrize(b, f.tangent(0)), false, false);
  inner = solveLower(b, lower, inner, /*rightSide=*/true, /*transpose=*/true);
  Value tangent = matmul(b, lower, halve(b, inner));
  f.set(0, op.getUpper() ? transposeMatrix(b, tangent) : tangent);
}

/// dA = L⁻ᵀ·Φ(Lᵀ·dL)·L⁻¹, made symmetric.
static void reverseCholesky(CholeskyOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value lower = op.getUpper() ? transposeMatrix(b, op.getOutput()) : op.getOutput();
  Value dl = op.getUpper() ? transposeMatrix(b, r.cotangent()) : r.cotangent();
  Value inner = halve(b, matmul(b, lower, dl, /*transposeX=*/true));
  inner = solveLower(b, lower, inner, /*rightSide=*/false, /*transpose=*/true);
  r.add(0, symmetrize(b, solveLower(b, lower, inner, /*rightSide=*/true, /*transpose=*/false)));
}

//===----------------------------------------------------------------------===//
// fft
//===----------------------------------------------------------------------===//

static Value transform(TensorBuilder &b, Value x, FftKind kind, int64_t dim) {
  RankedTensorType type = getTensorType(x);
  SmallVector<int64_t> shape(type.getShape());
  if (kind == FftKind::rfft) {
    if (!ShapedType::isDynamic(shape[dim]))
      shape[dim] = shape[dim] / 2 + 1;
    shape.push_back(2);
  }
  return FftOp::create(b, type.clone(shape), x, kind, dim, IntegerAttr());
}

/// x · n
static Value scale(TensorBuilder &b, Value x, Size n) {
  Value factor = b.convert(b.scalar(n), getTensorType(x).getElementType());
  return b.mul(x, b.splat(factor, b.sizes(x)));
}

static Value unscale(TensorBuilder &b, Value x, Size n) {
  Value factor = b.convert(b.scalar(n), getTensorType(x).getElementType());
  return b.div(x, b.splat(factor, b.sizes(x)));
}

/// The transpose of e^(−2πi·kn/N) as a real matrix is e^(2πi·kn/N): the other
/// transform, but for its scale. A real transform is a complex one of which half is
/// cut off, so its transpose adds zeros or takes the real part.
static void reverseFft(FftOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value dy = r.cotangent();
  int64_t dim = op.getDimension(), rank = getTensorType(dy).getRank();
  switch (op.getKind()) {
  case FftKind::fft:
    return r.add(0, scale(b, transform(b, dy, FftKind::ifft, dim), b.size(dy, dim)));
  case FftKind::ifft:
    return r.add(0, unscale(b, transform(b, dy, FftKind::fft, dim), b.size(dy, dim)));
  case FftKind::rfft: {
    Size n = b.size(op.getInput(), dim);
    SmallVector<Size> low(rank, 0), high = low;
    high[dim] = b.sub(n, b.size(dy, dim));
    Value whole = padZeros(b, dy, low, high, SmallVector<int64_t>(rank, 0));
    Value real = b.slice(transform(b, whole, FftKind::ifft, dim), rank - 1, 0, 1);
    SmallVector<Size> sizes = b.sizes(op.getInput());
    return r.add(0, scale(b, b.reshape(real, sizes), n));
  }
  case FftKind::irfft: {
    // Terms but for the first, and the last of an even length, stand for two.
    int64_t n = *op.getLength();
    Value dx = unscale(b, transform(b, dy, FftKind::rfft, dim), n);
    Value term = b.iota(b.sizes(dx), dim, b.getI64Type());
    Value single = b.compare(ComparisonDirection::eq, term, 0.0);
    if (n % 2 == 0)
      single = b.binary<OrOp>(single, b.compare(ComparisonDirection::eq, term, double(n / 2)));
    return r.add(0, b.select(single, dx, b.mul(dx, 2.0)));
  }
  }
}

void autodiff::addSolverRules(RuleTable &table) {
  table.add<CholeskyOp>(forwardCholesky, reverseCholesky);
  table.addLinear<FftOp>(reverseFft);
  table.add<TriangularSolveOp>(forwardTriangularSolve, reverseTriangularSolve);
}
