//===- Fft.cpp - ATen's Fourier transforms --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All of torch.fft, stft and istft come down to three ops on complex numbers, which
// PyTorch's decompositions shift, pad and cut.
//
//===----------------------------------------------------------------------===//

#include "../Common/Fourier.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::Transform;
using frontend::transform;

/// The result times what PyTorch's `normalization` asks for: 1, 1/√N or 1/N, N being
/// the product of the sizes transformed; and times the N by which an inverse dl.fft
/// has divided already.
static Value normalize(NodeImporter &n, Value x, Size count, bool isInverse) {
  int64_t mode = n.integer("normalization");
  if (!x || n.hasFailed())
    return {};
  if (mode < 0 || mode > 2) {
    n.emitError() << "its normalization is " << mode;
    return {};
  }
  Expr size = sizeAs(n, count, n.elementTypeOf(x)), y(n, x);
  if (mode == 1)
    return isInverse ? y * size.sqrt().get() : y / size.sqrt().get();
  if (isInverse)
    return mode == 2 ? y : y * size.get();
  return mode == 2 ? y / size.get() : y;
}

/// The dimensions that are transformed; null after reporting an error.
static std::optional<SmallVector<int64_t>> transformedAxes(NodeImporter &n, Value x,
                                                           int64_t rank) {
  if (!x)
    return std::nullopt;
  return n.normalizeAxes(n.integers("dim"), rank, "dim");
}

/// All but the last of the axes.
static Value transformOthers(NodeImporter &n, Value x, ArrayRef<int64_t> axes, bool isInverse) {
  for (int64_t axis : axes.drop_back())
    x = x ? transform(n, x, {isInverse, /*onesided=*/false, axis, n.size(x, axis)}) : x;
  return x;
}

static Size sizeOfAll(NodeImporter &n, Value x, ArrayRef<int64_t> axes) {
  Size count = 1;
  for (int64_t axis : axes)
    count = n.mul(count, n.size(x, axis));
  return count;
}

static LogicalResult importComplexToComplex(NodeImporter &n) {
  Value x = n.interleaved("self");
  bool isInverse = !n.boolean("forward");
  auto axes = transformedAxes(n, x, x ? n.rankOf(x) - 1 : 0);
  if (!axes)
    return failure();
  if (axes->empty())
    return n.interleavedResult(x);
  Size count = sizeOfAll(n, x, *axes);
  x = transformOthers(n, x, *axes, isInverse);
  if (!x)
    return failure();
  int64_t last = axes->back();
  x = transform(n, x, {isInverse, /*onesided=*/false, last, n.size(x, last)});
  return n.interleavedResult(normalize(n, x, count, isInverse));
}

/// The last axis first, of which the half is enough.
static LogicalResult importRealToComplex(NodeImporter &n) {
  Value x = n.tensor("self");
  bool onesided = n.boolean("onesided");
  auto axes = transformedAxes(n, x, x ? n.rankOf(x) : 0);
  if (!axes)
    return failure();
  if (axes->empty())
    return n.emitError() << "it transforms no dimension";
  Size count = sizeOfAll(n, x, *axes);
  int64_t last = axes->back();
  Value y = transform(n, n.unsqueeze(x, {n.rankOf(x)}),
                      {/*inverse=*/false, onesided, last, n.size(x, last)});
  y = transformOthers(n, y, *axes, /*isInverse=*/false);
  return n.interleavedResult(normalize(n, y, count, /*isInverse=*/false));
}

static LogicalResult importComplexToReal(NodeImporter &n) {
  Value x = n.interleaved("self");
  Size length = n.symbolic("last_dim_size");
  auto axes = transformedAxes(n, x, x ? n.rankOf(x) - 1 : 0);
  if (!axes || n.hasFailed())
    return failure();
  if (axes->empty())
    return n.emitError() << "it transforms no dimension";
  int64_t last = axes->back();
  Size count = n.mul(sizeOfAll(n, x, ArrayRef(*axes).drop_back()), length);
  x = transformOthers(n, x, *axes, /*isInverse=*/true);
  if (!x)
    return failure();
  Value y = transform(n, x, {/*inverse=*/true, /*onesided=*/true, last, length});
  y = y ? n.squeeze(y, {n.rankOf(y) - 1}) : y;
  return n.result(normalize(n, y, count, /*isInverse=*/true));
}

void torch::registerFftOps(OpTable &t) {
  t.addComplex({"aten._fft_c2c.default"}, importComplexToComplex);
  t.addComplex({"aten._fft_r2c.default"}, importRealToComplex);
  t.addComplex({"aten._fft_c2r.default"}, importComplexToReal);
}
