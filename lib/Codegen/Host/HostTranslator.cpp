//===- HostTranslator.cpp - host program without memrefs ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostTranslator.h"
#include "dl/IR/Dl.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace dlc;

//===----------------------------------------------------------------------===//
// HostModule
//===----------------------------------------------------------------------===//

HostModule::HostModule(ModuleOp module) : module(module), symbols(module), failures(symbols) {
  for (auto [index, global] : llvm::enumerate(module.getOps<dl::GlobalOp>()))
    globals[global.getSymName()] = index;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    functions[function.getName()] = function;
}

LLVM::LLVMFuncOp HostModule::getRuntime(StringRef name, Type result, ArrayRef<Type> operands) {
  LLVM::LLVMFuncOp &function = functions[name];
  if (!function) {
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    function = LLVM::LLVMFuncOp::create(builder, module.getLoc(), name,
                                        LLVM::LLVMFunctionType::get(result, operands));
  }
  return function;
}

LLVM::GlobalOp HostModule::getString(StringRef text) {
  LLVM::GlobalOp &global = strings[text];
  if (!global) {
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    std::string bytes = text.str();
    bytes.push_back('\0');
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
    global = LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/true,
                                    LLVM::Linkage::Internal,
                                    ("dlc_message_" + Twine(strings.size() - 1)).str(),
                                    builder.getStringAttr(bytes));
  }
  return global;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value HostTranslator::i64(int64_t value) {
  return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
}

Value HostTranslator::toI64(Value index) {
  if (!index.getType().isIndex())
    return index;
  return arith::IndexCastOp::create(b, b.getI64Type(), index);
}

SmallVector<Value> HostTranslator::map(ValueRange range) {
  return llvm::map_to_vector(range, [&](Value value) { return map(value); });
}

SmallVector<Value> HostTranslator::expand(ValueRange range) {
  SmallVector<Value> expanded;
  for (Value value : range) {
    if (!isa<MemRefType>(value.getType())) {
      expanded.push_back(map(value));
      continue;
    }
    const Buffer &buffer = buffers[value];
    expanded.push_back(buffer.pointer);
    llvm::append_range(expanded, buffer.sizes);
  }
  return expanded;
}

Value HostTranslator::getBytes(MemRefType type, ValueRange sizes) {
  int64_t factor = dispatch::getElementBytes(type.getElementType());
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size))
      factor *= size;
  Value bytes = i64(factor);
  for (Value size : sizes)
    bytes = arith::MulIOp::create(b, bytes, toI64(size));
  return bytes;
}

/// See dispatch.bytes. Each product stays below 2⁶³: the factors are first
/// limited, and a product is only formed where the bound allows it.
Value HostTranslator::getSaturatedBytes(int64_t factor, ValueRange sizes) {
  Value limit = i64(int64_t(1) << 48), one = i64(1), zero = i64(0);
  Value bytes = i64(factor);
  Value isEmpty = arith::ConstantOp::create(b, b.getBoolAttr(false));
  for (Value size : sizes) {
    // A negative size is a large one.
    Value extent = arith::MinUIOp::create(b, toI64(size), limit);
    isEmpty = arith::OrIOp::create(
        b, isEmpty, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, extent, zero));
    Value divisor = arith::MaxUIOp::create(b, extent, one);
    Value most = arith::DivUIOp::create(b, limit, divisor);
    Value fits = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, bytes, most);
    Value product = arith::MulIOp::create(b, bytes, divisor);
    bytes = arith::SelectOp::create(b, fits, product, limit);
  }
  bytes = arith::SelectOp::create(b, isEmpty, i64(64), bytes);
  bytes = arith::AddIOp::create(b, bytes, i64(63));
  return arith::AndIOp::create(b, bytes, i64(-64));
}

Value HostTranslator::offsetPointer(Value pointer, Value bytes) {
  return LLVM::GEPOp::create(b, ptr(), b.getI8Type(), pointer, ArrayRef<LLVM::GEPArg>{bytes});
}

