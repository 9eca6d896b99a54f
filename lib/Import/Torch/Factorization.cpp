//===- Factorization.cpp - ATen's factorisations of matrices --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op that ends in `_ex` gives LAPACK's `info`; where the others raise an error,
// the run ends with one.
//
//===----------------------------------------------------------------------===//

#include "Matrices.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Direction = dl::ComparisonDirection;
using frontend::matmul;

/// Whether the op is to give `info`. If so `check_errors`, where the caller sets it, asks
/// for the error all the same.
static bool givesInfo(NodeImporter &n) { return n.getTarget().contains("_ex."); }

/// The results of a factorisation, and `info` or the error.
static LogicalResult finish(NodeImporter &n, ArrayRef<Value> values, Value info,
                            const Twine &message) {
  SmallVector<ImportedValue> results(values.begin(), values.end());
  if (!givesInfo(n) || n.boolean("check_errors"))
    requireZero(n, info, message);
  if (givesInfo(n))
    results.push_back(info);
  return n.results(results);
}

//===----------------------------------------------------------------------===//
// Cholesky
//===----------------------------------------------------------------------===//

static LogicalResult importCholesky(NodeImporter &n) {
  Value a = matrix(n, "self");
  if (!a)
    return failure();
  Value factor = n.infer<dl::CholeskyOp>(a, n.boolean("upper"));
  // From the minor on that isn't positive definite, all is NaN.
  Value info = firstTrue(n, diagonal(n, factor).isNan());
  return finish(n, factor, info, "the matrix isn't positive definite");
}

/// A·X = B for A = L·Lᵀ, or Uᵀ·U with `isUpper`.
static Value solveCholesky(NodeImporter &n, Value factor, Value b, bool isUpper) {
  Triangle first, second;
  first.isUpper = second.isUpper = isUpper;
  first.isTransposed = isUpper;
  second.isTransposed = !isUpper;
  return solveTriangular(n, factor, solveTriangular(n, factor, b, first), second);
}

static LogicalResult importCholeskySolve(NodeImporter &n) {
  return n.result(solveCholesky(n, matrix(n, "input2"), matrix(n, "self"), n.boolean("upper")));
}

static LogicalResult importCholeskyInverse(NodeImporter &n) {
  Value factor = matrix(n, "self");
  if (!factor)
    return failure();
  Value one = identityLike(n, factor, countRows(n, factor));
  return n.result(solveCholesky(n, factor, one, n.boolean("upper")));
}

//===----------------------------------------------------------------------===//
// LU
//===----------------------------------------------------------------------===//

static bool requirePivoting(NodeImporter &n) {
  if (n.boolean("pivot"))
    return true;
  n.emitError() << "an LU factorisation without pivoting isn't supported";
  return false;
}

static LogicalResult importLuFactor(NodeImporter &n) {
  Lu lu = factorLu(n, matrix(n, "A"));
  if (!lu || !requirePivoting(n))
    return failure();
  return finish(n, {lu.factors, countFromOne(n, lu.pivots)}, infoOf(n, lu),
                "a column without a pivot: the matrix is singular");
}

/// P, L and U of the factors in one matrix.
static LogicalResult unpack(NodeImporter &n, const Lu &lu, bool wantsPivots, bool wantsData) {
  if (!lu)
    return failure();
  int64_t rank = n.rankOf(lu.factors);
  Size rows = countRows(n, lu.factors), columns = countColumns(n, lu.factors);
  Size count = n.min(rows, columns);
  Value p, l, u;
  if (wantsPivots)
    p = n.infer<dl::ExchangeRowsOp>(identityLike(n, lu.factors, rows), lu.pivots,
                                    /*backward=*/true);
  else
    p = n.emptyResult(0);
  if (!wantsData)
    return n.results({p, n.emptyResult(1), n.emptyResult(2)});
  l = keepWhere(n, n.sliceAxis(lu.factors, rank - 1, 0, count), Direction::gt);
  Sizes square = n.sizes(l);
  Type i64 = n.getBuilder().getI64Type();
  Expr one = Expr(n, n.iota(square, i64, rank - 2)).eq(n.iota(square, i64, rank - 1));
  l = one.select(n.scalar(n.elementTypeOf(lu.factors), 1), l);
  u = keepWhere(n, n.sliceAxis(lu.factors, rank - 2, 0, count), Direction::le);
  return n.results({p, l, u});
}

