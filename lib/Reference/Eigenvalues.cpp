//===- Eigenvalues.cpp - the meaning of eig -------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The QR algorithm in its explicit form, which finds eigenvalues in the same order as
// the implicit one: with a shift σ, H − σ = Q·R gives R·Q + σ = Qᴴ·H·Q. A real matrix is
// shifted by two at once, so that it stays real.
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"
#include <complex>

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

using Number = std::complex<double>;

static constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

namespace {
struct ComplexMatrix {
  explicit ComplexMatrix(int64_t size) : size(size), elements(size * size) {}
  static ComplexMatrix identity(int64_t size) {
    ComplexMatrix result(size);
    for (int64_t i = 0; i < size; ++i)
      result(i, i) = 1;
    return result;
  }

  Number &operator()(int64_t i, int64_t j) { return elements[i * size + j]; }
  Number operator()(int64_t i, int64_t j) const { return elements[i * size + j]; }
  ComplexMatrix operator*(const ComplexMatrix &other) const {
    ComplexMatrix result(size);
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j)
        for (int64_t k = 0; k < size; ++k)
          result(i, j) += (*this)(i, k) * other(k, j);
    return result;
  }
  ComplexMatrix adjoint() const {
    ComplexMatrix result(size);
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j)
        result(j, i) = std::conj((*this)(i, j));
    return result;
  }
  ComplexMatrix minus(Number shift) const {
    ComplexMatrix result = *this;
    for (int64_t i = 0; i < size; ++i)
      result(i, i) -= shift;
    return result;
  }

  int64_t size;
  std::vector<Number> elements;
};

/// A = Z·H·Z⁻¹. The rows [low, high] of H aren't triangular yet.
struct Schur {
  explicit Schur(ComplexMatrix a)
      : h(std::move(a)), z(ComplexMatrix::identity(h.size)), high(h.size - 1) {
    isReal = llvm::all_of(h.elements, [](Number x) { return x.imag() == 0; });
  }

  void transform(const ComplexMatrix &q) {
    h = q.adjoint() * h * q;
    z = z * q;
  }
  void exchange(int64_t i, int64_t j) {
    ComplexMatrix q = ComplexMatrix::identity(h.size);
    std::swap(q.elements[i * h.size + i], q.elements[i * h.size + j]);
    std::swap(q.elements[j * h.size + j], q.elements[j * h.size + i]);
    transform(q);
  }
  bool isPair(int64_t i) const { return i >= 0 && i + 1 < h.size && h(i + 1, i) != 0.0; }

  ComplexMatrix h, z;
  int64_t low = 0, high;
  bool isReal;
};
} // namespace

/// The unitary matrix whose adjoint makes 0 of column `j` of `m` below row `i`, up to
/// row `last`.
static ComplexMatrix makeReflection(const ComplexMatrix &m, int64_t j, int64_t i, int64_t last) {
  ComplexMatrix q = ComplexMatrix::identity(m.size);
  std::vector<Number> v(m.size);
  double square = 0, below = 0;
  for (int64_t k = i; k <= last; ++k) {
    v[k] = m(k, j);
    square += std::norm(v[k]);
    below += k > i ? std::norm(v[k]) : 0;
  }
  if (below == 0)
    return q;
  // x + |x|·e/|x₀|: x's first element grows.
  v[i] += (v[i] == 0.0 ? 1.0 : v[i] / std::abs(v[i])) * std::sqrt(square);
  double length = below + std::norm(v[i]);
  for (int64_t r = i; r <= last; ++r)
    for (int64_t c = i; c <= last; ++c)
      q(r, c) -= 2 / length * v[r] * std::conj(v[c]);
  return q;
}

