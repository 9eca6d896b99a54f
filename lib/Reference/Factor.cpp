//===- Factor.cpp - the meaning of factorisations and solvers -------------===//
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
// cholesky, triangular_solve
//===----------------------------------------------------------------------===//

static Expected<Tensor> evaluateCholesky(dl::CholeskyOp op, Operands operands) {
  const Tensor &input = operands[0];
  int64_t rank = input.getRank(), size = input.getDim(rank - 1);
  if (input.getDim(rank - 2) != size)
    return makeError("the operand is a {0}, not a square matrix", getTypeName(input));
  std::vector<double> a = input.getFloats(), l(a.size(), 0.0);
  bool isUpper = op.getUpper();
  for (int64_t base = 0; base < int64_t(a.size()); base += size * size) {
    auto at = [&](std::vector<double> &m, int64_t i, int64_t j) -> double & {
      return m[base + (isUpper ? j * size + i : i * size + j)];
    };
    int64_t good = size;
    for (int64_t j = 0; j < size; ++j)
      for (int64_t i = j; i < size; ++i) {
        double sum = at(a, i, j);
        for (int64_t k = 0; k < j; ++k)
          sum -= at(l, i, k) * at(l, j, k);
        if (i == j && !(sum > 0))
          good = std::min(good, i);
        at(l, i, j) = i == j ? std::sqrt(sum) : sum / at(l, j, j);
      }
    // The other triangle stays 0.
    for (int64_t j = 0; j < size; ++j)
      for (int64_t i = std::max(j, good); i < size; ++i)
        at(l, i, j) = std::numeric_limits<double>::quiet_NaN();
  }
  return Tensor::fromFloats(input.getType(), input.getShape(), l);
}

static Expected<Tensor> evaluateTriangularSolve(dl::TriangularSolveOp op, Operands operands) {
  const Tensor &matrix = operands[0], &right = operands[1];
  int64_t rank = right.getRank(), size = matrix.getDim(matrix.getRank() - 1);
  bool onRight = op.getRightSide();
  int64_t rows = right.getDim(rank - 2), columns = right.getDim(rank - 1);
  if (matrix.getDim(matrix.getRank() - 2) != size || (onRight ? columns : rows) != size ||
      matrix.getShape().drop_back(2) != right.getShape().drop_back(2))
    return makeError("operands are a {0} and a {1}", getTypeName(matrix), getTypeName(right));
  std::vector<double> a = matrix.getFloats(), x = right.getFloats();
  // X·op(A) = B is op(A)ᵀ·Xᵀ = Bᵀ. Only one triangle of op(A) counts.
  bool isTransposed = op.getTranspose() != onRight;
  bool isUpper = op.getUpper() != isTransposed;
  int64_t others = onRight ? rows : columns;
  int64_t batches = size ? int64_t(a.size()) / (size * size) : 0;
  for (int64_t b = 0; b < batches; ++b) {
    auto getA = [&](int64_t i, int64_t j) {
      return a[b * size * size + (isTransposed ? j * size + i : i * size + j)];
    };
    auto atX = [&](int64_t i, int64_t j) -> double & {
      return x[b * rows * columns + (onRight ? j * columns + i : i * columns + j)];
    };
    for (int64_t j = 0; j < others; ++j)
      for (int64_t step = 0; step < size; ++step) {
        int64_t i = isUpper ? size - 1 - step : step;
        double sum = atX(i, j);
        for (int64_t done = 0; done < step; ++done) {
          int64_t k = isUpper ? size - 1 - done : done;
          sum -= getA(i, k) * atX(k, j);
        }
        atX(i, j) = op.getUnitDiagonal() ? sum : sum / getA(i, i);
      }
  }
  return Tensor::fromFloats(right.getType(), right.getShape(), x);
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

namespace {
/// One matrix of a stack; a vector is one with a single column.
struct Matrix {
  Matrix(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), elements(rows * columns, 0.0) {}
  static Matrix identity(int64_t size) {
    Matrix result(size, size);
    for (int64_t i = 0; i < size; ++i)
      result(i, i) = 1;
    return result;
  }

  double &operator()(int64_t i, int64_t j) { return elements[i * columns + j]; }
  double operator()(int64_t i, int64_t j) const { return elements[i * columns + j]; }
  Matrix transposed() const {
    Matrix result(columns, rows);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        result(j, i) = (*this)(i, j);
    return result;
  }
  Matrix operator*(const Matrix &other) const {
    Matrix result(rows, other.columns);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < other.columns; ++j)
        for (int64_t k = 0; k < columns; ++k)
          result(i, j) += (*this)(i, k) * other(k, j);
    return result;
  }
  void exchangeRows(int64_t a, int64_t b) {
    for (int64_t j = 0; j < columns; ++j)
      std::swap((*this)(a, j), (*this)(b, j));
  }
  /// The sum of products of two columns.
  double dot(int64_t a, int64_t b) const {
    double sum = 0;
    for (int64_t i = 0; i < rows; ++i)
      sum += (*this)(i, a) * (*this)(i, b);
    return sum;
  }
  /// Columns a and b to c·a − s·b and s·a + c·b.
  void rotateColumns(int64_t a, int64_t b, double c, double s) {
    for (int64_t i = 0; i < rows; ++i) {
      double x = (*this)(i, a), y = (*this)(i, b);
      (*this)(i, a) = c * x - s * y;
      (*this)(i, b) = s * x + c * y;
    }
  }
  void scaleColumn(int64_t j, double factor) {
    for (int64_t i = 0; i < rows; ++i)
      (*this)(i, j) *= factor;
  }
  /// The columns of these numbers.
  Matrix takeColumns(ArrayRef<int64_t> numbers) const {
    Matrix result(rows, numbers.size());
    for (int64_t i = 0; i < rows; ++i)
      for (auto [j, from] : llvm::enumerate(numbers))
        result(i, j) = (*this)(i, from);
    return result;
  }
  /// The sign of the first element of more than half the largest absolute value.
  double signOfColumn(int64_t j) const {
    double largest = 0;
    for (int64_t i = 0; i < rows; ++i)
      largest = std::max(largest, std::abs((*this)(i, j)));
    for (int64_t i = 0; i < rows; ++i)
      if (std::abs((*this)(i, j)) > largest / 2)
        return std::copysign(1.0, (*this)(i, j));
    return 1;
  }
  bool isFinite() const {
    return llvm::all_of(elements, [](double x) { return std::isfinite(x); });
  }

  int64_t rows, columns;
  std::vector<double> elements;
};
} // namespace

