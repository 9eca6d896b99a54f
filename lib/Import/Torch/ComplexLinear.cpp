//===- ComplexLinear.cpp - ATen's products of complex matrices ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/MatrixProduct.h"
#include "Matrices.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::dot;
using frontend::matmul;
using Multiply = llvm::function_ref<Value(Value, Value)>;

/// A product that is linear in both operands, of complex ones.
static Complex product(NodeImporter &n, const Complex &a, const Complex &b, Multiply multiply) {
  auto times = [&](Expr x, Expr y) { return Expr(n, x && y ? multiply(x, y) : Value()); };
  return {times(a.re, b.re) - times(a.im, b.im).get(),
          times(a.re, b.im) + times(a.im, b.re).get()};
}

static Complex productOf(NodeImporter &n, StringRef lhs, StringRef rhs, Multiply multiply) {
  Type type = n.resultElementType();
  return product(n, n.complexOperand(lhs, type), n.complexOperand(rhs, type), multiply);
}

static LogicalResult importMatmul(NodeImporter &n, StringRef lhs, StringRef rhs) {
  return n.result(productOf(n, lhs, rhs, [&](Value a, Value b) { return matmul(n, a, b); }));
}

/// The first operand is conjugated.
static LogicalResult importVdot(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex a = n.complexOperand("self", type).conj(), b = n.complexOperand("other", type);
  return n.result(product(n, a, b, [&](Value x, Value y) { return matmul(n, x, y); }));
}

static Value outer(NodeImporter &n, Value a, Value b) { return dot(n, a, b, {}, {}, {}, {}); }

static LogicalResult importOuter(NodeImporter &n) {
  return n.result(
      productOf(n, "self", "vec2", [&](Value a, Value b) { return outer(n, a, b); }));
}

/// x · weightᵀ + bias
static LogicalResult importLinear(NodeImporter &n) {
  Complex y = productOf(n, "input", "weight", [&](Value x, Value w) {
    return dot(n, x, w, {}, {}, {n.rankOf(x) - 1}, {n.rankOf(w) - 1});
  });
  if (n.has("bias"))
    y = y + n.complexOperand("bias", n.resultElementType());
  return n.result(y);
}

/// beta · self + alpha · product, where beta 0 ignores self altogether.
static LogicalResult importAddProduct(NodeImporter &n, StringRef lhs, StringRef rhs,
                                      Multiply multiply) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex sum = productOf(n, lhs, rhs, multiply);
  if (n.isComplex("alpha") || n.number("alpha") != 1)
    sum = sum * n.complexOperand("alpha", type);
  Complex self = n.complexOperand("self", type);
  bool isScaled = n.isComplex("beta") || n.number("beta") != 1;
  if (!n.isComplex("beta") && n.number("beta") == 0)
    return n.result(sum);
  return n.result(sum + (isScaled ? self * n.complexOperand("beta", type) : self));
}

static LogicalResult importAddMatmul(NodeImporter &n, StringRef lhs, StringRef rhs) {
  return importAddProduct(n, lhs, rhs, [&](Value a, Value b) { return matmul(n, a, b); });
}

/// By squares: aᵏ = (a²)^⌊k/2⌋, times a where k is odd.
static LogicalResult importMatrixPower(NodeImporter &n) {
  Type type = n.resultElementType();
  int64_t power = n.integer("n");
  Complex a = type ? n.complexOperand("self", type) : Complex{{n, {}}, {n, {}}};
  if (!a || !n.requireRank(a.re, 2, INT64_MAX, "its input"))
    return failure();
  if (power < 0)
    return n.emitError() << "the inverse of a complex matrix isn't supported";
  auto times = [&](const Complex &x, const Complex &y) {
    return product(n, x, y, [&](Value v, Value w) { return matmul(n, v, w); });
  };
  Expr one(n, identityLike(n, a.re, countRows(n, a.re)));
  Complex result{one, one * 0.0};
  for (bool isFirst = true; power && result; power /= 2) {
    if (power % 2)
      result = std::exchange(isFirst, false) ? a : times(result, a);
    a = power > 1 ? times(a, a) : a;
  }
  return n.result(result);
}

void torch::registerComplexLinearOps(OpTable &t) {
  t.addComplex({"aten.linalg_matrix_power.default"}, importMatrixPower);
  t.addComplex({"aten.mm.default", "aten.bmm.default"},
               [](NodeImporter &n) { return importMatmul(n, "self", "mat2"); });
  t.addComplex({"aten.mv.default"}, [](NodeImporter &n) { return importMatmul(n, "self", "vec"); });
  t.addComplex({"aten.dot.default"},
               [](NodeImporter &n) { return importMatmul(n, "self", "tensor"); });
  t.addComplex({"aten.matmul.default"},
               [](NodeImporter &n) { return importMatmul(n, "self", "other"); });
  t.addComplex({"aten.vdot.default"}, importVdot);
  t.addComplex({"aten.outer.default", "aten.ger.default"}, importOuter);
  t.addComplex({"aten.linear.default"}, importLinear);
  t.addComplex({"aten.addmm.default"},
               [](NodeImporter &n) { return importAddMatmul(n, "mat1", "mat2"); });
  t.addComplex({"aten.addmv.default"},
               [](NodeImporter &n) { return importAddMatmul(n, "mat", "vec"); });
  t.addComplex({"aten.baddbmm.default"},
               [](NodeImporter &n) { return importAddMatmul(n, "batch1", "batch2"); });
  t.addComplex({"aten.addbmm.default"}, [](NodeImporter &n) {
    return importAddProduct(n, "batch1", "batch2", [&](Value a, Value b) {
      return dot(n, a, b, {}, {}, {0, 2}, {0, 1});
    });
  });
  t.addComplex({"aten.addr.default"}, [](NodeImporter &n) {
    return importAddProduct(n, "vec1", "vec2", [&](Value a, Value b) { return outer(n, a, b); });
  });
}
