//===- CheckWeights.cpp - weights as their program says -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExportedGraph.h"
#include "NodeImporter.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

static std::string describe(StringRef element, ArrayRef<int64_t> shape) {
  auto sizes = llvm::map_range(shape, [](int64_t size) { return std::to_string(size); });
  return (element + "[" + llvm::join(sizes, ", ") + "]").str();
}

/// What a program says of a weight's type; nothing where it leaves that open. A complex one
/// is kept as its parts, in a last dimension of 2.
static std::optional<std::string> describe(const ValueType &type) {
  if (type.kind != ValueType::Kind::Tensor ||
      !llvm::all_of(type.shape, [](const SizeExpr &size) { return size.isNumber(); }))
    return std::nullopt;
  SmallVector<int64_t> shape =
      llvm::map_to_vector(type.shape, [](const SizeExpr &size) { return size.number; });
  StringRef part = getPartType(type.elementType);
  if (!part.empty())
    shape.push_back(2);
  return describe(part.empty() ? StringRef(type.elementType) : part, shape);
}

llvm::Error torch::checkWeights(const Program &program, const llvm::StringMap<Weight> &weights) {
  for (auto [input, spec] : llvm::zip_equal(program.graph.inputs, program.inputs)) {
    if (spec.kind != InputSpec::Kind::Weight)
      continue;
    auto found = weights.find(spec.weight);
    if (found == weights.end())
      return makeError("weight '{0}': the program has none of this name", spec.weight);
    const Tensor &tensor = found->second.tensor;
    std::optional<std::string> expected = describe(input.type);
    std::string given = describe(getName(tensor.getType()), tensor.getShape());
    if (expected && *expected != given)
      return makeError("weight '{0}' should be {1}, but is {2}", spec.weight, *expected, given);
  }
  return llvm::Error::success();
}
