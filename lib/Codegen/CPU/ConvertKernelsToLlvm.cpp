//===- ConvertKernelsToLlvm.cpp - kernels to the LLVM dialect -------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel becomes `void k(ptr call, ptr…, i64…)`: the call, a bare pointer for
// each buffer, scalars as they are, then each dynamic size in order. A function
// outlined from one takes its range as i64s after the call.
//
//===----------------------------------------------------------------------===//

#include "KernelAbi.h"
#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#define DEBUG_TYPE "dl-convert-kernels-to-llvm"

namespace dlc {
#define GEN_PASS_DEF_CONVERTKERNELSTOLLVM
#include "dlc/Codegen/CPU/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

static bool isKernelCode(func::FuncOp function) {
  return !function.isDeclaration() &&
         (function->hasAttr(kKernelAttrName) || function->hasAttr(kKernelPartAttrName));
}

/// Elements of `type` in a buffer that starts at `pointer`, as a memref.
static Value buildMemRef(ImplicitLocOpBuilder &b, const LLVMTypeConverter &converter,
                         MemRefType type, Value pointer, ValueRange sizes) {
  Location loc = b.getLoc();
  auto descriptor = MemRefDescriptor::poison(b, loc, converter.convertType(type));
  descriptor.setAllocatedPtr(b, loc, pointer);
  descriptor.setAlignedPtr(b, loc, pointer);
  descriptor.setConstantOffset(b, loc, 0);
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(value));
  };
  Value stride = constant(1);
  unsigned dynamic = type.getNumDynamicDims();
  int64_t known = 1;
  for (int64_t d = type.getRank() - 1; d >= 0; --d) {
    int64_t extent = type.getDimSize(d);
    Value size = ShapedType::isDynamic(extent) ? sizes[--dynamic] : constant(extent);
    descriptor.setSize(b, loc, d, size);
    descriptor.setStride(b, loc, d, stride);
    if (d == 0)
      break;
    known = known < 0 || ShapedType::isDynamic(extent) ? -1 : known * extent;
    stride = known >= 0 ? constant(known) : LLVM::MulOp::create(b, stride, size).getResult();
  }
  return UnrealizedConversionCastOp::create(b, type, Value(descriptor)).getResult(0);
}

//===----------------------------------------------------------------------===//
// Scratch memory
//===----------------------------------------------------------------------===//

static int64_t getElementBytes(Type element) {
  int64_t width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  return llvm::divideCeil(width, 8);
}

/// Has the caller of a kernel give the memory of its buffers of static size, behind the
/// other buffers; kScratchAttr says how much.
static void takeScratch(func::FuncOp kernel) {
  SmallVector<memref::AllocOp> allocs;
  for (auto alloc : kernel.getOps<memref::AllocOp>())
    if (alloc.getType().hasStaticShape())
      allocs.push_back(alloc);
  if (allocs.empty())
    return;
  unsigned number = kernel.getNumArguments();
  int64_t bytes = 0;
  SmallVector<int64_t> offsets;
  for (memref::AllocOp alloc : allocs) {
    MemRefType type = alloc.getType();
    offsets.push_back(bytes);
    bytes += llvm::alignTo(type.getNumElements() * getElementBytes(type.getElementType()), 64);
  }
  auto type = MemRefType::get({bytes}, IntegerType::get(kernel.getContext(), 8));
  [[maybe_unused]] LogicalResult inserted =
      kernel.insertArgument(number, type, {}, kernel.getLoc());
  assert(succeeded(inserted) && "kernels are plain functions");
  Value scratch = kernel.getArgument(number);
  for (auto [alloc, offset] : llvm::zip_equal(allocs, offsets)) {
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    ImplicitLocOpBuilder b(alloc.getLoc(), alloc);
    Value at = arith::ConstantIndexOp::create(b, offset);
    alloc.replaceAllUsesWith(
        memref::ViewOp::create(b, alloc.getType(), scratch, at, ValueRange()).getResult());
    alloc.erase();
  }
  kernel->setAttr(kScratchAttr, IntegerAttr::get(IntegerType::get(kernel.getContext(), 64), bytes));
}