using Matrices = SmallVector<Matrix>;

/// A stack of matrices, or with `isVectors` of vectors, one by one.
static Matrices unstack(const Tensor &tensor, bool isVectors = false) {
  ArrayRef<int64_t> shape = tensor.getShape();
  int64_t columns = isVectors ? 1 : shape.back();
  int64_t rows = shape[shape.size() - (isVectors ? 1 : 2)];
  int64_t batches = getProduct(shape.drop_back(isVectors ? 1 : 2));
  std::vector<double> values = tensor.getFloats();
  Matrices result;
  for (int64_t b = 0; b < batches; ++b) {
    Matrix matrix(rows, columns);
    std::copy_n(values.begin() + b * rows * columns, rows * columns, matrix.elements.begin());
    result.push_back(std::move(matrix));
  }
  return result;
}

/// Row numbers, one vector for each matrix of a stack.
static SmallVector<std::vector<int64_t>> unstackPivots(const Tensor &tensor) {
  std::vector<int64_t> values = tensor.getInts();
  int64_t count = tensor.getShape().back();
  SmallVector<std::vector<int64_t>> result(getProduct(tensor.getShape().drop_back()));
  for (auto [b, pivots] : llvm::enumerate(result))
    pivots.assign(values.begin() + b * count, values.begin() + (b + 1) * count);
  return result;
}

/// Result `i` of an op whose first operand has the given batch sizes. Integers where its
/// type has them.
static Tensor stack(Operation *op, unsigned i, ArrayRef<int64_t> batch, ArrayRef<int64_t> shape,
                    ArrayRef<Matrix> matrices) {
  Shape whole(batch);
  llvm::append_range(whole, shape);
  std::vector<double> values;
  for (const Matrix &matrix : matrices)
    llvm::append_range(values, matrix.elements);
  ElementType type = getResultType(op, i);
  if (isFloat(type))
    return Tensor::fromFloats(type, whole, values);
  return Tensor::fromInts(type, whole, std::vector<int64_t>(values.begin(), values.end()));
}

