//===- ComplexStructure.cpp - making, moving and adding complex numbers ---===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What moves or adds elements does so part by part: the importer for real numbers,
// run twice. The rest of this file makes complex numbers of real ones, and back.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

static LogicalResult importViewAsReal(NodeImporter &n) {
  return n.result(n.interleaved("self"));
}

static LogicalResult importViewAsComplex(NodeImporter &n) {
  return n.interleavedResult(n.tensor("self"));
}

static LogicalResult importPart(NodeImporter &n, bool isReal) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type);
  return n.result(isReal ? z.re : z.im);
}

static LogicalResult importConj(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result(n.complexOperand("self", type).conj()) : failure();
}

static LogicalResult importComplex(NodeImporter &n) {
  Value real = n.tensor("real"), imaginary = n.tensor("imag");
  if (!real || !imaginary || !n.broadcast(real, imaginary))
    return failure();
  return n.result(Complex{{n, real}, {n, imaginary}});
}

/// abs · (cos angle + i sin angle)
static LogicalResult importPolar(NodeImporter &n) {
  Expr length(n, n.tensor("abs")), angle(n, n.tensor("angle"));
  return n.result(Complex{length * angle.cos().get(), length * angle.sin().get()});
}

//===----------------------------------------------------------------------===//
// Creation, products
//===----------------------------------------------------------------------===//

static LogicalResult fillWithOne(NodeImporter &n, ArrayRef<Size> sizes) {
  n.ignore({"dtype", "self"});
  Type type = n.resultElementType();
  if (!type)
    return failure();
  if (!n.isComplexResult())
    return n.result(n.broadcastInDim(n.scalar(type, 1), sizes, {}));
  return n.result(Complex{{n, n.broadcastInDim(n.scalar(type, 1), sizes, {})},
                          {n, n.broadcastInDim(n.scalar(type, 0), sizes, {})}});
}

static LogicalResult importOnes(NodeImporter &n) { return fillWithOne(n, n.symbolics("size")); }

static LogicalResult importOnesLike(NodeImporter &n) {
  Type type = n.resultElementType();
  Value self = type ? n.complexOperand("self", type).re.get() : Value();
  return self ? fillWithOne(n, n.sizes(self)) : failure();
}

/// The product along an axis whose size is known: halves times each other, so that it
/// takes few steps.
static Complex productAlong(NodeImporter &n, Complex z, int64_t axis) {
  while (z && n.shapeOf(z.re)[axis] > 1) {
    int64_t size = n.shapeOf(z.re)[axis], half = size / 2;
    auto part = [&](int64_t from, int64_t length) {
      return Complex{{n, n.sliceAxis(z.re, axis, from, length)},
                     {n, n.sliceAxis(z.im, axis, from, length)}};
    };
    Complex product = part(0, half) * part(half, half);
    if (size % 2) {
      Complex last = part(size - 1, 1);
      product = {{n, n.concat({product.re, last.re}, axis)},
                 {n, n.concat({product.im, last.im}, axis)}};
    }
    z = product;
  }
  return z;
}

/// The products of the elements up to each: in every step of twice as many.
static LogicalResult importCumprod(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type);
  auto axis = z ? n.axis("dim", n.rankOf(z.re)) : std::nullopt;
  if (!axis)
    return failure();
  if (n.rankOf(z.re) == 0)
    return n.result(z);
  int64_t size = n.shapeOf(z.re)[*axis];
  if (ShapedType::isDynamic(size))
    return n.emitError() << "the product of complex numbers needs a size that is known when "
                            "compiling";
  for (int64_t count = 1; z && count < size; count *= 2) {
    auto part = [&](int64_t from, int64_t length) {
      return Complex{{n, n.sliceAxis(z.re, *axis, from, length)},
                     {n, n.sliceAxis(z.im, *axis, from, length)}};
    };
    Complex first = part(0, count), rest = part(count, size - count) * part(0, size - count);
    z = {{n, n.concat({first.re, rest.re}, *axis)}, {n, n.concat({first.im, rest.im}, *axis)}};
  }
  return n.result(z);
}

static LogicalResult importProd(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type);
  if (!z)
    return failure();
  int64_t rank = n.rankOf(z.re);
  auto axes = n.has("dim") ? n.axes("dim", rank) : std::optional(dimRange(0, rank));
  bool keepDims = n.has("keepdim") && n.boolean("keepdim");
  if (!axes)
    return failure();
  for (int64_t axis : *axes) {
    int64_t size = n.shapeOf(z.re)[axis];
    if (ShapedType::isDynamic(size))
      return n.emitError() << "the product of complex numbers needs a size that is known when "
                              "compiling";
    if (size == 0) {
      Sizes sizes = n.sizes(z.re);
      sizes[axis] = Size(1);
      z = {{n, n.broadcastInDim(n.scalar(type, 1), sizes, {})},
           {n, n.broadcastInDim(n.scalar(type, 0), sizes, {})}};
    }
    z = productAlong(n, z, axis);
    if (!z)
      return failure();
  }
  if (!keepDims)
    z = {z.re.squeeze(*axes), z.im.squeeze(*axes)};
  return n.result(z);
}

static void registerParts(OpTable &t) {
  t.addComplex({"aten.view_as_real.default", "aten.view_as_real_copy.default"}, importViewAsReal);
  t.addComplex({"aten.view_as_complex.default", "aten.view_as_complex_copy.default"},
               importViewAsComplex);
  t.addComplex({"aten.real.default"}, [](NodeImporter &n) { return importPart(n, true); });
  t.addComplex({"aten.imag.default"}, [](NodeImporter &n) { return importPart(n, false); });
  t.addComplex({"aten._conj.default", "aten._conj_physical.default",
                "aten.conj_physical.default", "aten._conj_copy.default"},
               importConj);
  t.addComplex({"aten.complex.default"}, importComplex);
  t.addComplex({"aten.polar.default"}, importPolar);
}