Value HostTranslator::loadPointer(Value base, int64_t bytes) {
  Value address = LLVM::GEPOp::create(b, ptr(), b.getI8Type(), base,
                                      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
  return LLVM::LoadOp::create(b, ptr(), address);
}

Value HostTranslator::getElementPointer(Value memref, ValueRange indices) {
  auto type = cast<MemRefType>(memref.getType());
  const Buffer &buffer = buffers[memref];
  Value place = i64(0);
  unsigned dynamic = 0;
  for (auto [index, size] : llvm::zip_equal(indices, type.getShape())) {
    Value extent = ShapedType::isDynamic(size) ? toI64(buffer.sizes[dynamic++]) : i64(size);
    place = arith::MulIOp::create(b, place, extent);
    place = arith::AddIOp::create(b, place, toI64(map(index)));
  }
  Value bytes = arith::MulIOp::create(
      b, place, i64(dispatch::getElementBytes(type.getElementType())));
  return offsetPointer(buffer.pointer, bytes);
}

//===----------------------------------------------------------------------===//
// Leaving
//===----------------------------------------------------------------------===//

Value HostTranslator::call(StringRef name, Type result, ValueRange operands) {
  Type returned = result ? result : Type(LLVM::LLVMVoidType::get(b.getContext()));
  auto function = host.getRuntime(name, returned, llvm::to_vector(operands.getTypes()));
  auto made = LLVM::CallOp::create(b, function, operands);
  return result ? made.getResult() : Value();
}

void HostTranslator::leaveIf(Value condition, StringRef message, int32_t status) {
  Block *here = b.getInsertionBlock();
  Block *next = made.addBlock();
  next->moveBefore(leave);
  Block *target = leave;
  if (!message.empty()) {
    target = made.addBlock();
    b.setInsertionPointToEnd(target);
    Value text = LLVM::AddressOfOp::create(b, host.getString(message));
    Value code = arith::ConstantOp::create(b, b.getI32IntegerAttr(status));
    call("dlc_rt_fail", {}, {context, code, text});
    cf::BranchOp::create(b, leave);
  }
  b.setInsertionPointToEnd(here);
  cf::CondBranchOp::create(b, condition, target, ValueRange(), next, ValueRange());
  b.setInsertionPointToEnd(next);
}

void HostTranslator::leaveIfNull(Value pointer) {
  Value null = LLVM::ZeroOp::create(b, ptr());
  leaveIf(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, pointer, null));
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// The model's inputs lie in the call: see dlc_call and dlc_input.
void HostTranslator::translateArguments() {
  Value inputs = loadPointer(context, 0);
  weights = loadPointer(context, sizeof(void *));
  for (BlockArgument argument : func.getArguments()) {
    auto type = cast<MemRefType>(argument.getType());
    int64_t at = argument.getArgNumber() * sizeof(dlc_input);
    Buffer &buffer = buffers[argument];
    buffer.pointer = loadPointer(inputs, at + offsetof(dlc_input, data));
    if (type.hasStaticShape())
      continue;
    Value sizes = loadPointer(inputs, at + offsetof(dlc_input, sizes));
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (!type.isDynamicDim(d))
        continue;
      Value address = offsetPointer(sizes, i64(d * sizeof(int64_t)));
      Value size = LLVM::LoadOp::create(b, b.getI64Type(), address);
      buffer.sizes.push_back(arith::IndexCastOp::create(b, b.getIndexType(), size));
    }
  }
}

/// Of the kernel that runs next: see dlc_call::place.
void HostTranslator::setPlace(Value place) {
  LLVM::StoreOp::create(b, place, offsetPointer(context, i64(offsetof(dlc_call, place))));
}

void HostTranslator::translateLaunch(dispatch::LaunchOp op) {
  SmallVector<Value> operands{context}, sizes;
  SmallVector<Value> memrefs(op.getInputs());
  llvm::append_range(memrefs, op.getOuts());
  for (Value memref : memrefs) {
    operands.push_back(buffers[memref].pointer);
    for (Value size : buffers[memref].sizes)
      sizes.push_back(toI64(size));
  }
  llvm::append_range(operands, sizes);
  std::string place;
  if (host.checksValues(op.getKernelAttr()))
    place = dispatch::getPlaces(op.getLoc());
  if (!place.empty())
    setPlace(LLVM::AddressOfOp::create(b, host.getString(place)));
  LLVM::CallOp::create(b, TypeRange(), op.getKernel(), operands);
  if (!place.empty())
    setPlace(LLVM::ZeroOp::create(b, ptr()));
}

void HostTranslator::translateView(dispatch::ViewOp op) {
  Value pointer = buffers[op.getSource()].pointer;
  if (op.getOffset())
    pointer = offsetPointer(pointer, toI64(map(op.getOffset())));
  buffers[op.getResult()] = {pointer, map(op.getSizes())};
}

void HostTranslator::translateOutput(dispatch::OutputOp op) {
  auto type = cast<MemRefType>(op.getType());
  SmallVector<Value> sizes = map(op.getSizes());
  unsigned dynamic = 0;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    Value size = type.isDynamicDim(d) ? toI64(sizes[dynamic++]) : i64(type.getDimSize(d));
    LLVM::StoreOp::create(b, size, offsetPointer(sizeRoom, i64(d * sizeof(int64_t))));
  }
  Value index = arith::ConstantOp::create(b, b.getI32IntegerAttr(op.getIndex()));
  Value rank = arith::ConstantOp::create(b, b.getI32IntegerAttr(type.getRank()));
  Value pointer = call("dlc_rt_output", ptr(), {context, index, rank, sizeRoom});
  leaveIfNull(pointer);
  buffers[op.getResult()] = {pointer, sizes};
}

