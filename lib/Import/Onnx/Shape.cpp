//===- Shape.cpp - ONNX ops that change shapes ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using Direction = dl::ComparisonDirection;

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

/// Whether a size can't be negative: it is made of dimensions' sizes.
static bool isNonNegative(Value scalar, unsigned depth = 0) {
  Operation *op = scalar ? scalar.getDefiningOp() : nullptr;
  if (!op || depth > 6)
    return false;
  if (isa<dl::DimSizeOp>(op))
    return true;
  if (auto constant = dyn_cast<dl::ConstantOp>(op)) {
    std::optional<Size> number = peekEntry(scalar, 0);
    return number && number->isStatic() && number->getStatic() >= 0;
  }
  if (isa<dl::AddOp, dl::MulOp, dl::DivOp, dl::MaxOp, dl::MinOp>(op))
    return isNonNegative(op->getOperand(0), depth + 1) &&
           isNonNegative(op->getOperand(1), depth + 1);
  return false;
}

/// The size that is left for a -1: that of `x` over that of the other entries,
/// after equal ones have cancelled.
static Size inferSize(NodeImporter &n, Value x, ArrayRef<Size> others) {
  Sizes above = n.sizes(x), below;
  for (const Size &other : others) {
    auto *same = llvm::find_if(above, [&](const Size &size) { return n.sameSize(size, other); });
    if (same == above.end())
      below.push_back(other);
    else
      above.erase(same);
  }
  Size all = n.product(above), rest = n.product(below);
  if (all.isStatic() && rest.isStatic() &&
      (rest.is(0) ? !all.is(0) : all.getStatic() % rest.getStatic() != 0)) {
    n.emitError() << "an input of type " << n.type(x)
                  << " doesn't divide into the shape that it is given";
    return Size(0);
  }
  return n.div(all, rest);
}

static LogicalResult importReshape(NodeImporter &n) {
  Value x = n.input(0);
  bool allowZero = n.boolAttr("allowzero");
  std::optional<Sizes> shape = n.entries(n.input(1), "the shape");
  if (!shape)
    return failure();
  std::optional<unsigned> inferred;
  Sizes others;
  SmallVector<unsigned> maybeInferred;
  for (auto [i, entry] : llvm::enumerate(*shape)) {
    Size own = static_cast<int64_t>(i) < n.rankOf(x) ? n.size(x, i) : Size(0);
    if (entry.is(0) && !allowZero) {
      if (static_cast<int64_t>(i) >= n.rankOf(x))
        return n.emitError() << "the shape has a 0 at position " << i
                             << ", where the input has no dimension";
      entry = own;
    } else if (entry.is(-1)) {
      if (inferred)
        return n.emitError() << "the shape has more than one -1";
      inferred = i;
      continue;
    } else if (entry.isStatic() && entry.getStatic() < 0) {
      return n.emitError() << "the shape has a negative size, " << entry.getStatic();
    } else if (!entry.isStatic() && !isNonNegative(entry.getTensor())) {
      if (!allowZero)
        entry = n.select(Direction::eq, entry, 0, own, entry);
      maybeInferred.push_back(i);
    }
    others.push_back(entry);
  }
  if (inferred) {
    (*shape)[*inferred] = inferSize(n, x, others);
  } else if (!maybeInferred.empty()) {
    // Any of these may turn out to be -1.
    Sizes known = others;
    for (unsigned i : maybeInferred)
      known[i] = n.select(Direction::eq, known[i], -1, 1, known[i]);
    Size left = n.div(n.product(n.sizes(x)), n.product(known));
    for (unsigned i : maybeInferred)
      (*shape)[i] = n.select(Direction::eq, (*shape)[i], -1, left, (*shape)[i]);
  }
  return n.result(n.hasFailed() ? Value() : n.reshape(x, *shape));
}