/// Rows that are 0 but on the diagonal go to the end, such columns to the front.
static void isolate(Schur &s) {
  auto isAlone = [&](int64_t i, bool isRow) {
    for (int64_t j = s.low; j <= s.high; ++j)
      if (i != j && (isRow ? s.h(i, j) : s.h(j, i)) != 0.0)
        return false;
    return true;
  };
  for (bool again = true; again;) {
    again = false;
    for (int64_t i = s.high; i >= 0; --i)
      if (i <= s.high && isAlone(i, /*isRow=*/true)) {
        s.exchange(i, s.high--);
        again = true;
      }
  }
  for (bool again = true; again;) {
    again = false;
    for (int64_t j = s.low; j <= s.high; ++j)
      if (isAlone(j, /*isRow=*/false)) {
        s.exchange(j, s.low++);
        again = true;
      }
  }
}

/// The eigenvalues of rows k and k + 1, the second one the closer to the last element or
/// with a negative imaginary part.
static std::pair<Number, Number> getPair(const Schur &s, int64_t k) {
  Number a = s.h(k, k), d = s.h(k + 1, k + 1), half = (a - d) / 2.0;
  Number product = s.h(k, k + 1) * s.h(k + 1, k), root = std::sqrt(half * half + product);
  if (s.isReal && root.imag() != 0) {
    Number middle = (a + d) / 2.0, above(0, std::abs(root.imag()));
    return {middle + above, middle - above};
  }
  if ((std::conj(half) * root).real() < 0)
    root = -root;
  Number sum = half + root;
  return sum == 0.0 ? std::pair{a, d} : std::pair{d + sum, d - product / sum};
}

/// A QR step on the rows [first, last].
static void stepQr(Schur &s, int64_t first, int64_t last) {
  auto [other, shift] = getPair(s, last - 1);
  ComplexMatrix m = s.h.minus(shift);
  if (s.isReal)
    m = s.h.minus(shift.imag() == 0 ? shift : other) * m;
  for (int64_t i = 0; s.isReal && i < m.size * m.size; ++i)
    m.elements[i] = m.elements[i].real();
  // What is outside of the block stays.
  ComplexMatrix block = m, q = ComplexMatrix::identity(m.size);
  for (int64_t j = first; j < last; ++j) {
    ComplexMatrix reflection = makeReflection(block, j, j, last);
    block = reflection.adjoint() * block;
    q = q * reflection;
  }
  s.transform(q);
  for (int64_t j = first; j <= last; ++j)
    for (int64_t i = j + 2; i <= last; ++i)
      s.h(i, j) = 0;
}

/// Makes rows k and k + 1 of a real matrix triangular, if their eigenvalues are real.
static void splitPair(Schur &s, int64_t k) {
  auto [first, second] = getPair(s, k);
  if (s.h(k + 1, k) == 0.0 || first.imag() != 0)
    return;
  ComplexMatrix eigenvector(s.h.size);
  eigenvector(k, k) = s.h(k, k + 1) == 0.0 ? 0.0 : first - s.h(k + 1, k + 1);
  eigenvector(k + 1, k) = s.h(k + 1, k);
  s.transform(makeReflection(eigenvector, k, k, k + 1));
  s.h(k + 1, k) = 0;
}

static void makeTriangular(Schur &s) {
  isolate(s);
  for (int64_t k = s.low; k + 1 < s.high; ++k) {
    s.transform(makeReflection(s.h, k, k + 1, s.high));
    for (int64_t i = k + 2; i <= s.high; ++i)
      s.h(i, k) = 0;
  }
  for (int64_t last = s.high, steps = 0; last >= s.low && steps < 1000 * s.h.size; ++steps) {
    int64_t first = last;
    for (; first > s.low; --first)
      if (std::abs(s.h(first, first - 1)) <=
          kEpsilon * (std::abs(s.h(first, first)) + std::abs(s.h(first - 1, first - 1)))) {
        s.h(first, first - 1) = 0;
        break;
      }
    if (last - first > s.isReal) {
      stepQr(s, first, last);
      continue;
    }
    if (first < last)
      splitPair(s, first);
    last = first - 1;
  }
}