void HostTranslator::translateBranch(Operation *op) {
  if (auto branch = dyn_cast<cf::BranchOp>(op)) {
    cf::BranchOp::create(b, blocks[branch.getDest()], expand(branch.getDestOperands()));
    return;
  }
  auto branch = cast<cf::CondBranchOp>(op);
  cf::CondBranchOp::create(b, map(branch.getCondition()), blocks[branch.getTrueDest()],
                           expand(branch.getTrueDestOperands()), blocks[branch.getFalseDest()],
                           expand(branch.getFalseDestOperands()));
}

void HostTranslator::translateCall(func::CallOp op) {
  SmallVector<Value> operands{context};
  llvm::append_range(operands, expand(op.getOperands()));
  Value status = func::CallOp::create(b, op.getCallee(), b.getI32Type(), operands).getResult(0);
  Value zero = arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
  leaveIf(arith::CmpIOp::create(b, arith::CmpIPredicate::ne, status, zero));
}

void HostTranslator::translateAlloc(dispatch::AllocOp op) {
  auto type = cast<MemRefType>(op.getType());
  SmallVector<Value> sizes = map(op.getSizes());
  auto known = llvm::map_to_vector(type.getShape(), [](int64_t size) {
    return ShapedType::isDynamic(size) ? 1 : size;
  });
  Value room = getSaturatedBytes(dispatch::getStaticBytes(type.clone(known)), sizes);
  Value pointer = call("dlc_rt_alloc", ptr(), {context, room});
  leaveIfNull(pointer);
  buffers[op.getResult()] = {pointer, sizes};
}

void HostTranslator::translateLoad(memref::LoadOp op) {
  Value address = getElementPointer(op.getMemRef(), op.getIndices());
  Type type = op.getType();
  Type stored = type.isIndex() ? Type(b.getI64Type()) : type;
  if (type.isIntOrFloat() && type.getIntOrFloatBitWidth() < 8)
    stored = b.getI8Type();
  Value value = LLVM::LoadOp::create(b, stored, address);
  if (type.isIndex())
    value = arith::IndexCastOp::create(b, type, value);
  else if (stored != type)
    value = arith::TruncIOp::create(b, type, value);
  values[op] = value;
}

void HostTranslator::translateStore(memref::StoreOp op) {
  Value value = map(op.getValue());
  Type type = value.getType();
  if (type.isIndex())
    value = toI64(value);
  else if (type.isIntOrFloat() && type.getIntOrFloatBitWidth() < 8)
    value = type.isInteger(1) ? arith::ExtUIOp::create(b, b.getI8Type(), value).getResult()
                              : arith::ExtSIOp::create(b, b.getI8Type(), value).getResult();
  LLVM::StoreOp::create(b, value, getElementPointer(op.getMemRef(), op.getIndices()));
}

void HostTranslator::translateDim(memref::DimOp op) {
  auto type = cast<MemRefType>(op.getSource().getType());
  int64_t d = *op.getConstantIndex();
  if (!type.isDynamicDim(d)) {
    values[op] = arith::ConstantIndexOp::create(b, type.getDimSize(d));
    return;
  }
  unsigned number = llvm::count_if(type.getShape().take_front(d), ShapedType::isDynamic);
  values[op] = buffers[op.getSource()].sizes[number];
}

void HostTranslator::translateSelect(arith::SelectOp op) {
  if (!isa<MemRefType>(op.getType()))
    return copy(op);
  Value condition = map(op.getCondition());
  auto yes = expand(op.getTrueValue()), no = expand(op.getFalseValue());
  SmallVector<Value> chosen;
  for (auto [lhs, rhs] : llvm::zip_equal(yes, no))
    chosen.push_back(arith::SelectOp::create(b, condition, lhs, rhs));
  buffers[op] = {chosen.front(), llvm::to_vector(llvm::drop_begin(chosen))};
}

/// An op on scalars, as it is.
void HostTranslator::copy(Operation *op) {
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, map(operand));
  Operation *copy = b.clone(*op, mapping);
  for (auto [old, result] : llvm::zip_equal(op->getResults(), copy->getResults()))
    values[old] = result;
}