/// An op of one matrix: `factor` gives its results, and `shapes` what follows the batch
/// sizes of each.
static Expected<Tensors> evaluateEach(Operation *op, const Tensor &input, ArrayRef<Shape> shapes,
                                      llvm::function_ref<Matrices(Matrix)> factor) {
  SmallVector<Matrices> results(shapes.size());
  for (Matrix &matrix : unstack(input)) {
    Matrices parts = factor(std::move(matrix));
    for (auto [result, part] : llvm::zip_equal(results, parts))
      result.push_back(std::move(part));
  }
  Tensors tensors;
  for (auto [i, shape] : llvm::enumerate(shapes))
    tensors.push_back(stack(op, i, input.getShape().drop_back(2), shape, results[i]));
  return tensors;
}

static int64_t countRows(const Tensor &tensor) { return tensor.getDim(tensor.getRank() - 2); }
static int64_t countColumns(const Tensor &tensor) { return tensor.getDim(tensor.getRank() - 1); }

static llvm::Error checkSquare(const Tensor &tensor) {
  if (countRows(tensor) != countColumns(tensor))
    return makeError("the operand is a {0}, not a square matrix", getTypeName(tensor));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// lu, exchange_rows
//===----------------------------------------------------------------------===//

static Matrices factorLu(Matrix a) {
  int64_t count = std::min(a.rows, a.columns);
  Matrix pivots(count, 1);
  for (int64_t k = 0; k < count; ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < a.rows; ++i)
      if (std::abs(a(i, k)) > std::abs(a(best, k)))
        best = i;
    pivots(k, 0) = best;
    if (a(best, k) == 0)
      continue;
    a.exchangeRows(k, best);
    for (int64_t i = k + 1; i < a.rows; ++i) {
      a(i, k) /= a(k, k);
      for (int64_t j = k + 1; j < a.columns; ++j)
        a(i, j) -= a(i, k) * a(k, j);
    }
  }
  return {a, pivots};
}

static Expected<Tensors> evaluateLu(dl::LuOp op, Operands operands) {
  int64_t m = countRows(operands[0]), n = countColumns(operands[0]);
  return evaluateEach(op, operands[0], {Shape{m, n}, Shape{std::min(m, n)}}, factorLu);
}

static Expected<Tensor> evaluateExchangeRows(dl::ExchangeRowsOp op, Operands operands) {
  const Tensor &input = operands[0];
  int64_t rows = countRows(input), columns = countColumns(input);
  if (input.getShape().drop_back(2) != operands[1].getShape().drop_back() ||
      operands[1].getShape().back() > rows)
    return makeError("operands are a {0} and a {1}", getTypeName(input),
                     getTypeName(operands[1]));
  // Where each row comes from.
  std::vector<int64_t> from;
  for (std::vector<int64_t> &pivots : unstackPivots(operands[1])) {
    auto order = llvm::to_vector(llvm::seq(rows));
    auto exchange = [&](int64_t i) { std::swap(order[i], order[pivots[i]]); };
    int64_t count = pivots.size();
    for (int64_t pivot : pivots)
      if (pivot < 0 || pivot >= rows)
        return makeError("pivot {0} is none of {1} rows", pivot, rows);
    for (int64_t step = 0; step < count; ++step)
      exchange(op.getBackward() ? count - 1 - step : step);
    llvm::append_range(from, order);
  }
  return moveElements(input, input.getShape(), [&](ArrayRef<int64_t> index) {
    int64_t row = getPosition(input.getShape().drop_back(), index.drop_back());
    return (row / rows * rows + from[row]) * columns + index.back();
  });
}

//===----------------------------------------------------------------------===//
// householder_qr, householder_product, qr
//===----------------------------------------------------------------------===//

/// I − tau·v·vᵀ, v below row k being that column of `factors`.
static Matrix makeReflection(const Matrix &factors, int64_t k, double tau) {
  Matrix v(factors.rows, 1), result = Matrix::identity(factors.rows);
  for (int64_t i = k; i < factors.rows; ++i)
    v(i, 0) = i == k ? 1 : factors(i, k);
  for (int64_t i = k; i < factors.rows; ++i)
    for (int64_t j = k; j < factors.rows; ++j)
      result(i, j) -= tau * v(i, 0) * v(j, 0);
  return result;
}

