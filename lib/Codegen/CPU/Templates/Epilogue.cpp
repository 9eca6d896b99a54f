//===- Epilogue.cpp - what follows a contraction in its kernel ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"

#include "dl/IR/Dl.h"
#include "dlc/Conversion/DlToLinalg.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

//===----------------------------------------------------------------------===//
// The kernel's signature
//===----------------------------------------------------------------------===//

static MemRefType toMemRef(Type type) {
  auto tensor = llvm::cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), getStorageType(tensor.getElementType()));
}

static DenseElementsAttr getSplat(Operation *op) {
  auto constant = llvm::dyn_cast<dl::ConstantOp>(op);
  auto value = constant ? llvm::dyn_cast<DenseElementsAttr>(constant.getValue())
                        : DenseElementsAttr();
  return value && value.isSplat() ? value : DenseElementsAttr();
}

/// A constant of several values as read-only data of the module.
static Value placeConstant(ImplicitLocOpBuilder &b, func::FuncOp kernel,
                           dl::ConstantOp constant) {
  auto module = kernel->getParentOfType<ModuleOp>();
  MemRefType type = toMemRef(constant.getType());
  std::string name = (kernel.getName() + "_constant").str();
  OpBuilder moduleBuilder(kernel);
  auto global = memref::GlobalOp::create(
      moduleBuilder, constant.getLoc(), name, moduleBuilder.getStringAttr("private"), type,
      llvm::cast<DenseElementsAttr>(constant.getValue()), /*constant=*/true,
      moduleBuilder.getI64IntegerAttr(64));
  SymbolTable(module).insert(global);
  return memref::GetGlobalOp::create(b, type, global.getSymName());
}

KernelBuffers::KernelBuffers(func::FuncOp kernel, ImplicitLocOpBuilder &b)
    : oldBlock(&kernel.front()) {
  SmallVector<Type> types;
  for (Type type : kernel.getArgumentTypes())
    types.push_back(toMemRef(type));
  for (Type type : kernel.getResultTypes())
    types.push_back(toMemRef(type));
  kernel.setType(b.getFunctionType(types, {}));
  kernel.setAllArgAttrs(ArrayRef<Attribute>(
      SmallVector<Attribute>(types.size(), b.getDictionaryAttr({}))));
  SmallVector<Location> locations(types.size(), kernel.getLoc());
  Block *block = b.createBlock(&kernel.getBody(), kernel.getBody().begin(), types, locations);
  for (auto [old, now] : llvm::zip(oldBlock->getArguments(), block->getArguments()))
    inputs[old] = now;
  for (Value output : block->getArguments().drop_front(oldBlock->getNumArguments()))
    results.push_back(output);
  for (auto constant : oldBlock->getOps<dl::ConstantOp>())
    if (!getSplat(constant) || llvm::any_of(constant->getUsers(), llvm::IsaPred<dl::ConvOp>))
      inputs[constant.getOutput()] = placeConstant(b, kernel, constant);
}

void KernelBuffers::flattenRows(ImplicitLocOpBuilder &b, RankedTensorType rootType) {
  int64_t rank = rootType.getRank();
  auto flattened = [&](Value buffer) -> Value {
    if (rank == 1) // A row of its own.
      return memref::ExpandShapeOp::create(
          b, SmallVector<int64_t>{1, rootType.getDimSize(0)}, buffer,
          SmallVector<ReassociationIndices>{{0, 1}});
    if (rank == 2)
      return buffer;
    SmallVector<ReassociationIndices> groups(2);
    groups[0] = llvm::to_vector(llvm::seq<int64_t>(0, rank - 1));
    groups[1] = {rank - 1};
    return memref::CollapseShapeOp::create(b, buffer, groups);
  };
  for (auto &[argument, buffer] : inputs)
    if (llvm::cast<RankedTensorType>(argument.getType()).getShape() == rootType.getShape())
      buffer = flattened(buffer);
  for (Value &buffer : results)
    buffer = flattened(buffer);
}