static LogicalResult importLu(NodeImporter &n) {
  Lu lu = factorLu(n, matrix(n, "A"));
  return requirePivoting(n) ? unpack(n, lu, true, true) : failure();
}

static LogicalResult importLuUnpack(NodeImporter &n) {
  Lu lu = takeLu(n, matrix(n, "LU_data"), n.tensor("LU_pivots"));
  bool wantsPivots = n.boolean("unpack_pivots"), wantsData = n.boolean("unpack_data");
  return unpack(n, lu, wantsPivots, wantsData);
}

//===----------------------------------------------------------------------===//
// LDL
//===----------------------------------------------------------------------===//

static LogicalResult importLdlFactor(NodeImporter &n) {
  n.ignore({"hermitian"});
  Value a = matrix(n, "self");
  if (!a)
    return failure();
  SmallVector<Value> results = n.inferMulti<dl::LdlOp>(a);
  if (results.empty())
    return failure();
  Expr isZero = diagonal(n, results[0]).eq(0.0) & (Expr(n, results[1]) > 0.0).get();
  return finish(n, results, firstTrue(n, isZero), "a block of D is zero");
}

static LogicalResult importLdlSolve(NodeImporter &n) {
  n.ignore({"hermitian"});
  Value factors = matrix(n, "LD"), pivots = n.tensor("pivots"), b = matrix(n, "B");
  if (!pivots || !frontend::broadcastBatches(n, factors, b))
    return failure();
  Sizes sizes(ArrayRef(n.sizes(b)).drop_back());
  sizes.back() = countRows(n, factors);
  return n.result(n.infer<dl::LdlSolveOp>(factors, n.broadcastTo(pivots, sizes), b));
}

//===----------------------------------------------------------------------===//
// QR
//===----------------------------------------------------------------------===//

static LogicalResult importQr(NodeImporter &n) {
  Value a = matrix(n, "A");
  std::string mode = n.string("mode");
  if (!a)
    return failure();
  SmallVector<Value> results = n.inferMulti<dl::QrOp>(a, mode == "complete");
  if (results.empty())
    return failure();
  return n.results({mode == "r" ? n.emptyResult(0) : results[0], results[1]});
}

static LogicalResult importGeqrf(NodeImporter &n) {
  Value a = matrix(n, "self");
  if (!a)
    return failure();
  SmallVector<Value> results = n.inferMulti<dl::HouseholderQrOp>(a);
  return results.empty() ? failure() : n.results({results[0], results[1]});
}

static LogicalResult importHouseholderProduct(NodeImporter &n) {
  return n.result(n.infer<dl::HouseholderProductOp>(matrix(n, "input"), n.tensor("tau")));
}

/// The whole Q, whose reflections are followed by zeros, times `other`.
static LogicalResult importOrmqr(NodeImporter &n) {
  Value factors = matrix(n, "self"), tau = n.tensor("input2"), other = matrix(n, "input3");
  bool isLeft = n.boolean("left"), isTransposed = n.boolean("transpose");
  if (!factors || !other || !n.requireRank(tau, 1, INT64_MAX, "tau"))
    return failure();
  int64_t rank = n.rankOf(factors);
  Size order = countRows(n, factors), count = n.size(tau, n.rankOf(tau) - 1);
  Sizes zeros(rank, Size(0)), high = zeros;
  high.back() = n.sub(order, count);
  Value vectors = n.padConstant(n.sliceAxis(factors, rank - 1, 0, count), zeros, high);
  Value q = n.infer<dl::HouseholderProductOp>(vectors, tau);
  if (isTransposed)
    q = transposeMatrix(n, q);
  return n.result(isLeft ? matmul(n, q, other) : matmul(n, other, q));
}

//===----------------------------------------------------------------------===//
// Eigenvalues, singular values
//===----------------------------------------------------------------------===//