/// memref.alloc and memref.dealloc as calls of the runtime; where there is no
/// memory the function returns (the runtime has set the call's status).
static void lowerScratch(func::FuncOp function, SymbolTable &symbols,
                         const LLVMTypeConverter &converter) {
  Value call = function.getArgument(0);
  Type pointer = call.getType();
  SmallVector<memref::AllocOp> allocs;
  function.walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
  for (memref::AllocOp alloc : allocs) {
    ImplicitLocOpBuilder b(alloc.getLoc(), alloc);
    MemRefType type = alloc.getType();
    int64_t known = getElementBytes(type.getElementType());
    for (int64_t size : type.getShape())
      known *= ShapedType::isDynamic(size) ? 1 : size;
    Value bytes = LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(known));
    SmallVector<Value> sizes;
    for (Value size : alloc.getDynamicSizes()) {
      sizes.push_back(arith::IndexCastOp::create(b, b.getI64Type(), size));
      bytes = LLVM::MulOp::create(b, bytes, sizes.back());
    }
    auto allocate = declareRuntime(symbols, "dlc_rt_alloc", {pointer, b.getI64Type()}, pointer);
    auto release = declareRuntime(symbols, "dlc_rt_free", {pointer, pointer});
    Value memory = LLVM::CallOp::create(b, allocate, ValueRange{call, bytes}).getResult();
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (auto dealloc = dyn_cast<memref::DeallocOp>(user)) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(dealloc);
        LLVM::CallOp::create(b, release, ValueRange{call, memory});
        dealloc.erase();
      }
    Value buffer = buildMemRef(b, converter, type, memory, sizes);
    alloc.replaceAllUsesWith(buffer);
    if (alloc->getParentOp() == function) {
      Value null = LLVM::ZeroOp::create(b, pointer);
      Value isNull = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, memory, null);
      Block *before = alloc->getBlock();
      Block *rest = before->splitBlock(alloc->getNextNode());
      Block *failed = b.createBlock(rest);
      func::ReturnOp::create(b);
      b.setInsertionPointToEnd(before);
      cf::CondBranchOp::create(b, isNull, failed, ValueRange(), rest, ValueRange());
    }
    alloc.erase();
  }
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// memref.expand_shape as memref.reinterpret_cast: the patterns for views know at
/// most one dynamic size to a group.
static void lowerExpandShape(memref::ExpandShapeOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto [strides, offset] = op.getResultType().getStridesAndOffset();
  auto source = memref::ExtractStridedMetadataOp::create(b, op.getSrc());
  // A scalar's view has no groups: all its sizes are 1.
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  SmallVector<OpFoldResult> mixedStrides(sizes.size(), b.getIndexAttr(1));
  for (auto [group, stride] : llvm::zip_equal(op.getReassociationIndices(),
                                              source.getConstifiedMixedStrides())) {
    OpFoldResult current = stride;
    for (int64_t d : llvm::reverse(group)) {
      mixedStrides[d] = ShapedType::isStatic(strides[d]) ? b.getIndexAttr(strides[d]) : current;
      Value size = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[d]);
      Value inner = getValueOrCreateConstantIndexOp(b, b.getLoc(), mixedStrides[d]);
      current = b.createOrFold<arith::MulIOp>(inner, size);
    }
  }
  auto view = memref::ReinterpretCastOp::create(b, op.getResultType(), source.getBaseBuffer(),
                                                source.getConstifiedMixedOffset(), sizes,
                                                mixedStrides);
  op.replaceAllUsesWith(view.getResult());
  op.erase();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// void range(ptr context, i64 begin, i64 end): calls `part` with the arguments