void KernelBuffers::finish(ImplicitLocOpBuilder &b) {
  func::ReturnOp::create(b);
  oldBlock->dropAllReferences();
  oldBlock->erase();
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

static bool isF32(Value value) { return getElementTypeOrSelf(value.getType()).isF32(); }

/// Ops that `emitVectorOp` knows.
static bool isPlainArithmetic(Operation *op) {
  // The shape that a broadcast may have as an operand is not evaluated.
  if (auto broadcast = llvm::dyn_cast<dl::BroadcastInDimOp>(op))
    return isF32(broadcast.getInput());
  return llvm::isa<dl::AddOp, dl::SubOp, dl::MulOp, dl::DivOp, dl::MaxOp, dl::MinOp,
                   dl::ReluOp, dl::NegOp, dl::AbsOp, dl::ClampOp, dl::SplatOp,
                   dl::ConstantOp>(op) &&
         llvm::all_of(op->getOperands(), isF32) && llvm::all_of(op->getResults(), isF32);
}

/// Whether a broadcast maps its operand's dimensions to result dimensions in
/// order: all that pointwise evaluation needs. Size-1 dimensions that may be
/// dynamic are decided at run time.
/// Whether a constant's elements can be placed in memory as they are.
static bool isReadable(Operation *constant) {
  Type element = getElementTypeOrSelf(constant->getResult(0).getType());
  return getSplat(constant) ||
         (element == getStorageType(element) && element.isIntOrFloat() &&
          llvm::isa<DenseElementsAttr>(llvm::cast<dl::ConstantOp>(constant).getValue()));
}

static bool isPointwise(Operation *op) {
  if (llvm::isa<dl::BroadcastInDimOp, dl::SplatOp, dl::ConstantOp>(op))
    return true;
  return op->hasTrait<OpTrait::Elementwise>() ||
         llvm::isa<dl::ConvertOp, dl::ClampOp>(op);
}

/// Whether an op of the epilogue works on flattened rows: its operands have the
/// root's shape, or vary along the columns only.
static bool worksOnFlatRows(Operation *op, RankedTensorType rootType) {
  if (auto broadcast = llvm::dyn_cast<dl::BroadcastInDimOp>(op))
    return llvm::all_of(broadcast.getBroadcastDimensions(), [&](int64_t dim) {
      return dim == rootType.getRank() - 1;
    });
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    auto type = llvm::cast<RankedTensorType>(operand.getType());
    return type.getRank() == 0 || type.getShape() == rootType.getShape();
  });
}

FailureOr<Epilogue> Epilogue::match(func::FuncOp kernel, Operation *root,
                                    const llvm::SmallPtrSetImpl<Operation *> &operandOps) {
  Epilogue epilogue;
  epilogue.root = root;
  epilogue.vectorizable = isF32(root->getResult(0));
  auto rootType = llvm::cast<RankedTensorType>(root->getResult(0).getType());
  epilogue.flatRows = true;
  Block &body = kernel.front();
  for (Operation &op : body.without_terminator()) {
    if (&op == root || operandOps.contains(&op))
      continue;
    if (!isPointwise(&op) || (llvm::isa<dl::ConstantOp>(op) && !isReadable(&op)))
      return failure();
    epilogue.vectorizable &= isPlainArithmetic(&op);
    epilogue.flatRows &= worksOnFlatRows(&op, rootType);
  }
  for (Value result : body.getTerminator()->getOperands()) {
    auto type = llvm::cast<RankedTensorType>(result.getType());
    // Every result has the root's indices.
    if (type.getRank() != rootType.getRank() ||
        failed(verifyCompatibleShape(type, rootType)))
      return failure();
    epilogue.flatRows &= type.getShape() == rootType.getShape();
    if (!result.getDefiningOp() || operandOps.contains(result.getDefiningOp()))
      return failure();
  }
  return epilogue;
}

//===----------------------------------------------------------------------===//
// Evaluation at one point, or at a vector of points along the columns
//===----------------------------------------------------------------------===//