static LogicalResult importFlatten(NodeImporter &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x), axis = n.intAttr("axis", 1);
  if (axis < -rank || axis > rank)
    return n.emitError() << "axis " << axis << " is outside the range of rank " << rank;
  axis += axis < 0 ? rank : 0;
  Sizes all = n.sizes(x);
  return n.result(n.reshape(x, {n.product(ArrayRef(all).take_front(axis)),
                                n.product(ArrayRef(all).drop_front(axis))}));
}

//===----------------------------------------------------------------------===//
// Squeeze and Unsqueeze
//===----------------------------------------------------------------------===//

/// The axes where they are known; `value` is the input that has them otherwise.
static std::optional<SmallVector<int64_t>> getAxes(NodeImporter &n, Value &value) {
  if (n.opset() < 13)
    return n.intsAttr("axes");
  value = n.input(1);
  return value ? n.constantInts(value) : SmallVector<int64_t>();
}

/// The sizes whose flag is 0, in order, as `count` sizes.
static Sizes dropFlagged(NodeImporter &n, ArrayRef<Size> sizes, ArrayRef<Size> flags,
                         int64_t count) {
  Sizes result(count, Size(1));
  Size position = 0;
  for (auto [size, flag] : llvm::zip(sizes, flags)) {
    // Out of everyone's way where it is dropped.
    Size here = n.select(Direction::eq, flag, 0, position, -1);
    for (int64_t i = 0; i < count; ++i)
      result[i] = n.select(Direction::eq, here, i, size, result[i]);
    position = n.add(position, n.sub(1, flag));
  }
  return result;
}

static LogicalResult importSqueeze(NodeImporter &n) {
  Value x = n.input(0), axesValue;
  int64_t rank = n.rankOf(x);
  std::optional<SmallVector<int64_t>> axes = getAxes(n, axesValue);
  if (axes && axes->empty() && !axesValue && !n.hasAttr("axes")) {
    // The result has one rank: an open size is taken for another than 1.
    for (int64_t d = 0; d < rank; ++d) {
      if (n.shapeOf(x)[d] == 1)
        axes->push_back(d);
      else
        n.require(Direction::ne, n.size(x, d), 1,
                  "dimension " + Twine(d) +
                      " has size 1 in this run, for which the model isn't compiled: its "
                      "size was open, and Squeeze without axes drops what has size 1. Give it "
                      "when compiling (--shape)");
    }
  }
  if (axes) {
    axes = n.normalizeAxes(*axes, rank);
    return axes ? n.result(n.squeeze(x, *axes)) : failure();
  }
  std::optional<Sizes> flags = n.axisFlags(axesValue, rank);
  if (!flags)
    return failure();
  int64_t count = rank - n.type(axesValue).getNumElements();
  if (count < 0)
    return n.emitError() << "more axes are given than the input has";
  Sizes all = n.sizes(x);
  for (auto [size, flag] : llvm::zip(all, *flags))
    n.require(Direction::eq, n.select(Direction::eq, flag, 1, size, 1), 1,
              "a dimension is squeezed whose size isn't 1");
  return n.result(n.reshape(x, dropFlagged(n, all, *flags, count)));
}

static LogicalResult importUnsqueeze(NodeImporter &n) {
  Value x = n.input(0), axesValue;
  std::optional<SmallVector<int64_t>> axes = getAxes(n, axesValue);
  if (axes) {
    axes = n.normalizeAxes(*axes, n.rankOf(x) + axes->size());
    return axes ? n.result(n.unsqueeze(x, *axes)) : failure();
  }
  if (!n.type(axesValue).hasStaticShape())
    return n.emitError() << "how many axes there are isn't known before the run";
  int64_t rank = n.rankOf(x) + n.type(axesValue).getNumElements();
  std::optional<Sizes> flags = n.axisFlags(axesValue, rank);
  if (!flags)
    return failure();
  Sizes all = n.sizes(x), result;
  Size position = 0;
  for (const Size &flag : *flags) {
    Size size = 1;
    for (auto [i, own] : llvm::enumerate(all))
      size = n.select(Direction::eq, position, static_cast<int64_t>(i), own, size);
    result.push_back(n.select(Direction::eq, flag, 1, 1, size));
    position = n.add(position, n.sub(1, flag));
  }
  return n.result(n.reshape(x, result));
}