static Matrices factorHouseholder(Matrix a) {
  int64_t count = std::min(a.rows, a.columns);
  Matrix tau(count, 1), vectors(a.rows, count);
  for (int64_t k = 0; k < count; ++k) {
    double square = 0;
    for (int64_t i = k; i < a.rows; ++i)
      square += a(i, k) * a(i, k);
    double alpha = a(k, k), beta = -std::copysign(std::sqrt(square), alpha);
    bool isZero = true;
    for (int64_t i = k + 1; i < a.rows; ++i)
      isZero &= a(i, k) == 0;
    if (isZero)
      continue;
    tau(k, 0) = (beta - alpha) / beta;
    for (int64_t i = k + 1; i < a.rows; ++i)
      vectors(i, k) = a(i, k) / (alpha - beta);
    a = makeReflection(vectors, k, tau(k, 0)) * a;
  }
  for (int64_t k = 0; k < count; ++k)
    for (int64_t i = k + 1; i < a.rows; ++i)
      a(i, k) = vectors(i, k);
  return {a, tau};
}

/// The first `columns` columns of H₀·H₁·…
static Matrix multiplyReflections(const Matrix &factors, const Matrix &tau, int64_t columns) {
  Matrix product = Matrix::identity(factors.rows);
  for (int64_t k = 0; k < tau.rows; ++k)
    product = product * makeReflection(factors, k, tau(k, 0));
  return product.takeColumns(llvm::to_vector(llvm::seq(columns)));
}

static Expected<Tensors> evaluateHouseholderQr(dl::HouseholderQrOp op, Operands operands) {
  int64_t m = countRows(operands[0]), n = countColumns(operands[0]);
  return evaluateEach(op, operands[0], {Shape{m, n}, Shape{std::min(m, n)}}, factorHouseholder);
}

static Expected<Tensors> evaluateHouseholderProduct(dl::HouseholderProductOp op,
                                                    Operands operands) {
  int64_t m = countRows(operands[0]), n = countColumns(operands[0]);
  Matrices taus = unstack(operands[1], /*isVectors=*/true);
  if (n > m || operands[1].getShape().back() > n ||
      operands[0].getShape().drop_back(2) != operands[1].getShape().drop_back())
    return makeError("operands are a {0} and a {1}", getTypeName(operands[0]),
                     getTypeName(operands[1]));
  const Matrix *tau = taus.begin();
  return evaluateEach(op, operands[0], {Shape{m, n}}, [&](Matrix factors) {
    return Matrices{multiplyReflections(factors, *tau++, n)};
  });
}

static Expected<Tensors> evaluateQr(dl::QrOp op, Operands operands) {
  int64_t m = countRows(operands[0]), n = countColumns(operands[0]);
  int64_t inner = op.getComplete() ? m : std::min(m, n);
  return evaluateEach(op, operands[0], {Shape{m, inner}, Shape{inner, n}}, [&](Matrix a) {
    Matrices parts = factorHouseholder(std::move(a));
    Matrix q = multiplyReflections(parts[0], parts[1], inner), r(inner, n);
    for (int64_t i = 0; i < inner; ++i)
      for (int64_t j = i; j < n; ++j)
        r(i, j) = parts[0](i, j);
    return Matrices{q, r};
  });
}

//===----------------------------------------------------------------------===//
// eigh, svd: Jacobi's rotations
//===----------------------------------------------------------------------===//

/// The rotation (c, s) that makes [[a, g], [g, b]] diagonal.
static std::pair<double, double> getRotation(double a, double b, double g) {
  double zeta = (b - a) / (2 * g);
  double t = std::copysign(1.0, zeta) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
  double c = 1 / std::sqrt(1 + t * t);
  return {c, c * t};
}

static constexpr int kMaxSweeps = 60;
static constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// Numbers of the elements of a column vector, sorted.
static std::vector<int64_t> getOrder(const Matrix &values, bool isDescending) {
  std::vector<int64_t> places(values.rows);
  std::iota(places.begin(), places.end(), 0);
  sortPlaces(places, [&](int64_t i, int64_t j) {
    return isDescending ? values(i, 0) > values(j, 0) : values(i, 0) < values(j, 0);
  });
  return places;
}

