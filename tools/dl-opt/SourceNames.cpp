//===- SourceNames.cpp - values named as in the text read -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parser forgets names, but a location says where a value came from, through all
// passes: an argument's where its name stands, an op's where its own name does, behind
// those of its results:
//
//   %y = dl.sin %x : …
//        ^ of the op
//
// Of several ops with one location the first of that name in a function is the op read.
//
//===----------------------------------------------------------------------===//

#include "SourceNames.h"
#include "dlc/Support/DerivativeNames.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;

/// The name at the start of `text`, without its %; empty for a number, which is no name.
static StringRef takeName(StringRef text) {
  if (!text.consume_front("%"))
    return {};
  StringRef name = text.take_while(
      [](char c) { return llvm::isAlnum(c) || c == '_' || c == '$' || c == '.' || c == '-'; });
  return llvm::all_of(name, llvm::isDigit) ? StringRef() : name;
}

namespace {
class SourceNamesPass : public PassWrapper<SourceNamesPass, OperationPass<>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SourceNamesPass)

  SourceNamesPass(StringRef source, StringRef sourceName) : sourceName(sourceName) {
    source.split(lines, '\n');
  }
  StringRef getName() const override { return "SourceNamesPass"; }
  void runOnOperation() override;

private:
  /// What stands before and behind a place in the source.
  std::pair<StringRef, StringRef> lookup(LocationAttr location) const;
  /// The name that a value was read with whose location this is.
  StringRef getSourceName(LocationAttr location) const;
  /// The name of a derivative; empty if this is none.
  std::string getDerivativeName(LocationAttr location) const;
  /// Whether the source has this op, or what it stands for, at its location.
  bool isOpRead(Operation *op) const;
  void nameResults(Operation *op);
  void nameArgument(BlockArgument argument);

  StringRef sourceName;
  SmallVector<StringRef> lines;
  /// Of the function at hand, the places of ops that were found.
  DenseSet<Attribute> found;
};
} // namespace

std::pair<StringRef, StringRef> SourceNamesPass::lookup(LocationAttr location) const {
  auto file = dyn_cast<FileLineColLoc>(location);
  if (!file || file.getFilename() != sourceName || file.getLine() == 0 ||
      file.getLine() > lines.size())
    return {};
  StringRef line = lines[file.getLine() - 1];
  size_t column = std::min<size_t>(std::max(file.getColumn(), 1u) - 1, line.size());
  return {line.take_front(column), line.drop_front(column)};
}

StringRef SourceNamesPass::getSourceName(LocationAttr location) const {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName();
  auto [before, behind] = lookup(location);
  if (behind.starts_with("%"))
    return takeName(behind);
  before = before.trim();
  // Of several names none is that of the op.
  return before.ends_with("=") && before.count('%') == 1 ? takeName(before) : StringRef();
}

std::string SourceNamesPass::getDerivativeName(LocationAttr location) const {
  auto [of, kind] = getDerivativeMark(location);
  if (!of)
    return {};
  std::string name = getDerivativeName(of);
  if (name.empty())
    name = getSourceName(of).str();
  return name.empty() ? name : name + "_" + kind.str();
}

static Location makeNamed(StringRef name, Location location) {
  return NameLoc::get(StringAttr::get(location.getContext(), name), location);
}

void SourceNamesPass::nameArgument(BlockArgument argument) {
  std::string name = getDerivativeName(argument.getLoc());
  if (name.empty() && lookup(argument.getLoc()).second.starts_with("%"))
    name = getSourceName(argument.getLoc()).str();
  if (!name.empty())
    argument.setLoc(makeNamed(name, argument.getLoc()));
}

bool SourceNamesPass::isOpRead(Operation *op) const {
  StringRef text = lookup(op->getLoc()).second;
  text.consume_front("\"");
  if (isa<CallOpInterface>(op) && text.starts_with("grad."))
    return true; // a request for a derivative becomes a call
  return text.starts_with(op->getName().getStringRef()) ||
         text.starts_with(op->getName().stripDialect());
}

void SourceNamesPass::nameResults(Operation *op) {
  std::string name = getDerivativeName(op->getLoc());
  if (name.empty() && isOpRead(op) && found.insert(op->getLoc()).second)
    name = getSourceName(op->getLoc()).str();
  if (!name.empty() && op->getNumResults() > 0)
    op->setLoc(makeNamed(name, op->getLoc()));
}

void SourceNamesPass::runOnOperation() {
  getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<FunctionOpInterface>(op))
      found.clear();
    nameResults(op);
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        nameArgument(argument);
  });
}

std::unique_ptr<Pass> dlc::createSourceNamesPass(StringRef source, StringRef sourceName) {
  return std::make_unique<SourceNamesPass>(source, sourceName);
}