//===----------------------------------------------------------------------===//
// Shapes as data
//===----------------------------------------------------------------------===//

static LogicalResult importShape(NodeImporter &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x), start = n.intAttr("start", 0), end = n.intAttr("end", rank);
  auto clampToRank = [&](int64_t position) {
    return std::clamp<int64_t>(position < 0 ? position + rank : position, 0, rank);
  };
  start = clampToRank(start), end = clampToRank(end);
  Sizes some;
  for (int64_t d = start; d < end; ++d)
    some.push_back(n.size(x, d));
  return n.result(n.sizesTensor(some));
}

static LogicalResult importSize(NodeImporter &n) {
  return n.result(n.sizeTensor(n.product(n.sizes(n.input(0)))));
}

//===----------------------------------------------------------------------===//
// Broadcasts
//===----------------------------------------------------------------------===//

static LogicalResult importExpand(NodeImporter &n) {
  Value x = n.input(0);
  std::optional<Sizes> shape = n.entries(n.input(1), "the shape");
  if (!shape)
    return failure();
  int64_t rank = std::max<int64_t>(n.rankOf(x), shape->size());
  Sizes result;
  for (int64_t d = 0; d < rank; ++d) {
    int64_t own = d - (rank - n.rankOf(x)), asked = d - (rank - int64_t(shape->size()));
    Size size = own < 0 ? Size(1) : n.size(x, own);
    Size to = asked < 0 ? Size(1) : (*shape)[asked];
    if (to.isStatic() && to.getStatic() < 0)
      return n.emitError() << "the shape has a negative size, " << to.getStatic();
    if (to.is(1) || n.sameSize(size, to)) {
      result.push_back(size);
    } else if (size.is(1) || to.isStatic()) {
      if (size.isStatic() && !size.is(1))
        return n.emitError() << "dimension " << d << " of size " << size.getStatic()
                             << " can't be expanded to " << to.getStatic();
      result.push_back(to);
    } else if (size.isStatic()) {
      n.require(Direction::eq, n.select(Direction::eq, to, 1, size, to), size,
                "dimension " + Twine(d) + " of size " + Twine(size.getStatic()) +
                    " can't be expanded to the given size");
      result.push_back(size);
    } else {
      result.push_back(n.select(Direction::eq, to, 1, size, to));
    }
  }
  return n.result(n.broadcastTo(x, result));
}

/// Each dimension d repeated r times: [d] as [1, d], broadcast to [r, d], taken
/// as [r · d].
static LogicalResult importTile(NodeImporter &n) {
  Value x = n.input(0);
  std::optional<Sizes> repeats = n.entries(n.input(1), "the list of repeats");
  if (!repeats)
    return failure();
  if (static_cast<int64_t>(repeats->size()) != n.rankOf(x))
    return n.emitError() << "there are " << repeats->size() << " repeats for an input of rank "
                         << n.rankOf(x);
  Sizes between, repeated, result;
  for (auto [d, repeat] : llvm::enumerate(*repeats)) {
    if (repeat.isStatic() && repeat.getStatic() < 0)
      return n.emitError() << "a number of repeats is negative";
    Size size = n.size(x, d);
    if (!repeat.is(1)) {
      between.push_back(1);
      repeated.push_back(repeat);
    }
    between.push_back(size);
    repeated.push_back(size);
    result.push_back(n.mul(size, repeat));
  }
  return n.result(n.reshape(n.broadcastTo(n.reshape(x, between), repeated), result));
}

//===----------------------------------------------------------------------===//
// Order of dimensions
//===----------------------------------------------------------------------===//

static LogicalResult importTranspose(NodeImporter &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  SmallVector<int64_t> reversed = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  SmallVector<int64_t> permutation = n.intsAttr("perm", reversed);
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank)))
    return n.emitError() << "attribute 'perm' isn't a permutation of " << rank << " dimensions";
  return n.result(n.transpose(x, permutation));
}