/// Matrices of the same sizes, NaN throughout.
static Matrices fillNan(Matrices matrices) {
  for (Matrix &matrix : matrices)
    llvm::fill(matrix.elements, std::numeric_limits<double>::quiet_NaN());
  return matrices;
}

static Matrices factorSymmetric(Matrix a) {
  int64_t n = a.rows;
  Matrix vectors = Matrix::identity(n), values(n, 1);
  if (!a.isFinite())
    return fillNan({values, vectors});
  bool isDiagonal = false;
  for (int sweep = 0; sweep < kMaxSweeps && !isDiagonal; ++sweep) {
    isDiagonal = true;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = i + 1; j < n; ++j) {
        double g = a(i, j);
        if (std::abs(g) <= kEpsilon / 4 * std::sqrt(std::abs(a(i, i)) * std::abs(a(j, j))) ||
            std::abs(g) < 1e-300)
          continue;
        isDiagonal = false;
        auto [c, s] = getRotation(a(i, i), a(j, j), g);
        a.rotateColumns(i, j, c, s);
        a = a.transposed();
        a.rotateColumns(i, j, c, s);
        a = a.transposed();
        vectors.rotateColumns(i, j, c, s);
      }
  }
  for (int64_t i = 0; i < n; ++i)
    values(i, 0) = a(i, i);
  std::vector<int64_t> order = getOrder(values, /*isDescending=*/false);
  values = values.transposed().takeColumns(order).transposed();
  vectors = vectors.takeColumns(order);
  for (int64_t j = 0; j < n; ++j)
    vectors.scaleColumn(j, vectors.signOfColumn(j));
  return {values, vectors};
}

static Expected<Tensors> evaluateEigh(dl::EighOp op, Operands operands) {
  if (llvm::Error error = checkSquare(operands[0]))
    return error;
  int64_t n = countRows(operands[0]);
  return evaluateEach(op, operands[0], {Shape{n}, Shape{n, n}}, [&](Matrix a) {
    Matrix transposed = a.transposed();
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        if (op.getUpper() ? i > j : i < j)
          a(i, j) = transposed(i, j);
    return factorSymmetric(std::move(a));
  });
}

/// A unit vector orthogonal to the first `count` columns: the axis that is least among
/// them, less its part in them.
static void completeColumn(Matrix &u, int64_t count) {
  int64_t axis = 0;
  double least = 2;
  for (int64_t i = 0; i < u.rows; ++i) {
    double square = 0;
    for (int64_t j = 0; j < count; ++j)
      square += u(i, j) * u(i, j);
    if (square < least)
      axis = i, least = square;
  }
  for (int64_t i = 0; i < u.rows; ++i)
    u(i, count) = i == axis;
  for (int64_t j = 0; j < 2 * count; ++j) {
    double part = u.dot(j % count, count);
    for (int64_t i = 0; i < u.rows; ++i)
      u(i, count) -= part * u(i, j % count);
  }
  u.scaleColumn(count, 1 / std::sqrt(u.dot(count, count)));
}

/// U, s and V of a matrix with no more columns than rows; U has `count` columns.
static Matrices factorTall(Matrix a, int64_t count) {
  int64_t n = a.columns;
  Matrix v = Matrix::identity(n), s(n, 1), u(a.rows, count);
  if (!a.isFinite())
    return fillNan({u, s, v});
  double largest = 0;
  for (int64_t j = 0; j < n; ++j)
    largest = std::max(largest, a.dot(j, j));
  bool isOrthogonal = false;
  for (int sweep = 0; sweep < kMaxSweeps && !isOrthogonal; ++sweep) {
    isOrthogonal = true;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = i + 1; j < n; ++j) {
        double x = a.dot(i, i), y = a.dot(j, j), g = a.dot(i, j);
        if (std::abs(g) <= kEpsilon * std::sqrt(x * y) ||
            std::abs(g) <= kEpsilon * kEpsilon * largest)
          continue;
        isOrthogonal = false;
        auto [c, t] = getRotation(x, y, g);
        a.rotateColumns(i, j, c, t);
        v.rotateColumns(i, j, c, t);
      }
  }
  for (int64_t j = 0; j < n; ++j)
    s(j, 0) = std::sqrt(a.dot(j, j));
  std::vector<int64_t> order = getOrder(s, /*isDescending=*/true);
  a = a.takeColumns(order);
  v = v.takeColumns(order);
  s = s.transposed().takeColumns(order).transposed();
  for (int64_t j = 0; j < count; ++j) {
    if (j >= n || s(j, 0) <= kEpsilon * s(0, 0) * double(a.rows)) {
      completeColumn(u, j);
      continue;
    }
    for (int64_t i = 0; i < a.rows; ++i)
      u(i, j) = a(i, j) / s(j, 0);
  }
  return {u, s, v};
}

