//===- Derivatives.cpp - the derivatives that a trace asks for ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each becomes a function around the one before, whose body is one request:
//
//   func.func private @primal_0(%x) -> %y     the program
//   func.func @main(%x, %c) {
//     %y, %g = grad.vjp @primal_0(%x) cotangents(%c) of [0] wrt [0] with_primal
//
//===----------------------------------------------------------------------===//

#include "ProgramImporter.h"
#include "SizeChecker.h"
#include "dlc/Autodiff/SplitVjp.h"
#include "grad/IR/Grad.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// Whether all numbers are of different tensors of floats among the types; errors
/// say which isn't.
static LogicalResult checkNumbers(ProgramImporter &program, ArrayRef<int64_t> numbers,
                                  TypeRange types, StringRef what) {
  llvm::SmallDenseSet<int64_t> seen;
  if (numbers.empty())
    return program.emitError() << "a derivative names no " << what;
  for (int64_t i : numbers) {
    if (i < 0 || i >= int64_t(types.size()) || !seen.insert(i).second)
      return program.emitError() << "a derivative names " << what << " " << i << " twice, or of "
                                 << types.size() << " " << what << "s";
    if (!isa<FloatType>(cast<RankedTensorType>(types[i]).getElementType()))
      return program.emitError() << "a derivative names " << what << " " << i
                                 << ", which is a tensor of " << types[i]
                                 << "; only floats have derivatives";
  }
  return success();
}

/// An argument for a direction: of the size of what it belongs to.
static Value addDirection(ProgramImporter &program, func::FuncOp function, OpBuilder &builder,
                          Value like, DictionaryAttr likeAttributes, StringRef name) {
  Location loc = program.named(name);
  NamedAttrList attributes(likeAttributes);
  attributes.set("dlc.name", builder.getStringAttr(name));
  unsigned index = function.getNumArguments();
  if (failed(function.insertArgument(index, like.getType(),
                                     attributes.getDictionary(builder.getContext()), loc)))
    return {};
  Value direction = function.getArgument(index);
  SizeChecker n(program, builder, loc, name);
  for (int64_t d = 0, rank = n.rankOf(like); d < rank; ++d)
    n.require(dl::ComparisonDirection::eq, n.size(direction, d), n.size(like, d),
              "the size of dimension " + Twine(d) + " isn't that of what it is a direction for");
  return direction;
}

/// Marks what -dl-split-vjp goes by.
static LogicalResult markForSplit(ProgramImporter &program, func::FuncOp function,
                                  const Derivative &derivative) {
  auto unit = UnitAttr::get(function.getContext());
  unsigned inputs = function.getNumArguments() - derivative.directionNames.size();
  for (unsigned i = inputs; i < function.getNumArguments(); ++i)
    function.setArgAttr(i, kCotangentAttr, unit);
  for (int64_t i : derivative.overwritten) {
    if (i < 0 || i >= inputs)
      return program.emitError() << "a derivative's overwritten input " << i << " is one of "
                                 << inputs;
    function.setArgAttr(i, kOverwrittenAttr, unit);
  }
  for (unsigned i = 0; i < derivative.resultNames.size(); ++i)
    function.setResultAttr(function.getNumResults() - 1 - i, kGradientAttr, unit);
  return success();
}

LogicalResult ProgramImporter::addDerivative(const Derivative &derivative) {
  func::FuncOp primal = function;
  FunctionType type = primal.getFunctionType();
  const auto &of = derivative.of, &wrt = derivative.wrt;
  if (mlir::failed(checkNumbers(*this, wrt, type.getInputs(), "input")) ||
      mlir::failed(checkNumbers(*this, of, type.getResults(), "output")))
    return failure();
  ArrayRef<int64_t> directed = derivative.isReverse ? of : wrt;
  size_t directions = derivative.seedsOnes ? 0 : directed.size();
  size_t results = derivative.isReverse ? wrt.size() : of.size();
  if (derivative.directionNames.size() != directions || derivative.resultNames.size() != results)
    return emitError() << "a derivative has " << directions << " directions and " << results
                       << " results, but other numbers of names for them";

  function = primal.cloneWithoutRegions();
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  builder.insert(function);
  primal.setName("primal_" + std::to_string(primalCount++));
  primal.setPrivate();
  for (unsigned i = 0; i < primal.getNumArguments(); ++i)
    primal.setArgAttrs(i, builder.getDictionaryAttr({}));
  primal.setAllResultAttrs(SmallVector<DictionaryAttr>(type.getNumResults()));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  Location loc = function.getLoc();
  SmallVector<Value> inputs(body->getArguments());
  // What the directions are compared with, where they have open sizes: results
  // whose elements nobody reads.
  SmallVector<Value> like(inputs);
  if (derivative.isReverse)
    like = llvm::to_vector_of<Value>(func::CallOp::create(builder, loc, primal, inputs).getResults());
  SmallVector<Value> seeds;
  for (auto [i, number] : llvm::enumerate(directed)) {
    Value target = like[number];
    if (derivative.seedsOnes) {
      SizeChecker n(*this, builder, loc, "");
      seeds.push_back(n.splatLike(target, 1.0));
      continue;
    }
    DictionaryAttr attributes =
        derivative.isReverse ? function.getResultAttrDict(number) : function.getArgAttrDict(number);
    seeds.push_back(addDirection(*this, function, builder, target, attributes,
                                 derivative.directionNames[i]));
    if (!seeds.back())
      return failure();
  }

  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  if (derivative.withPrimal)
    llvm::append_range(types, type.getResults());
  for (auto [i, given] : llvm::enumerate(type.getResults()))
    if (derivative.withPrimal)
      attributes.push_back(function.getResultAttrDict(i));
  for (auto [number, name] :
       llvm::zip_equal(derivative.isReverse ? wrt : of, derivative.resultNames)) {
    types.push_back(derivative.isReverse ? type.getInput(number) : type.getResult(number));
    Attribute sizes = derivative.isReverse ? function.getArgAttr(number, "dlc.dim_symbols")
                                           : function.getResultAttr(number, "dlc.dim_symbols");
    NamedAttrList named;
    named.set("dlc.name", builder.getStringAttr(name));
    if (sizes)
      named.set("dlc.dim_symbols", sizes);
    attributes.push_back(named.getDictionary(context));
  }
  Operation *request =
      derivative.isReverse
          ? grad::VjpOp::create(builder, loc, types, primal.getName(), inputs, seeds, of, wrt,
                                derivative.withPrimal)
          : grad::JvpOp::create(builder, loc, types, primal.getName(), inputs, seeds, of, wrt,
                                derivative.withPrimal)
                .getOperation();
  func::ReturnOp::create(builder, loc, request->getResults());
  function.setFunctionType(builder.getFunctionType(body->getArgumentTypes(), types));
  function.setAllResultAttrs(attributes);
  if (derivative.isSplit && mlir::failed(markForSplit(*this, function, derivative)))
    return failure();
  return failure(hasFailed());
}