/// The block size, and checks what DepthToSpace and SpaceToDepth have in common.
static std::optional<int64_t> getBlock(NodeImporter &n, Value x) {
  int64_t block = n.requiredInt("blocksize");
  if (n.hasFailed() || !n.requireRank(x, 4, 4, "its input"))
    return std::nullopt;
  if (block < 1 || block > 1 << 20) {
    n.emitError() << "attribute 'blocksize' must be positive, not " << block;
    return std::nullopt;
  }
  return block;
}

/// A size divided by what must divide it.
static Size divideExactly(NodeImporter &n, Size size, int64_t divisor) {
  Size quotient = n.div(size, divisor);
  n.require(Direction::eq, n.mul(quotient, divisor), size,
            "a dimension isn't a multiple of " + Twine(divisor));
  return quotient;
}

static LogicalResult importDepthToSpace(NodeImporter &n) {
  Value x = n.input(0);
  std::string mode = n.stringAttr("mode", "DCR");
  std::optional<int64_t> block = getBlock(n, x);
  if (!block)
    return failure();
  if (mode != "DCR" && mode != "CRD")
    return n.emitError() << "attribute 'mode' must be DCR or CRD, not '" << mode << "'";
  Size b = *block, batch = n.size(x, 0), height = n.size(x, 2), width = n.size(x, 3);
  Size depth = divideExactly(n, n.size(x, 1), *block * *block);
  if (n.hasFailed())
    return failure();
  bool isDcr = mode == "DCR";
  Sizes apart = isDcr ? Sizes{batch, b, b, depth, height, width}
                      : Sizes{batch, depth, b, b, height, width};
  x = n.transpose(n.reshape(x, apart), isDcr ? ArrayRef<int64_t>{0, 3, 4, 1, 5, 2}
                                             : ArrayRef<int64_t>{0, 1, 4, 2, 5, 3});
  return n.result(n.reshape(x, {batch, depth, n.mul(height, b), n.mul(width, b)}));
}

static LogicalResult importSpaceToDepth(NodeImporter &n) {
  Value x = n.input(0);
  std::string mode = n.opset() < 27 ? "DCR" : n.stringAttr("mode", "DCR");
  std::optional<int64_t> block = getBlock(n, x);
  if (!block)
    return failure();
  if (mode != "DCR" && mode != "CRD")
    return n.emitError() << "attribute 'mode' must be DCR or CRD, not '" << mode << "'";
  Size b = *block, batch = n.size(x, 0), depth = n.size(x, 1);
  Size height = divideExactly(n, n.size(x, 2), *block);
  Size width = divideExactly(n, n.size(x, 3), *block);
  if (n.hasFailed())
    return failure();
  x = n.reshape(x, {batch, depth, height, b, width, b});
  x = n.transpose(x, mode == "DCR" ? ArrayRef<int64_t>{0, 3, 5, 1, 2, 4}
                                   : ArrayRef<int64_t>{0, 1, 3, 5, 2, 4});
  return n.result(n.reshape(x, {batch, n.mul(depth, *block * *block), height, width}));
}

void dlc::onnx::registerShapeOps(OpTable &t) {
  t.add("DepthToSpace", 1, 1, importDepthToSpace);
  t.add("Expand", 8, 2, importExpand);
  t.add("Flatten", 1, 1, importFlatten);
  t.add("Reshape", 5, 2, importReshape);
  t.add("Shape", 1, 1, importShape);
  t.add("Size", 1, 1, importSize);
  t.add("SpaceToDepth", 1, 1, importSpaceToDepth);
  t.add("Squeeze", 1, {1, 2}, importSqueeze);
  t.add("Tile", 6, 2, importTile);
  t.add("Transpose", 1, 1, importTranspose);
  t.add("Unsqueeze", 1, {1, 2}, importUnsqueeze);
}