static Expected<Tensors> evaluateSvd(dl::SvdOp op, Operands operands) {
  int64_t m = countRows(operands[0]), n = countColumns(operands[0]), inner = std::min(m, n);
  Shape shapes[] = {Shape{m, op.getFull() ? m : inner}, Shape{inner},
                    Shape{op.getFull() ? n : inner, n}};
  return evaluateEach(op, operands[0], shapes, [&](Matrix a) {
    bool isWide = m < n;
    int64_t count = op.getFull() ? std::max(m, n) : inner;
    Matrices parts = factorTall(isWide ? a.transposed() : a, count);
    Matrix u = parts[isWide ? 2 : 0], s = parts[1], v = parts[isWide ? 0 : 2];
    double least = inner ? kEpsilon * s(0, 0) * double(std::max(m, n)) : 0;
    for (int64_t j = 0; j < inner && s(j, 0) > least; ++j) {
      double sign = u.signOfColumn(j);
      u.scaleColumn(j, sign);
      v.scaleColumn(j, sign);
    }
    return Matrices{u, s, v.transposed()};
  });
}

//===----------------------------------------------------------------------===//
// ldl, ldl_solve
//===----------------------------------------------------------------------===//

/// Exchanges rows and columns k and p of a symmetric matrix from k on.
static void exchangeSymmetric(Matrix &a, int64_t k, int64_t p) {
  for (int64_t j = 0; j < a.columns; ++j)
    std::swap(a(k, j), a(p, j));
  for (int64_t i = 0; i < a.rows; ++i)
    std::swap(a(i, k), a(i, p));
}

/// Bunch and Kaufman's choice for the symmetric matrix that is left from row k on: the row
/// to exchange with, and the block's size.
static std::pair<int64_t, int64_t> choosePivot(const Matrix &a, int64_t k) {
  const double alpha = (1 + std::sqrt(17.0)) / 8;
  auto getLargest = [&](int64_t column, int64_t from) {
    int64_t best = -1;
    for (int64_t i = from; i < a.rows; ++i)
      if (i != column && (best < 0 || std::abs(a(i, column)) > std::abs(a(best, column))))
        best = i;
    return best;
  };
  int64_t p = getLargest(k, k + 1);
  double diagonal = std::abs(a(k, k)), column = p < 0 ? 0 : std::abs(a(p, k));
  if (diagonal >= alpha * column)
    return {k, 1};
  double row = std::abs(a(getLargest(p, k), p));
  if (diagonal >= alpha * column * (column / row))
    return {k, 1};
  return {p, std::abs(a(p, p)) >= alpha * row ? 1 : 2};
}

static Matrices factorLdl(Matrix a) {
  int64_t n = a.rows;
  Matrix pivots(n, 1), factors(n, n);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = i + 1; j < n; ++j)
      a(i, j) = a(j, i);
  for (int64_t k = 0, size; k < n; k += size) {
    int64_t p;
    std::tie(p, size) = choosePivot(a, k);
    int64_t last = k + size - 1;
    exchangeSymmetric(a, last, p);
    for (int64_t i = k; i <= last; ++i) {
      pivots(i, 0) = size == 1 ? p + 1 : -(p + 1);
      for (int64_t j = k; j <= i; ++j)
        factors(i, j) = a(i, j);
    }
    // The rows below times the block's inverse are L; what is left loses L·block·Lᵀ.
    double x = a(k, k), y = a(last, k), z = a(last, last), determinant = x * z - y * y;
    for (int64_t i = last + 1; i < n; ++i) {
      if (size == 1) {
        factors(i, k) = x == 0 ? 0 : a(i, k) / x;
      } else {
        factors(i, k) = (a(i, k) * z - a(i, last) * y) / determinant;
        factors(i, last) = (a(i, last) * x - a(i, k) * y) / determinant;
      }
    }
    for (int64_t i = last + 1; i < n; ++i)
      for (int64_t j = last + 1; j < n; ++j)
        for (int64_t b = k; b <= last; ++b)
          a(i, j) -= factors(i, b) * a(j, b);
  }
  return {factors, pivots};
}