/// that the context holds.
static void buildRange(LLVM::LLVMFuncOp range, LLVM::LLVMFuncOp part) {
  ImplicitLocOpBuilder b(part.getLoc(), part.getContext());
  SmallVector<Type> fields(part.getArgumentTypes());
  fields.erase(fields.begin() + 1, fields.begin() + 3);
  auto context = LLVM::LLVMStructType::getLiteral(b.getContext(), fields);
  Block *entry = range.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  SmallVector<Value> args;
  for (auto [i, field] : llvm::enumerate(fields)) {
    Value place = LLVM::GEPOp::create(b, pointer, context, entry->getArgument(0),
                                      ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
    args.push_back(LLVM::LoadOp::create(b, field, place));
  }
  args.insert(args.begin() + 1, {entry->getArgument(1), entry->getArgument(2)});
  LLVM::CallOp::create(b, part, args);
  LLVM::ReturnOp::create(b, ValueRange());
  range.setLinkage(LLVM::Linkage::Internal);
}

/// The llvm.func of a kernel or part, with its body moved over.
static LLVM::LLVMFuncOp convertFunction(func::FuncOp function, SymbolTable &symbols,
                                        const LLVMTypeConverter &converter) {
  ImplicitLocOpBuilder b(function.getLoc(), function);
  Type pointer = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  SmallVector<Type> types, sizeTypes;
  for (Type type : function.getArgumentTypes()) {
    if (auto buffer = dyn_cast<MemRefType>(type)) {
      types.push_back(pointer);
      sizeTypes.append(buffer.getNumDynamicDims(), i64);
    } else {
      types.push_back(type.isIndex() ? i64 : type);
    }
  }
  unsigned nextSize = types.size();
  llvm::append_range(types, sizeTypes);
  bool isKernel = function->hasAttr(kKernelAttrName);
  std::string name = function.getName().str();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), types);
  auto converted = LLVM::LLVMFuncOp::create(
      b, name, type, isKernel ? LLVM::Linkage::External : LLVM::Linkage::Internal);
  if (isKernel) {
    converted.setVisibility_(LLVM::Visibility::Hidden);
    converted->setAttr(kKernelAttrName, b.getUnitAttr());
    for (StringRef name : {kInPlaceAttr, kPointwiseAttr, kScratchAttr})
      if (Attribute attribute = function->getAttr(name))
        converted->setAttr(name, attribute);
  } else {
    converted.setNoInline(true);
  }
  auto range = function->getAttrOfType<FlatSymbolRefAttr>(kKernelPartAttrName);
  bool mayAlias = function->hasAttr(kPointwiseAttr);
  symbols.remove(function);

  Region &body = converted.getBody();
  body.takeBody(function.getBody());
  Block *entry = &body.front();
  b.setInsertionPointToStart(entry);
  SmallVector<BlockArgument> old(entry->getArguments());
  for (Type size : sizeTypes)
    entry->addArgument(size, b.getLoc());
  for (BlockArgument argument : old) {
    Type source = argument.getType();
    if (auto buffer = dyn_cast<MemRefType>(source)) {
      argument.setType(pointer);
      unsigned dynamic = buffer.getNumDynamicDims();
      Value memref;
      SmallPtrSet<Operation *, 16> created;
      auto before = b.getInsertionPoint();
      Operation *mark = before == entry->end() ? nullptr : &*before;
      memref = buildMemRef(b, converter, buffer, argument,
                           entry->getArguments().slice(nextSize, dynamic));
      for (Operation &op : *entry) {
        if (&op == mark)
          break;
        created.insert(&op);
      }
      argument.replaceAllUsesExcept(memref, created);
      nextSize += dynamic;
      if (!mayAlias)
        converted.setArgAttr(argument.getArgNumber(), LLVM::LLVMDialect::getNoAliasAttrName(),
                             b.getUnitAttr());
    } else if (source.isIndex()) {
      argument.setType(i64);
      auto cast = arith::IndexCastOp::create(b, b.getIndexType(), argument);
      argument.replaceAllUsesExcept(cast.getResult(), cast);
    }
  }
  function.erase();
  converted.walk([](func::ReturnOp returned) {
    OpBuilder builder(returned);
    LLVM::ReturnOp::create(builder, returned.getLoc(), ValueRange());
    returned.erase();
  });
  symbols.insert(converted);
  if (range)
    buildRange(symbols.lookup<LLVM::LLVMFuncOp>(range.getValue()), converted);
  return converted;
}

/// Declarations of C functions that kernels call, as LLVM functions.
static void convertDeclarations(ModuleOp module, SymbolTable &symbols) {
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    if (!function.isDeclaration() || !function.getName().starts_with("dlc_"))
      continue;
    auto type = function.getFunctionType();
    std::string name = function.getName().str();
    SmallVector<Type> arguments(type.getInputs());
    Type result = type.getNumResults() ? type.getResult(0) : Type();
    symbols.erase(function);
    declareRuntime(symbols, name, arguments, result);
  }
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {
struct LowerCall : ConvertOpToLLVMPattern<func::CallOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(func::CallOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVM::CallOp>(op, op.getResultTypes(), op.getCalleeAttr(),
                                              adaptor.getOperands());
    return success();
  }
};

/// Calls of the vector math library.
struct MathCall {
  SymbolTable &symbols;

  Value operator()(ConversionPatternRewriter &rewriter, Location loc, StringRef name,
                   ValueRange operands, Type result) const {
    SmallVector<Type> types(operands.getTypes());
    declareRuntime(symbols, name, types, result);
    return LLVM::CallOp::create(rewriter, loc, result,
                                FlatSymbolRefAttr::get(rewriter.getContext(), name), operands)
        .getResult();
  }
};