/// The eigenvector of eigenvalue j: x with H·x = value·x from below, then Z·x.
static std::vector<Number> getVector(const Schur &s, int64_t j, Number value) {
  int64_t n = s.h.size, top = s.isPair(j) ? j + 1 : j;
  std::vector<Number> x(n), v(n);
  x[j] = top > j ? s.h(j, top) : 1.0;
  if (top > j)
    x[top] = value - s.h(j, j);
  double least = std::max(kEpsilon * std::abs(value), 1e-290);
  for (int64_t i = j - 1; i >= 0; --i) {
    auto sumOf = [&](int64_t row) {
      Number sum = 0;
      for (int64_t k = i + 1; k <= top; ++k)
        sum -= s.h(row, k) * x[k];
      return sum;
    };
    Number d = s.h(i, i) - value, sum = sumOf(i);
    if (!s.isPair(i - 1)) {
      x[i] = sum / (std::abs(d) < least ? least : d);
      continue;
    }
    Number a = s.h(i - 1, i - 1) - value, b = s.h(i - 1, i), c = s.h(i, i - 1);
    Number determinant = a * d - b * c, above = sumOf(i - 1);
    if (std::abs(determinant) < least)
      determinant = least;
    x[i] = (a * sum - c * above) / determinant;
    x[i - 1] = (d * above - b * sum) / determinant;
    --i;
  }
  double largest = 0, square = 0;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t k = 0; k <= top; ++k)
      v[i] += s.z(i, k) * x[k];
    largest = std::max(largest, std::abs(v[i]));
  }
  for (Number &element : v)
    square += std::norm(element /= largest);
  Number first = *llvm::find_if(v, [](Number x) { return std::abs(x) > 1 - 1e-9; });
  for (Number &element : v)
    element *= std::conj(first) / std::abs(first) / std::sqrt(square);
  return v;
}

static Expected<Tensors> evaluateEig(dl::EigOp op, Operands operands) {
  const Tensor &input = operands[0];
  ArrayRef<int64_t> shape = input.getShape();
  int64_t rank = shape.size(), n = shape[rank - 2];
  if (shape[rank - 3] != n || shape.back() != 2)
    return makeError("the operand is a {0}, not a square matrix of complex numbers",
                     getTypeName(input));
  std::vector<double> elements = input.getFloats(), values, vectors;
  for (int64_t base = 0; base < int64_t(elements.size()); base += n * n * 2) {
    ComplexMatrix a(n);
    bool isFinite = true;
    for (int64_t i = 0; i < n * n; ++i) {
      a.elements[i] = {elements[base + 2 * i], elements[base + 2 * i + 1]};
      isFinite &= std::isfinite(a.elements[i].real()) && std::isfinite(a.elements[i].imag());
    }
    if (!isFinite) {
      values.resize(values.size() + 2 * n, std::numeric_limits<double>::quiet_NaN());
      vectors.resize(vectors.size() + 2 * n * n, std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    Schur s(std::move(a));
    makeTriangular(s);
    ComplexMatrix columns(n);
    for (int64_t j = 0; j < n; ++j) {
      bool isSecond = s.isPair(j - 1);
      Number value = s.h(j, j);
      if (isSecond || s.isPair(j)) {
        auto [first, second] = getPair(s, isSecond ? j - 1 : j);
        value = isSecond ? second : first;
      }
      values.insert(values.end(), {value.real(), value.imag()});
      std::vector<Number> vector(n);
      if (!isSecond)
        vector = getVector(s, j, value);
      for (int64_t i = 0; i < n; ++i)
        columns(i, j) = isSecond ? std::conj(columns(i, j - 1)) : vector[i];
    }
    for (Number element : columns.elements)
      vectors.insert(vectors.end(), {element.real(), element.imag()});
  }
  Shape valueShape(shape.drop_back(2));
  valueShape.push_back(2);
  Tensors results;
  results.push_back(Tensor::fromFloats(input.getType(), valueShape, values));
  results.push_back(Tensor::fromFloats(input.getType(), shape, vectors));
  return results;
}

void reference::addEigenvalueEvaluators(EvaluatorTable &table) {
  table.add<dl::EigOp>(evaluateEig);
}