static Expected<Tensors> evaluateLdl(dl::LdlOp op, Operands operands) {
  if (llvm::Error error = checkSquare(operands[0]))
    return error;
  int64_t n = countRows(operands[0]);
  return evaluateEach(op, operands[0], {Shape{n, n}, Shape{n}}, factorLdl);
}

/// A⁻¹·b by `lu`.
static Matrix solveDense(const Matrix &a, Matrix b) {
  Matrices parts = factorLu(a);
  const Matrix &lu = parts[0];
  int64_t n = a.rows;
  for (int64_t i = 0; i < n; ++i)
    b.exchangeRows(i, int64_t(parts[1](i, 0)));
  for (int64_t c = 0; c < b.columns; ++c) {
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < i; ++j)
        b(i, c) -= lu(i, j) * b(j, c);
    for (int64_t i = n - 1; i >= 0; --i) {
      for (int64_t j = i + 1; j < n; ++j)
        b(i, c) -= lu(i, j) * b(j, c);
      b(i, c) /= lu(i, i);
    }
  }
  return b;
}

static Expected<Tensors> evaluateLdlSolve(dl::LdlSolveOp op, Operands operands) {
  int64_t n = countRows(operands[0]), columns = countColumns(operands[2]);
  if (llvm::Error error = checkSquare(operands[0]))
    return error;
  if (countRows(operands[2]) != n || operands[1].getShape().back() != n ||
      operands[0].getShape().drop_back(2) != operands[2].getShape().drop_back(2) ||
      operands[0].getShape().drop_back(2) != operands[1].getShape().drop_back())
    return makeError("operands are a {0}, a {1} and a {2}", getTypeName(operands[0]),
                     getTypeName(operands[1]), getTypeName(operands[2]));
  SmallVector<std::vector<int64_t>> allPivots = unstackPivots(operands[1]);
  for (ArrayRef<int64_t> pivots : allPivots)
    for (int64_t k = 0; k < n; ++k) {
      int64_t p = std::abs(pivots[k]);
      if (p < 1 || p > n || (pivots[k] < 0 && (k + 1 == n || pivots[k] != pivots[k + 1])))
        return makeError("pivot {0} can't be of an ldl", pivots[k]);
      k += pivots[k] < 0;
    }
  Matrices right = unstack(operands[2]);
  int64_t at = 0;
  return evaluateEach(op, operands[0], {Shape{n, columns}}, [&](Matrix factors) {
    // L is the product of each block's exchange and columns.
    ArrayRef<int64_t> pivots = allPivots[at];
    Matrix l = Matrix::identity(n), d(n, n);
    for (int64_t k = 0, size; k < n; k += size) {
      size = pivots[k] < 0 ? 2 : 1;
      int64_t last = k + size - 1;
      Matrix step = Matrix::identity(n);
      for (int64_t j = k; j <= last; ++j) {
        for (int64_t i = last + 1; i < n; ++i)
          step(i, j) = factors(i, j);
        for (int64_t i = k; i <= last; ++i)
          d(i, j) = factors(std::max(i, j), std::min(i, j));
      }
      step.exchangeRows(last, std::abs(pivots[k]) - 1);
      l = l * step;
    }
    return Matrices{solveDense(l.transposed(), solveDense(d, solveDense(l, right[at++])))};
  });
}

void reference::addFactorEvaluators(EvaluatorTable &table) {
  table.add<dl::CholeskyOp>(evaluateCholesky);
  table.add<dl::TriangularSolveOp>(evaluateTriangularSolve);
  table.add<dl::LuOp>(evaluateLu);
  table.add<dl::ExchangeRowsOp>(evaluateExchangeRows);
  table.add<dl::HouseholderQrOp>(evaluateHouseholderQr);
  table.add<dl::HouseholderProductOp>(evaluateHouseholderProduct);
  table.add<dl::QrOp>(evaluateQr);
  table.add<dl::EighOp>(evaluateEigh);
  table.add<dl::SvdOp>(evaluateSvd);
  table.add<dl::LdlOp>(evaluateLdl);
  table.add<dl::LdlSolveOp>(evaluateLdlSolve);
}