void HostTranslator::translate(Operation *op) {
  b.setLoc(op->getLoc());
  TypeSwitch<Operation *>(op)
      .Case([&](dispatch::LaunchOp op) { translateLaunch(op); })
      .Case([&](dispatch::ViewOp op) { translateView(op); })
      .Case([&](dispatch::OutputOp op) { translateOutput(op); })
      .Case([&](dispatch::FailIfOp op) {
        bool isCallers = op->hasAttr(dispatch::kOfSizesAttr);
        leaveIf(map(op.getCondition()), op.getMessage(),
                isCallers ? DLC_INVALID_ARGUMENT : DLC_RUNTIME_ERROR);
      })
      .Case([&](dispatch::LeaveIfFailedOp) {
        Value status = call("dlc_rt_status", b.getI32Type(), context);
        Value zero = arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
        leaveIf(arith::CmpIOp::create(b, arith::CmpIPredicate::ne, status, zero));
      })
      .Case([&](dispatch::BytesOp op) {
        Value bytes = getSaturatedBytes(op.getFactor(), map(op.getSizes()));
        values[op] = arith::IndexCastOp::create(b, b.getIndexType(), bytes);
      })
      .Case([&](dispatch::ArenaOp op) {
        Value bytes = map(op.getBytes());
        Value pointer = call("dlc_rt_arena", ptr(), {context, toI64(bytes)});
        leaveIfNull(pointer);
        buffers[op.getResult()] = {pointer, {bytes}};
      })
      .Case([&](dispatch::AllocOp op) { translateAlloc(op); })
      .Case([&](dispatch::FreeOp op) {
        call("dlc_rt_free", {}, {context, buffers[op.getBuffer()].pointer});
      })
      .Case([&](dispatch::GlobalOp op) {
        int64_t at = host.getGlobalIndex(op.getGlobal()) * sizeof(void *);
        buffers[op.getResult()] = {loadPointer(weights, at), {}};
      })
      .Case([&](dispatch::CopyOp op) {
        auto type = cast<MemRefType>(op.getSource().getType());
        const Buffer &source = buffers[op.getSource()];
        LLVM::MemcpyOp::create(b, buffers[op.getTarget()].pointer, source.pointer,
                               getBytes(type, source.sizes), /*isVolatile=*/false);
      })
      .Case([&](memref::LoadOp op) { translateLoad(op); })
      .Case([&](memref::StoreOp op) { translateStore(op); })
      .Case([&](memref::DimOp op) { translateDim(op); })
      .Case<cf::BranchOp, cf::CondBranchOp>([&](auto op) { translateBranch(op); })
      .Case([&](func::CallOp op) { translateCall(op); })
      .Case([&](func::ReturnOp) { cf::BranchOp::create(b, leave); })
      .Case([&](arith::SelectOp op) { translateSelect(op); })
      .Default([&](Operation *op) { copy(op); });
}

func::FuncOp HostTranslator::translate() {
  OpBuilder outer(func);
  // A memref becomes a pointer and a value per dynamic size, in place.
  auto addArguments = [&](Block *block, ValueRange arguments) {
    for (Value argument : arguments) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      if (!type) {
        values[argument] = block->addArgument(argument.getType(), argument.getLoc());
        continue;
      }
      Buffer &buffer = buffers[argument];
      buffer.pointer = block->addArgument(ptr(), argument.getLoc());
      for (size_t i = 0; i < type.getNumDynamicDims(); ++i)
        buffer.sizes.push_back(block->addArgument(b.getIndexType(), argument.getLoc()));
    }
  };
  std::string name = isEntry ? entryName : func.getName().str();
  made = func::FuncOp::create(outer, func.getLoc(), name, outer.getFunctionType({}, {}));
  Block *entry = made.addEntryBlock();
  context = entry->addArgument(ptr(), func.getLoc());
  Block *first = &func.getBody().front();
  blocks[first] = entry;
  if (!isEntry)
    addArguments(entry, first->getArguments());
  for (Block &block : llvm::drop_begin(func.getBody())) {
    blocks[&block] = made.addBlock();
    addArguments(blocks[&block], block.getArguments());
  }
  leave = made.addBlock();
  made.setFunctionType(outer.getFunctionType(entry->getArgumentTypes(), b.getI32Type()));
  if (!isEntry)
    made.setPrivate();

  b.setInsertionPointToStart(entry);
  if (isEntry)
    translateArguments();
  else
    weights = loadPointer(context, sizeof(void *));
  int64_t rank = 1;
  func.walk([&](dispatch::OutputOp op) {
    rank = std::max(rank, cast<MemRefType>(op.getType()).getRank());
  });
  sizeRoom = LLVM::AllocaOp::create(b, ptr(), b.getI64Type(), i64(rank));
  for (Block &block : func.getBody()) {
    if (&block != first)
      b.setInsertionPointToEnd(blocks[&block]);
    for (Operation &op : block)
      translate(&op);
  }
  b.setInsertionPointToEnd(leave);
  Value status = call("dlc_rt_status", b.getI32Type(), context);
  func::ReturnOp::create(b, status);
  return made;
}
