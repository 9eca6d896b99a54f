//===- Window.cpp - kernel_shape, strides, pads, … ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Window.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// A list attribute with one entry per spatial dimension, each at least `least`.
static bool readSpatial(NodeImporter &n, StringRef name, int64_t rank, int64_t least,
                        ArrayRef<int64_t> fallback, SmallVectorImpl<int64_t> &values) {
  SmallVector<int64_t> given = n.intsAttr(name, fallback);
  values.assign(given.begin(), given.end());
  if (int64_t(values.size()) != rank) {
    n.emitError() << name << " has " << values.size() << " entries where there are " << rank
                  << " spatial dimensions";
    return false;
  }
  for (int64_t value : values)
    if (value < least) {
      n.emitError() << name << " must be at least " << least << " but has " << value;
      return false;
    }
  return true;
}

/// SAME_UPPER and SAME_LOWER: as much padding as makes the result ⌈size / stride⌉.
static void padToSame(NodeImporter &n, Value input, Window &w, bool upper) {
  bool isStatic = true;
  Sizes low, high;
  for (int64_t d = 0; d < w.rank(); ++d) {
    Size size = n.size(input, d + 2);
    // With stride 1 the total doesn't depend on the size.
    Size total = w.span(d) - 1;
    if (w.strides[d] != 1) {
      Size result = n.ceilDiv(size, w.strides[d]);
      Size needed = n.add(n.mul(n.sub(result, 1), w.strides[d]), w.span(d));
      total = n.max(n.sub(needed, size), 0);
    }
    Size half = n.div(total, 2), rest = n.sub(total, half);
    low.push_back(upper ? half : rest);
    high.push_back(upper ? rest : half);
    isStatic &= low.back().isStatic() && high.back().isStatic();
  }
  if (!isStatic) {
    w.dynamicLow = low;
    w.dynamicHigh = high;
    return;
  }
  for (int64_t d = 0; d < w.rank(); ++d) {
    w.low[d] = low[d].getStatic();
    w.high[d] = high[d].getStatic();
  }
}

std::optional<Window> dlc::onnx::readWindow(NodeImporter &n, Value input,
                                            ArrayRef<int64_t> kernel) {
  if (!input || !n.requireRank(input, 3, INT64_MAX, "X"))
    return std::nullopt;
  Window w;
  int64_t rank = n.rankOf(input) - 2;
  SmallVector<int64_t> ones(rank, 1), pads;
  if (kernel.empty() && !n.hasAttr("kernel_shape")) {
    n.emitError() << "the attribute kernel_shape is missing";
    return std::nullopt;
  }
  if (!readSpatial(n, "kernel_shape", rank, 1, kernel, w.kernel) ||
      !readSpatial(n, "strides", rank, 1, ones, w.strides) ||
      !readSpatial(n, "dilations", rank, 1, ones, w.dilations))
    return std::nullopt;
  if (!kernel.empty() && ArrayRef(w.kernel) != kernel) {
    n.emitError() << "kernel_shape differs from the shape of W";
    return std::nullopt;
  }
  pads = n.intsAttr("pads", SmallVector<int64_t>(2 * rank, 0));
  if (pads.empty())
    pads.assign(2 * rank, 0);
  std::string autoPad = n.stringAttr("auto_pad", "NOTSET");
  if (int64_t(pads.size()) != 2 * rank) {
    n.emitError() << "pads has " << pads.size() << " entries where " << 2 * rank
                  << " are needed";
    return std::nullopt;
  }
  w.low.assign(rank, 0);
  w.high.assign(rank, 0);
  if (autoPad == "NOTSET" || autoPad.empty()) {
    w.low.assign(pads.begin(), pads.begin() + rank);
    w.high.assign(pads.begin() + rank, pads.end());
    for (int64_t pad : pads)
      if (pad < 0) {
        n.emitError() << "pads must not be negative but has " << pad;
        return std::nullopt;
      }
  } else if (autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER") {
    padToSame(n, input, w, autoPad == "SAME_UPPER");
  } else if (autoPad != "VALID") {
    n.emitError() << "auto_pad has the unknown value \"" << autoPad << "\"";
    return std::nullopt;
  }
  return w;
}

Value dlc::onnx::applyDynamicPadding(NodeImporter &n, Value input, const Window &window,
                                     Value padding) {
  if (window.dynamicLow.empty() || !input)
    return input;
  Sizes low{Size(0), Size(0)}, high{Size(0), Size(0)};
  llvm::append_range(low, window.dynamicLow);
  llvm::append_range(high, window.dynamicHigh);
  return n.padConstant(input, low, high, padding);
}