void torch::registerComplexStructureOps(OpTable &t) {
  registerParts(t);
  t.addComplex({"aten.ones.default", "aten.new_ones.default"}, importOnes);
  t.addComplex({"aten.ones_like.default"}, importOnesLike);
  t.addComplex({"aten.prod.default", "aten.prod.dim_int"}, importProd);
  t.addComplex({"aten.cumprod.default"}, importCumprod);
  t.addByParts({"aten.zeros.default", "aten.new_zeros.default", "aten.zeros_like.default",
                "aten.empty.memory_format", "aten.new_empty.default", "aten.empty_like.default"});
  t.addByParts({"aten.full.default", "aten.full_like.default", "aten.new_full.default"},
               {"fill_value"});
  t.addByParts({"aten.scalar_tensor.default"}, {"s"});
  t.addByParts({"aten.clone.default", "aten.alias.default", "aten.detach.default",
                "aten.detach_.default", "aten.detach_copy.default", "aten.alias_copy.default",
                "aten.lift_fresh_copy.default", "aten.lift_fresh.default",
                "aten.contiguous.default", "aten.positive.default", "aten.neg.default",
                "aten._neg_view.default", "aten.resolve_conj.default",
                "aten.resolve_neg.default", "aten.to.device"});
  t.addByParts({"dlc.revise.default"}, {"self", "value"});
  // Rearranged.
  t.addByParts({"aten.view.default", "aten._unsafe_view.default", "aten._reshape_copy.default",
                "aten.view_copy.default", "aten.reshape.default", "aten.view_as.default",
                "aten.reshape_as.default", "aten.expand.default", "aten.expand_copy.default",
                "aten.permute.default", "aten.permute_copy.default", "aten.transpose.int",
                "aten.transpose_copy.int", "aten.t.default", "aten.t_copy.default",
                "aten.numpy_T.default", "aten.mT.default", "aten.channel_shuffle.default",
                "aten.pixel_shuffle.default", "aten.pixel_unshuffle.default",
                "aten.resize.default", "aten.unsqueeze.default",
                "aten.unsqueeze_copy.default", "aten.squeeze.default", "aten.squeeze.dim",
                "aten.squeeze.dims", "aten.squeeze_copy.default", "aten.squeeze_copy.dim",
                "aten.squeeze_copy.dims", "aten.flatten.using_ints", "aten.slice.Tensor",
                "aten.slice_copy.Tensor", "aten.select.int", "aten.select_copy.int",
                "aten.narrow.default", "aten.narrow_copy.default", "aten.split.Tensor",
                "aten.split_copy.Tensor", "aten.split_with_sizes.default",
                "aten.split_with_sizes_copy.default", "aten.split.sizes", "aten.chunk.default",
                "aten.unbind.int", "aten.unbind_copy.int", "aten.flip.default",
                "aten.repeat.default", "aten.roll.default", "aten.unfold.default",
                "aten.unfold_copy.default", "aten.unflatten.int", "aten.movedim.int",
                "aten.movedim.intlist", "aten.repeat_interleave.self_int",
                "aten.as_strided.default",
                "aten.as_strided_copy.default", "aten.diagonal.default",
                "aten.diagonal_copy.default", "aten.tril.default", "aten.triu.default",
                "aten.sym_size.int", "aten.sym_numel.default",
                "aten._assert_tensor_metadata.default"});
  t.addByParts({"aten.cat.default", "aten.stack.default"}, {"tensors"});
  t.addByParts({"aten.constant_pad_nd.default"}, {"value"});
  t.addByParts({"aten.pad.default"}, {"value"});
  t.addByParts({"aten.reflection_pad1d.default",
                "aten.reflection_pad2d.default", "aten.reflection_pad3d.default",
                "aten.replication_pad1d.default", "aten.replication_pad2d.default",
                "aten.replication_pad3d.default"});
  // Picked by index or condition.
  t.addByParts({"aten.gather.default", "aten.index_select.default", "aten.index.Tensor",
                "aten._unsafe_index.Tensor", "aten.masked_select.default",
                "aten.take.default"});
  t.addByParts({"aten.where.self", "aten.where.ScalarSelf", "aten.where.ScalarOther",
                "aten.where.Scalar"},
               {"self", "other"});
  t.addByParts({"aten.masked_fill.Scalar", "aten.masked_fill.Tensor"}, {"self", "value"});
  t.addByParts({"aten.index_put.default", "aten._unsafe_index_put.default"}, {"values"});
  t.addByParts({"aten.scatter.src", "aten.scatter.value", "aten.scatter_add.default",
                "aten.select_scatter.default", "aten.slice_scatter.default",
                "aten.as_strided_scatter.default",
                "aten.diagonal_scatter.default", "aten.masked_scatter.default",
                "aten.index_add.default", "aten.index_copy.default", "aten.index_fill.int_Scalar",
                "aten.index_fill.int_Tensor",
                "aten.put.default", "aten.copy.default"},
               {"src", "value", "source"});
  // Added up.
  t.addByParts({"aten.sum.default", "aten.sum.dim_IntList", "aten.mean.default",
                "aten.mean.dim", "aten.cumsum.default", "aten.trace.default"});
}