template <typename OpT>
struct LowerMath : ConvertOpToLLVMPattern<OpT> {
  LowerMath(const LLVMTypeConverter &converter, StringRef name, MathCall call)
      : ConvertOpToLLVMPattern<OpT>(converter, /*benefit=*/10), name(name), call(call) {}
  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!type.isF32() && !type.isF64())
      return rewriter.notifyMatchFailure(op, "not on f32 or f64 scalars");
    std::string symbol = ("dlc_math_" + name + (type.isF64() ? "_f64" : "_f32")).str();
    rewriter.replaceOp(op, call(rewriter, op.getLoc(), symbol, adaptor.getOperands(), type));
    return success();
  }
  StringRef name;
  MathCall call;
};

/// The library's name of a float type of one byte.
StringRef getNarrowName(Type type) {
  return llvm::TypeSwitch<Type, StringRef>(type)
      .Case<Float8E4M3FNType>([](auto) { return "f8e4m3fn"; })
      .Case<Float8E4M3FNUZType>([](auto) { return "f8e4m3fnuz"; })
      .Case<Float8E5M2Type>([](auto) { return "f8e5m2"; })
      .Case<Float8E5M2FNUZType>([](auto) { return "f8e5m2fnuz"; })
      .Case<Float8E8M0FNUType>([](auto) { return "f8e8m0fnu"; })
      .Case<Float4E2M1FNType>([](auto) { return "f4e2m1fn"; })
      .Default(StringRef());
}

/// Conversions between f32 and floats that LLVM doesn't convert in vectors.
struct NarrowFloats {
  MathCall call;

  static bool isNarrow(Type type) { return type.isBF16() || !getNarrowName(type).empty(); }

  /// A value (in LLVM's type) of any float type up to f32, as f32.
  Value toF32(ConversionPatternRewriter &rewriter, Location loc, Value value, Type from) const {
    Type f32 = rewriter.getF32Type(), i32 = rewriter.getI32Type();
    if (from.isF32())
      return value;
    if (from.isBF16()) {
      Value bits = LLVM::BitcastOp::create(rewriter, loc, rewriter.getI16Type(), value);
      Value wide = LLVM::ZExtOp::create(rewriter, loc, i32, bits);
      Value shift = LLVM::ConstantOp::create(rewriter, loc, i32, rewriter.getI32IntegerAttr(16));
      wide = LLVM::ShlOp::create(rewriter, loc, wide, shift);
      return LLVM::BitcastOp::create(rewriter, loc, f32, wide);
    }
    StringRef name = getNarrowName(from);
    if (name.empty())
      return LLVM::FPExtOp::create(rewriter, loc, f32, value);
    if (value.getType() != rewriter.getI8Type())
      value = LLVM::ZExtOp::create(rewriter, loc, rewriter.getI8Type(), value);
    return call(rewriter, loc, ("dlc_math_" + name + "_to_f32").str(), value, f32);
  }

  /// An f32 rounded to any float type up to it.
  Value fromF32(ConversionPatternRewriter &rewriter, Location loc, Value value, Type to,
                Type converted) const {
    if (to.isF32())
      return value;
    if (to.isBF16()) {
      Value bits = call(rewriter, loc, "dlc_math_f32_to_bf16", value, rewriter.getI16Type());
      return LLVM::BitcastOp::create(rewriter, loc, to, bits);
    }
    StringRef name = getNarrowName(to);
    if (name.empty())
      return LLVM::FPTruncOp::create(rewriter, loc, to, value);
    Value bits = call(rewriter, loc, ("dlc_math_f32_to_" + name).str(), value,
                      rewriter.getI8Type());
    if (bits.getType() != converted)
      bits = LLVM::TruncOp::create(rewriter, loc, converted, bits);
    return bits;
  }
};

struct LowerExtend : ConvertOpToLLVMPattern<arith::ExtFOp> {
  LowerExtend(const LLVMTypeConverter &converter, NarrowFloats floats)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/10), floats(floats) {}
  LogicalResult matchAndRewrite(arith::ExtFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type from = op.getIn().getType(), to = op.getType();
    if (!NarrowFloats::isNarrow(from))
      return rewriter.notifyMatchFailure(op, "not from a narrow float");
    Value value = floats.toF32(rewriter, op.getLoc(), adaptor.getIn(), from);
    if (to.isF64())
      value = LLVM::FPExtOp::create(rewriter, op.getLoc(), to, value);
    else
      value = floats.fromF32(rewriter, op.getLoc(), value, to, getTypeConverter()->convertType(to));
    rewriter.replaceOp(op, value);
    return success();
  }
  NarrowFloats floats;
};

