//===- NodeImporter.h - what an op's importer works with --------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A NodeImporter is one ATen node being imported: its arguments, by their names
// in the op's schema, and helpers that build dl ops (NodeBuilder).
//
// An importer reads like the op's definition:
//
//   LogicalResult importAddcmul(NodeImporter &n) {
//     Type type = n.resultElementType();
//     Expr product = n.operand("tensor1", type) * n.operand("tensor2", type);
//     return n.result(n.operand("self", type) + product * n.operand("value", type));
//   }
//
// A getter that fails reports the error and returns null (or a default), and
// `result` of null is failure. Every argument must be read (or ignored): one
// that no getter asked for, and that isn't None, is reported as unsupported.
//
// A complex value is a pair of real ones, its parts; to an importer of real numbers it
// isn't a tensor. `importByParts` runs such an importer on the real and on the imaginary
// parts; element types are always those of the parts.
//
// What the tracer knew of a result (resultElementType) is checked against what
// the importer made: a difference is an error, never a wrong number.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_NODEIMPORTER_H
#define DLC_LIB_IMPORT_TORCH_NODEIMPORTER_H

#include "../Common/Expr.h"
#include "../Common/NodeBuilder.h"
#include "Complex.h"
#include "ExportedGraph.h"
#include "ImportedValue.h"
#include "OpTable.h"
#include "llvm/ADT/StringSet.h"

namespace dlc::torch {

using frontend::computationType;
using frontend::dimRange;
using frontend::Expr;
using frontend::NodeBuilder;
using frontend::pNorm;
using frontend::Size;
using frontend::sizeAs;
using frontend::Sizes;

class GraphImporter;

class NodeImporter : public NodeBuilder {
public:
  NodeImporter(GraphImporter &graph, const Node &node, mlir::OpBuilder &builder,
               mlir::Location loc);

  //===--------------------------------------------------------------------===//
  // The node
  //===--------------------------------------------------------------------===//

  /// "aten.add.Tensor".
  llvm::StringRef getTarget() const { return node.target; }
  /// Its last part, the overload: "Tensor".
  llvm::StringRef getOverload() const { return getTarget().rsplit('.').second; }
  const Node &getNode() const { return node; }
  GraphImporter &getGraph() { return graph; }

  mlir::InFlightDiagnostic emitError() override;
  std::string describe() const override;

  //===--------------------------------------------------------------------===//
  // Arguments, by their names in the op's schema
  //===--------------------------------------------------------------------===//

  /// Whether the argument is given and isn't None.
  bool has(llvm::StringRef name);
  /// Arguments that change nothing here.
  void ignore(std::initializer_list<llvm::StringRef> names);

  /// A tensor; None is an error.
  mlir::Value tensor(llvm::StringRef name);
  /// A tensor, or null for None.
  mlir::Value optionalTensor(llvm::StringRef name);
  /// All of a list of tensors.
  llvm::SmallVector<mlir::Value> tensors(llvm::StringRef name);
  /// All of a list of tensors, null for None.
  llvm::SmallVector<mlir::Value> optionalTensors(llvm::StringRef name);
  /// A tensor or number, converted to the element type; a number is a 0-D
  /// tensor. Null elementType: a tensor's own, a number's i64, f64 or i1.
  Expr operand(llvm::StringRef name, mlir::Type elementType = {});
  /// The element type that PyTorch computes these in together: dimensions count
  /// before 0-D tensors, and those before numbers.
  mlir::Type promote(llvm::ArrayRef<llvm::StringRef> names);
  /// The same of the parts of complex ones.
  mlir::Type promoteParts(llvm::ArrayRef<llvm::StringRef> names);

  /// Whether an argument, or something in it, is complex.
  bool isComplex(llvm::StringRef name);
  /// A tensor or number as its parts, converted to the element type; a real one's
  /// imaginary part is 0.
  Complex complexOperand(llvm::StringRef name, mlir::Type elementType);
  /// A complex tensor as a real one with a last dimension of 2.
  mlir::Value interleaved(llvm::StringRef name);
  /// The op's importer for real numbers, run on both parts (see ComplexRule).
  llvm::LogicalResult importByParts(OpImporter importer, llvm::ArrayRef<llvm::StringRef> promoted);