namespace {
/// A value of the epilogue at given indices: `column` is the index that runs
/// along the vector; `lanes` 0 means scalars.
struct Point {
  const KernelBuffers &buffers;
  Operation *root;
  Value rootValue;
  Value column;
  Value mask;
  int64_t lanes = 0;
  llvm::DenseMap<Value, Value> known; ///< values at the root's own indices
  /// Of an index that is the column, or 0 where the operand repeats: whether it does.
  llvm::DenseMap<Value, Value> repeats;
};
} // namespace

static Value evaluate(ImplicitLocOpBuilder &b, Point &point, Value value,
                      ArrayRef<Value> indices, bool ownIndices);

static Value toVector(ImplicitLocOpBuilder &b, const Point &point, Value scalar) {
  if (!point.lanes || llvm::isa<VectorType>(scalar.getType()))
    return scalar;
  return vector::BroadcastOp::create(
      b, VectorType::get({point.lanes}, scalar.getType()), scalar);
}

static Value loadInput(ImplicitLocOpBuilder &b, const Point &point, Value argument,
                       ArrayRef<Value> indices) {
  Value buffer = point.buffers.input(argument);
  bool alongColumns = llvm::is_contained(indices, point.column);
  const auto *repeated =
      llvm::find_if(indices, [&](Value index) { return point.repeats.contains(index); });
  bool mayRepeat = point.lanes && repeated != indices.end();
  if (!point.lanes || (!alongColumns && !mayRepeat))
    return toVector(b, point, memref::LoadOp::create(b, buffer, indices));
  auto type = VectorType::get({point.lanes},
                              llvm::cast<MemRefType>(buffer.getType()).getElementType());
  if (!point.mask && !mayRepeat)
    return vector::LoadOp::create(b, type, buffer, indices);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  if (!mayRepeat)
    return vector::MaskedLoadOp::create(b, type, buffer, indices, point.mask, zero);
  Value repeats = point.repeats.lookup(*repeated);
  Value once = toVector(b, point, memref::LoadOp::create(b, buffer, indices));
  SmallVector<Value> along(indices);
  along[repeated - indices.begin()] = point.column;
  Value differs = arith::XOrIOp::create(b, repeats, arith::ConstantIntOp::create(b, 1, 1));
  Value mask = toVector(b, point, differs);
  if (point.mask)
    mask = arith::AndIOp::create(b, mask, point.mask);
  Value each = vector::MaskedLoadOp::create(b, type, buffer, along, mask, zero);
  return arith::SelectOp::create(b, repeats, once, each);
}

/// Plain arithmetic on vectors (or scalars) of f32.
static Value emitVectorOp(ImplicitLocOpBuilder &b, Operation *op, ArrayRef<Value> x) {
  auto zero = [&] { return arith::ConstantOp::create(b, b.getZeroAttr(x[0].getType())); };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](dl::AddOp) { return arith::AddFOp::create(b, x[0], x[1]); })
      .Case([&](dl::SubOp) { return arith::SubFOp::create(b, x[0], x[1]); })
      .Case([&](dl::MulOp) { return arith::MulFOp::create(b, x[0], x[1]); })
      .Case([&](dl::DivOp) { return arith::DivFOp::create(b, x[0], x[1]); })
      .Case([&](dl::MaxOp) { return arith::MaximumFOp::create(b, x[0], x[1]); })
      .Case([&](dl::MinOp) { return arith::MinimumFOp::create(b, x[0], x[1]); })
      .Case([&](dl::ReluOp) {
        // NaN compares false with 0 and so stays.
        Value negative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x[0], zero());
        return arith::SelectOp::create(b, negative, zero(), x[0]);
      })
      .Case([&](dl::NegOp) { return arith::NegFOp::create(b, x[0]); })
      .Case([&](dl::AbsOp) { return math::AbsFOp::create(b, x[0]); })
      .Case([&](dl::ClampOp) {
        Value low = arith::MaximumFOp::create(b, x[1], x[0]);
        return arith::MinimumFOp::create(b, low, x[2]);
      })
      .Default([](Operation *) { return Value(); });
}