static LogicalResult importEigh(NodeImporter &n) {
  std::string triangle = n.string("UPLO");
  Eigh parts = factorEigh(n, onlyMatrix(n), triangle == "U" || triangle == "u");
  if (n.numResults() == 1)
    return n.result(parts.values);
  bool wantsVectors = !n.has("compute_v") || n.boolean("compute_v");
  return n.results({parts.values, wantsVectors ? parts.vectors : n.emptyResult(1)});
}

/// Of a real matrix, too, the results are complex.
static LogicalResult importEig(NodeImporter &n) {
  Type type = n.promoteParts({"self"});
  Complex a = type ? n.complexOperand("self", type) : Complex{{n, {}}, {n, {}}};
  if (!a || !n.requireRank(a.re, 2, INT64_MAX, "its input"))
    return failure();
  SmallVector<Value> parts =
      n.inferMulti<dl::EigOp>(interleave(n, ImportedValue::complex(a.re, a.im)));
  if (parts.empty())
    return failure();
  ImportedValue values = deinterleave(n, parts[0]);
  return n.numResults() == 1 ? n.results({values}) : n.results({values, deinterleave(n, parts[1])});
}

static LogicalResult importSvd(NodeImporter &n) {
  n.ignore({"driver"});
  bool isFull = n.has("full_matrices") && n.boolean("full_matrices");
  Svd parts = factorSvd(n, matrix(n, "A"), isFull);
  if (n.numResults() == 1)
    return n.result(parts.s);
  if (!n.has("compute_uv") || n.boolean("compute_uv"))
    return n.results({parts.u, parts.s, parts.vt});
  return n.results({n.emptyResult(0), parts.s, n.emptyResult(2)});
}

/// A = U·H: U·Vᵀ and V·diag(s)·Vᵀ.
static LogicalResult importPolar(NodeImporter &n) {
  Svd parts = factorSvd(n, matrix(n, "A"), /*isFull=*/false);
  if (!parts)
    return failure();
  Value v = transposeMatrix(n, parts.vt);
  return n.results({matmul(n, parts.u, parts.vt),
                    matmul(n, scaleColumns(n, v, parts.s), parts.vt)});
}

/// V·diag(√λ)·Vᵀ, negative eigenvalues counting as 0.
static LogicalResult importMatrixSqrth(NodeImporter &n) {
  Eigh parts = factorEigh(n, matrix(n, "self"));
  if (!parts)
    return failure();
  Expr roots = Expr(n, parts.values).max(0.0).sqrt();
  return n.result(matmul(n, scaleColumns(n, parts.vectors, roots),
                         transposeMatrix(n, parts.vectors)));
}

void torch::registerFactorizationOps(OpTable &t) {
  t.add({"aten.linalg_cholesky.default", "aten.linalg_cholesky_ex.default",
         "aten.cholesky.default"},
        importCholesky);
  t.add("aten.cholesky_solve.default", importCholeskySolve);
  t.add("aten.cholesky_inverse.default", importCholeskyInverse);
  t.add({"aten.linalg_lu_factor.default", "aten.linalg_lu_factor_ex.default"}, importLuFactor);
  t.add("aten.linalg_lu.default", importLu);
  t.add("aten.lu_unpack.default", importLuUnpack);
  t.add({"aten.linalg_ldl_factor.default", "aten.linalg_ldl_factor_ex.default"},
        importLdlFactor);
  t.add("aten.linalg_ldl_solve.default", importLdlSolve);
  t.add("aten.linalg_qr.default", importQr);
  t.add("aten.geqrf.default", importGeqrf);
  t.add("aten.linalg_householder_product.default", importHouseholderProduct);
  t.add("aten.ormqr.default", importOrmqr);
  t.add({"aten.linalg_eigh.default", "aten.linalg_eigvalsh.default", "aten._linalg_eigh.default"},
        importEigh);
  t.addComplex({"aten.linalg_eig.default", "aten.linalg_eigvals.default",
                "aten._linalg_eigvals.default"},
               importEig);
  t.add({"aten.linalg_svd.default", "aten.linalg_svdvals.default", "aten._linalg_svd.default"},
        importSvd);
  t.add("aten.linalg_polar.default", importPolar);
  t.add("aten.linalg_matrix_sqrth.default", importMatrixSqrth);
}
