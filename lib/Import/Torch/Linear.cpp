//===- Linear.cpp - ATen's products of matrices ---------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Einsum.h"
#include "../Common/MatrixProduct.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::dot;
using frontend::matmul;

/// mm, bmm, mv, dot and matmul are all numpy.matmul on the ranks they take.
static LogicalResult importMatmul(NodeImporter &n, StringRef lhs, StringRef rhs) {
  return n.result(matmul(n, n.tensor(lhs), n.tensor(rhs)));
}

/// A product of bytes, counted in i32.
static LogicalResult importIntegerMatmul(NodeImporter &n) {
  Type i32 = n.getBuilder().getI32Type();
  return n.result(matmul(n, n.operand("self", i32), n.operand("mat2", i32)));
}

/// x · weightᵀ + bias. Of narrow floats the sum is rounded, not the product; what is added
/// comes first, so that product and sum are one kernel.
static LogicalResult importLinear(NodeImporter &n) {
  Value x = n.tensor("input"), weight = n.tensor("weight"), bias = n.optionalTensor("bias");
  if (!x || !weight)
    return failure();
  Type type = n.elementTypeOf(x), wide = bias ? computationType(type) : type;
  Expr added = Expr(n, bias).to(wide);
  Expr product(n, dot(n, x, weight, {}, {}, {n.rankOf(x) - 1}, {n.rankOf(weight) - 1}, wide));
  return n.result(bias ? (product + added.get()).to(type) : product);
}

/// beta · self + alpha · product, where beta 0 ignores self altogether; rounded once, and
/// added as importLinear does. Booleans are calculated with as numbers.
static LogicalResult addScaled(NodeImporter &n, function_ref<Value(Type)> multiply) {
  Type result = n.resultElementType();
  if (!result)
    return failure();
  Type type = result.isInteger(1) ? Type(n.getBuilder().getI8Type()) : computationType(result);
  Expr self = n.operand("self", type);
  double beta = n.number("beta");
  if (beta != 0 && beta != 1)
    self = self * n.operand("beta", type).get();
  Expr product(n, multiply(type));
  if (n.number("alpha") != 1)
    product = product * n.operand("alpha", type).get();
  return n.result((beta == 0 ? product : self + product.get()).to(result));
}

static LogicalResult importAddProduct(NodeImporter &n, StringRef lhs, StringRef rhs) {
  return addScaled(n, [&](Type type) { return matmul(n, n.tensor(lhs), n.tensor(rhs), type); });
}

/// The sum of all products of a batch.
static LogicalResult importAddbmm(NodeImporter &n) {
  Value a = n.tensor("batch1"), b = n.tensor("batch2");
  return addScaled(n, [&](Type type) { return dot(n, a, b, {}, {}, {0, 2}, {0, 1}, type); });
}

/// All products of two vectors' elements, calculated in a type.
static Expr outer(NodeImporter &n, StringRef first, StringRef second, Type type) {
  Value a = n.operand(first, type), b = n.operand(second, type);
  return {n, dot(n, a, b, {}, {}, {}, {})};
}

static LogicalResult importAddr(NodeImporter &n) {
  return addScaled(n, [&](Type type) { return outer(n, "vec1", "vec2", type); });
}

/// Booleans are calculated with as numbers.
static LogicalResult importOuter(NodeImporter &n) {
  Type result = n.resultElementType();
  if (!result)
    return failure();
  Type type = result.isInteger(1) ? Type(n.getBuilder().getI8Type()) : result;
  Expr products = outer(n, "self", "vec2", type);
  return products ? n.result(products.to(result)) : failure();
}

static LogicalResult importEinsum(NodeImporter &n) {
  n.ignore({"path"}); // how, not what
  std::string equation = n.string("equation");
  SmallVector<Value> tensors = n.tensors("tensors");
  return n.hasFailed() ? failure() : n.result(frontend::einsum(n, equation, tensors));
}

void torch::registerLinearOps(OpTable &t) {
  t.add("aten.einsum.default", importEinsum);
  t.add("aten.mm.default", [](NodeImporter &n) { return importMatmul(n, "self", "mat2"); });
  t.add("aten._int_mm.default", importIntegerMatmul);
  t.add("aten.bmm.default", [](NodeImporter &n) { return importMatmul(n, "self", "mat2"); });
  t.add("aten.mv.default", [](NodeImporter &n) { return importMatmul(n, "self", "vec"); });
  t.add("aten.dot.default", [](NodeImporter &n) { return importMatmul(n, "self", "tensor"); });
  t.add("aten.vdot.default", [](NodeImporter &n) { return importMatmul(n, "self", "other"); });
  t.add("aten.matmul.default", [](NodeImporter &n) { return importMatmul(n, "self", "other"); });
  t.add({"aten.outer.default", "aten.ger.default"}, importOuter);
  t.add("aten.linear.default", importLinear);
  t.add("aten.addmm.default", [](NodeImporter &n) { return importAddProduct(n, "mat1", "mat2"); });
  t.add("aten.addmv.default", [](NodeImporter &n) { return importAddProduct(n, "mat", "vec"); });
  t.add("aten.baddbmm.default",
        [](NodeImporter &n) { return importAddProduct(n, "batch1", "batch2"); });
  t.add("aten.addbmm.default", importAddbmm);
  t.add("aten.addr.default", importAddr);
}