  /// Numbers that are known now; a symbolic one is an error.
  int64_t integer(llvm::StringRef name);
  std::optional<int64_t> optionalInteger(llvm::StringRef name);
  double number(llvm::StringRef name);
  std::optional<double> optionalNumber(llvm::StringRef name);
  bool boolean(llvm::StringRef name);
  std::optional<bool> optionalBoolean(llvm::StringRef name);
  std::string string(llvm::StringRef name);
  /// Whether a Scalar argument is an integer (or boolean) rather than a float.
  bool isIntegral(llvm::StringRef name);
  /// A list of integers that are known now (a lone integer is a list of one).
  llvm::SmallVector<int64_t> integers(llvm::StringRef name);
  llvm::SmallVector<double> numbers(llvm::StringRef name);
  llvm::SmallVector<bool> booleans(llvm::StringRef name);
  /// The same list brought to `count` entries, where one may stand for all.
  llvm::SmallVector<int64_t> integers(llvm::StringRef name, size_t count);
  /// Integers that may be symbolic.
  Size symbolic(llvm::StringRef name);
  Sizes symbolics(llvm::StringRef name);
  /// An index into a dimension of this size, counted from the front; the run ends
  /// with an error where it is outside.
  Size index(llvm::StringRef name, Size size);
  /// A dtype argument; null for None.
  mlir::Type elementType(llvm::StringRef name);
  /// A dimension, counted from the end where negative, of a tensor of this rank
  /// (a 0-D tensor has a dimension 0 to name).
  std::optional<int64_t> axis(llvm::StringRef name, int64_t rank);
  /// A list of dimensions; None or an empty list is all of them.
  std::optional<llvm::SmallVector<int64_t>> axes(llvm::StringRef name, int64_t rank);
  /// Some elements have to be there: a size of 0 in one of these dimensions is an error,
  /// now or when the program runs.
  void requireElements(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  /// A subgraph; null after reporting an error.
  const Graph *subgraph(llvm::StringRef name);
  /// Anything: its value as it is.
  ImportedValue value(llvm::StringRef name);
  llvm::SmallVector<ImportedValue> values(llvm::StringRef name);

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  unsigned numResults() const { return node.results.size(); }
  /// Whether somebody uses result `i`.
  bool hasResult(unsigned i) const {
    return i < node.results.size() && !node.results[i].name.empty();
  }
  /// The element type that the tracer says result `i` has, or its parts have; null
  /// (reported) where it says nothing.
  mlir::Type resultElementType(unsigned i = 0);
  /// Whether the tracer says that result `i` is complex.
  bool isComplexResult(unsigned i = 0) const;
  /// The rank and sizes that it says; dynamic where symbolic.
  llvm::SmallVector<int64_t> resultShape(unsigned i = 0);
  /// A result that isn't asked for (but for a derivative), which PyTorch gives without
  /// elements; null where it isn't used.
  mlir::Value emptyResult(unsigned i);
  llvm::LogicalResult result(mlir::Value value) { return results({value}); }
  llvm::LogicalResult result(Size size) { return results({ImportedValue(size)}); }
  llvm::LogicalResult result(const Complex &z) {
    return results({ImportedValue::complex(z.re, z.im)});
  }
  /// A complex result given as a real tensor with a last dimension of 2.
  llvm::LogicalResult interleavedResult(mlir::Value value);
  /// The results, in order; one that isn't used may be null.
  llvm::LogicalResult results(llvm::ArrayRef<ImportedValue> values);

  /// The dl element type of a name of the trace ("f32"), or of its parts ("c64"); null
  /// (reported) if dl has none.
  mlir::Type parseElementType(llvm::StringRef name);

protected:
  mlir::ElementsAttr globalElements(dl::GlobalLoadOp load) override;

private:
  friend class GraphImporter;

  /// What a complex value stands for in evaluate().
  enum class Part { Whole, Real, Imaginary };

  bool involvesComplex() const;
  bool isComplex(const Argument &argument) const;
  /// 0 where a real argument stands for a complex one whose imaginary part is wanted.
  mlir::Value partOf(llvm::StringRef name, const Argument &argument, mlir::Value value);
  bool checkKind(unsigned i, const ImportedValue &value);
  const Argument *find(llvm::StringRef name);
  /// The argument; null after reporting that it is missing.
  const Argument *expect(llvm::StringRef name);
  ImportedValue evaluate(const Argument &argument);
  mlir::InFlightDiagnostic emitArgumentError(llvm::StringRef name);
  mlir::Value asTensor(llvm::StringRef name, const Argument &argument, bool allowNone);
  std::optional<int64_t> asInteger(llvm::StringRef name, const Argument &argument);
  std::optional<double> asNumber(llvm::StringRef name, const Argument &argument);
  Size asSize(llvm::StringRef name, const Argument &argument);
  void reportUnreadArguments();
  mlir::Value checkResult(unsigned i, mlir::Value value);

  GraphImporter &graph;
  const Node &node;
  llvm::StringSet<> seen;
  llvm::SmallVector<ImportedValue> outputs;
  Part part = Part::Whole;
  llvm::ArrayRef<llvm::StringRef> promoted;
};

/// The dl element type that the trace calls `name`; null if there is none.
mlir::Type getElementType(mlir::MLIRContext *context, llvm::StringRef name);
/// Whether a trace's tensor may be of this element type, complex ones among them.
bool isElementType(llvm::StringRef name);
/// The name of a complex type's parts ("f32" of "c64"); empty for any other type.
llvm::StringRef getPartType(llvm::StringRef name);
/// A real tensor with a last dimension of 2 as a complex one, and back.
ImportedValue deinterleave(frontend::NodeBuilder &n, mlir::Value value);
mlir::Value interleave(frontend::NodeBuilder &n, const ImportedValue &value);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_NODEIMPORTER_H