struct LowerTruncate : ConvertOpToLLVMPattern<arith::TruncFOp> {
  LowerTruncate(const LLVMTypeConverter &converter, NarrowFloats floats)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/10), floats(floats) {}
  LogicalResult matchAndRewrite(arith::TruncFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type from = op.getIn().getType(), to = op.getType();
    if (!NarrowFloats::isNarrow(to))
      return rewriter.notifyMatchFailure(op, "not to a narrow float");
    Location loc = op.getLoc();
    Value value = adaptor.getIn();
    value = from.isF64() ? floats.call(rewriter, loc, "dlc_math_f64_to_f32_odd", value,
                                       rewriter.getF32Type())
                         : floats.toF32(rewriter, loc, value, from);
    rewriter.replaceOp(
        op, floats.fromF32(rewriter, loc, value, to, getTypeConverter()->convertType(to)));
    return success();
  }
  NarrowFloats floats;
};

void populateMathCalls(const LLVMTypeConverter &converter, RewritePatternSet &patterns,
                       SymbolTable &symbols) {
  MathCall call{symbols};
  auto add = [&](auto *op, StringRef name) {
    patterns.add<LowerMath<std::remove_pointer_t<decltype(op)>>>(converter, name, call);
  };
  add((math::ExpOp *)nullptr, "exp");
  add((math::Exp2Op *)nullptr, "exp2");
  add((math::ExpM1Op *)nullptr, "expm1");
  add((math::LogOp *)nullptr, "log");
  add((math::Log2Op *)nullptr, "log2");
  add((math::Log1pOp *)nullptr, "log1p");
  add((math::SinOp *)nullptr, "sin");
  add((math::CosOp *)nullptr, "cos");
  add((math::TanOp *)nullptr, "tan");
  add((math::AsinOp *)nullptr, "asin");
  add((math::AcosOp *)nullptr, "acos");
  add((math::AtanOp *)nullptr, "atan");
  add((math::SinhOp *)nullptr, "sinh");
  add((math::CoshOp *)nullptr, "cosh");
  add((math::TanhOp *)nullptr, "tanh");
  add((math::AsinhOp *)nullptr, "asinh");
  add((math::AcoshOp *)nullptr, "acosh");
  add((math::AtanhOp *)nullptr, "atanh");
  add((math::ErfOp *)nullptr, "erf");
  add((math::RsqrtOp *)nullptr, "rsqrt");
  add((math::CbrtOp *)nullptr, "cbrt");
  add((math::PowFOp *)nullptr, "pow");
  add((math::Atan2Op *)nullptr, "atan2");
  add((arith::RemFOp *)nullptr, "rem");
  patterns.add<LowerExtend, LowerTruncate>(converter, NarrowFloats{call});
}

struct ConvertKernelsToLlvmPass : dlc::impl::ConvertKernelsToLlvmBase<ConvertKernelsToLlvmPass> {
  using ConvertKernelsToLlvmBase::ConvertKernelsToLlvmBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    arith::populateCeilFloorDivExpandOpsPatterns(set);
    memref::populateExpandStridedMetadataPatterns(set);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(set);
    views = std::move(set);
    return success();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    LLVMTypeConverter converter(&getContext());
    SmallVector<func::FuncOp> functions;
    for (auto function : module.getOps<func::FuncOp>())
      if (isKernelCode(function))
        functions.push_back(function);
    if (functions.empty())
      return;
    SmallVector<Operation *> converted;
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    for (func::FuncOp function : functions) {
      if (function->hasAttr(kKernelAttrName))
        takeScratch(function);
      lowerScratch(function, symbols, converter);
      function.walk(lowerExpandShape);
      if (failed(applyPatternsGreedily(function, views, config)))
        return signalPassFailure();
      converted.push_back(convertFunction(function, symbols, converter));
    }
    convertDeclarations(module, symbols);
    for (auto global : module.getOps<memref::GlobalOp>())
      converted.push_back(global);

    RewritePatternSet patterns(&getContext());
    populateMathCalls(converter, patterns, symbols);
    populateAffineToStdConversionPatterns(patterns);
    populateSCFToControlFlowConversionPatterns(patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    patterns.add<LowerCall>(converter);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<UnrealizedConversionCastOp>();
    if (failed(applyFullConversion(converted, target, std::move(patterns))))
      return signalPassFailure();
    SmallVector<UnrealizedConversionCastOp> casts;
    module.walk([&](UnrealizedConversionCastOp cast) { casts.push_back(cast); });
    reconcileUnrealizedCasts(casts);
  }

  FrozenRewritePatternSet views;
};
} // namespace