/// The operand's indices under a broadcast; a `?` that is 1 at run time repeats.
static SmallVector<Value> broadcastIndices(ImplicitLocOpBuilder &b, Point &point,
                                           dl::BroadcastInDimOp op, ArrayRef<Value> indices) {
  auto from = llvm::cast<RankedTensorType>(op.getInput().getType());
  auto to = llvm::cast<RankedTensorType>(op.getOutput().getType());
  Value zero = arith::ConstantIndexOp::create(b, 0);
  auto orRepeated = [&](Value index, int64_t dim) -> Value {
    if (!from.isDynamicDim(dim) || !llvm::isa<BlockArgument>(op.getInput()))
      return index;
    Value size = memref::DimOp::create(b, point.buffers.input(op.getInput()), dim);
    Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, size,
                                        arith::ConstantIndexOp::create(b, 1));
    Value chosen = arith::SelectOp::create(b, isOne, zero, index);
    if (index == point.column)
      point.repeats[chosen] = isOne;
    return chosen;
  };
  SmallVector<Value> result;
  for (auto [dim, target] : llvm::enumerate(op.getBroadcastDimensions())) {
    if (from.getDimSize(dim) == 1)
      result.push_back(zero);
    else if (target + 1 == to.getRank()) // Last also where rows are flattened.
      result.push_back(orRepeated(indices.back(), dim));
    else
      result.push_back(orRepeated(indices[target], dim));
  }
  return result;
}

/// The one value of a constant, in storage type.
static Value emitSplat(ImplicitLocOpBuilder &b, DenseElementsAttr splat) {
  Type element = splat.getElementType(), storage = getStorageType(element);
  if (llvm::isa<FloatType>(element)) {
    auto value = splat.getSplatValue<llvm::APFloat>();
    if (llvm::isa<FloatType>(storage))
      return arith::ConstantOp::create(b, b.getFloatAttr(storage, value));
    llvm::APInt bits = value.bitcastToAPInt().zext(storage.getIntOrFloatBitWidth());
    return arith::ConstantOp::create(b, b.getIntegerAttr(storage, bits));
  }
  auto value = splat.getSplatValue<llvm::APInt>();
  unsigned width = storage.isIndex() ? 64 : storage.getIntOrFloatBitWidth();
  bool isSigned = !element.isUnsignedInteger() && !element.isInteger(1);
  value = isSigned ? value.sextOrTrunc(width) : value.zextOrTrunc(width);
  return arith::ConstantOp::create(b, b.getIntegerAttr(storage, value));
}

static Value evaluateOp(ImplicitLocOpBuilder &b, Point &point, Operation *op,
                        ArrayRef<Value> indices, bool ownIndices) {
  if (DenseElementsAttr splat = getSplat(op)) {
    return toVector(b, point, emitSplat(b, splat));
  }
  if (auto broadcast = llvm::dyn_cast<dl::BroadcastInDimOp>(op))
    return evaluate(b, point, broadcast.getInput(),
                    broadcastIndices(b, point, broadcast, indices), false);
  if (auto splat = llvm::dyn_cast<dl::SplatOp>(op))
    return evaluate(b, point, splat.getValue(), {}, false);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    bool scalarBound = llvm::cast<RankedTensorType>(operand.getType()).getRank() == 0;
    operands.push_back(evaluate(b, point, operand,
                                scalarBound ? ArrayRef<Value>() : indices,
                                scalarBound ? false : ownIndices));
  }
  if (point.lanes)
    return emitVectorOp(b, op, operands);
  return emitElementwise(b, op, operands);
}

static Value evaluate(ImplicitLocOpBuilder &b, Point &point, Value value,
                      ArrayRef<Value> indices, bool ownIndices) {
  if (value.getDefiningOp() == point.root)
    return point.rootValue;
  if (ownIndices)
    if (Value known = point.known.lookup(value))
      return known;
  Value result = point.buffers.input(value)
                     ? loadInput(b, point, value, indices)
                     : evaluateOp(b, point, value.getDefiningOp(), indices, ownIndices);
  if (ownIndices)
    point.known[value] = result;
  return result;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

void Epilogue::emit(ImplicitLocOpBuilder &b, const KernelBuffers &buffers,
                    const TilePosition &position, ArrayRef<Value> sums,
                    RowIndices rowIndices) const {
  if (vectorizable)
    emitInRegisters(b, buffers, position, sums, rowIndices);
  else
    emitThroughBuffer(b, buffers, position, sums, rowIndices);
}

static Value offsetIndex(ImplicitLocOpBuilder &b, Value base, int64_t offset) {
  return materialize(b, addIndex(b, base, b.getIndexAttr(offset)));
}

void Epilogue::emitInRegisters(ImplicitLocOpBuilder &b, const KernelBuffers &buffers,
                               const TilePosition &position, ArrayRef<Value> sums,
                               RowIndices rowIndices) const {
  ValueRange results = buffers.oldReturn()->getOperands();
  for (int64_t i = 0; i < position.rows; ++i) {
    SmallVector<Value> indices = rowIndices(b, position, offsetIndex(b, position.row, i));
    indices.push_back(Value());
    for (int64_t j = 0; j < position.vectors; ++j) {
      Value column = offsetIndex(b, position.column, j * position.lanes);
      indices.back() = column;
      Value mask = position.masks.empty() ? Value() : position.masks[j];
      Point point{buffers, root, sums[i * position.vectors + j], column, mask,
                  position.lanes, llvm::DenseMap<Value, Value>(), llvm::DenseMap<Value, Value>()};
      for (auto [result, output] : llvm::zip(results, buffers.outputs())) {
        Value value = evaluate(b, point, result, indices, true);
        if (mask)
          vector::MaskedStoreOp::create(b, output, indices, mask, value);
        else
          vector::StoreOp::create(b, value, output, indices);
      }
    }
  }
}

void Epilogue::emitThroughBuffer(ImplicitLocOpBuilder &b, const KernelBuffers &buffers,
                                 const TilePosition &position, ArrayRef<Value> sums,
                                 RowIndices rowIndices) const {
  int64_t width = position.vectors * position.lanes;
  auto element = llvm::cast<VectorType>(sums[0].getType()).getElementType();
  auto scope = memref::AllocaScopeOp::create(b, TypeRange{});
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&scope.getBodyRegion());
  Value buffer = memref::AllocaOp::create(
      b, MemRefType::get({position.rows, width}, element), b.getI64IntegerAttr(64));
  for (int64_t i = 0; i < position.rows; ++i)
    for (int64_t j = 0; j < position.vectors; ++j)
      vector::StoreOp::create(b, sums[i * position.vectors + j], buffer,
                              ValueRange{arith::ConstantIndexOp::create(b, i),
                                         arith::ConstantIndexOp::create(b, j * position.lanes)});
  Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
  Value end = position.validColumns
                  ? position.validColumns
                  : Value(arith::ConstantIndexOp::create(b, width));
  auto rows = scf::ForOp::create(b, zero, arith::ConstantIndexOp::create(b, position.rows), one);
  {
    OpBuilder::InsertionGuard rowGuard(b);
    b.setInsertionPointToStart(rows.getBody());
    Value row = rows.getInductionVar();
    SmallVector<Value> indices =
        rowIndices(b, position, arith::AddIOp::create(b, position.row, row));
    auto columns = scf::ForOp::create(b, zero, end, one);
    b.setInsertionPointToStart(columns.getBody());
    Value column = arith::AddIOp::create(b, position.column, columns.getInductionVar());
    indices.push_back(column);
    Value sum = memref::LoadOp::create(b, buffer, ValueRange{row, columns.getInductionVar()});
    Point point{buffers, root, sum, column, Value(), 0, llvm::DenseMap<Value, Value>(),
                llvm::DenseMap<Value, Value>()};
    SmallVector<Value> values;
    for (Value result : buffers.oldReturn()->getOperands())
      values.push_back(evaluate(b, point, result, indices, true));
    for (auto [value, output] : llvm::zip(values, buffers.outputs()))
      memref::StoreOp::create(b, value, output, indices);
  }
  memref::AllocaScopeReturnOp::create(b, ValueRange{});
}
