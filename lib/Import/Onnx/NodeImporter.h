//===- NodeImporter.h - what an op's importer works with --------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A NodeImporter is one ONNX node being imported: its operands as Values, its
// attributes, and helpers that build dl ops.
//
// An importer reads like the op's definition:
//
//   LogicalResult importSoftsign(NodeImporter &n) {
//     Value x = n.input(0);
//     return n.result(n.infer<dl::DivOp>(x, n.infer<dl::AddOp>(n.splatLike(x, 1.0),
//                                                             n.infer<dl::AbsOp>(x))));
//   }
//
// Errors: a helper that fails reports the error and returns null (or an empty
// list, or a default); helpers that are given null return null and report
// nothing more; `result` of null is failure. So an importer checks only where it
// looks inside a value (its type, its constant elements).
//
// Every attribute must be read (or `ignoreAttr`ed): one that no getter asked
// for is reported as unknown.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_NODEIMPORTER_H
#define DLC_LIB_IMPORT_ONNX_NODEIMPORTER_H

#include "../Common/NodeBuilder.h"
#include "ImportedValue.h"
#include "OpTable.h"
#include "llvm/ADT/StringSet.h"
#include <deque>

namespace dlc::onnx {

using frontend::NodeBuilder;
using frontend::peekEntry;
using frontend::Size;
using frontend::Sizes;

class AttributeProto;
class GraphImporter;
class GraphProto;
class NodeProto;
class TensorProto;

class NodeImporter : public NodeBuilder {
public:
  NodeImporter(GraphImporter &graph, const NodeProto &node, mlir::OpBuilder &builder,
               mlir::Location loc);

  //===--------------------------------------------------------------------===//
  // The node
  //===--------------------------------------------------------------------===//

  llvm::StringRef getOpType() const;
  /// The node's name, or where it has none its first output's.
  llvm::StringRef getName() const;
  /// The opset version of the node's own domain.
  int64_t opset() const { return version; }
  GraphImporter &getGraph() { return graph; }
  const NodeProto &getNode() const { return node; }

  mlir::InFlightDiagnostic emitError() override;
  std::string describe() const override;

  //===--------------------------------------------------------------------===//
  // Inputs and outputs
  //===--------------------------------------------------------------------===//

  unsigned numInputs() const;
  /// Whether the (optional) input is there.
  bool hasInput(unsigned i) const;
  /// Input `i`; null where it is left out or is no tensor (which is an error).
  mlir::Value input(unsigned i);
  /// Inputs from `first` on, all of which must be present tensors.
  llvm::SmallVector<mlir::Value> inputsFrom(unsigned first);
  /// Input `i` whatever it is, of one rank; null where it is left out.
  const ImportedValue *symbolicInput(unsigned i);
  /// Input `i` even where its rank depends on the run.
  const ImportedValue *rawInput(unsigned i);
  /// Input `i` of an op that broadcasts it together with input `other`: its rank
  /// doesn't matter where the other's is as high.
  mlir::Value inputBeside(unsigned i, unsigned other);

  unsigned numOutputs() const;
  /// Whether somebody may want output `i`.
  bool hasOutput(unsigned i) const;
  /// The result of a node with one output; failure for null.
  llvm::LogicalResult result(mlir::Value value) { return results({value}); }
  /// The results, in order; one that is not wanted may be null.
  llvm::LogicalResult results(llvm::ArrayRef<mlir::Value> values);
  llvm::LogicalResult symbolicResult(ImportedValue value);
  llvm::LogicalResult symbolicResults(llvm::ArrayRef<ImportedValue> values);

  //===--------------------------------------------------------------------===//
  // Attributes. A value of another kind than asked for is an error.
  //===--------------------------------------------------------------------===//

  bool hasAttr(llvm::StringRef name);
  void ignoreAttr(llvm::StringRef name) { seenAttributes.insert(name); }
  int64_t intAttr(llvm::StringRef name, int64_t fallback);
  bool boolAttr(llvm::StringRef name, bool fallback = false);
  double floatAttr(llvm::StringRef name, double fallback);
  std::string stringAttr(llvm::StringRef name, llvm::StringRef fallback);
  llvm::SmallVector<int64_t> intsAttr(llvm::StringRef name, llvm::ArrayRef<int64_t> fallback = {});
  llvm::SmallVector<double> floatsAttr(llvm::StringRef name,
                                       llvm::ArrayRef<double> fallback = {});
  llvm::SmallVector<std::string> stringsAttr(llvm::StringRef name);
  /// A tensor attribute as a value (a constant or a weight); null where absent.
  mlir::Value tensorAttr(llvm::StringRef name);
  mlir::Value sparseTensorAttr(llvm::StringRef name);
  /// A graph attribute; null where absent, which is an error.
  const GraphProto *graphAttr(llvm::StringRef name);
  /// The same, by required name: an absent attribute is an error.
  int64_t requiredInt(llvm::StringRef name);
  llvm::SmallVector<int64_t> requiredInts(llvm::StringRef name);
  /// An ONNX data type number (attributes `to`, `dtype`) as an element type;
  /// null after reporting an error.
  mlir::Type elementTypeAttr(llvm::StringRef name, mlir::Type fallback = {});
  mlir::Type elementType(int64_t onnxDataType);

  /// An attribute as an axis of a tensor of the given rank.
  std::optional<int64_t> axisAttr(llvm::StringRef name, int64_t fallback, int64_t rank);

  /// Imports a subgraph at the insertion point; its inputs get the given
  /// values. Names not found in it are looked up around the node.
  llvm::LogicalResult importSubgraph(const GraphProto &subgraph,
                                     llvm::ArrayRef<ImportedValue> inputs,
                                     llvm::SmallVectorImpl<ImportedValue> &outputs);
  /// Names every attribute that no getter asked for.
  void reportUnreadAttributes();

protected:
  mlir::ElementsAttr globalElements(dl::GlobalLoadOp load) override;

private:
  friend class GraphImporter;

  const AttributeProto *findAttr(llvm::StringRef name);
  /// The attribute if it is of the given AttributeProto::AttributeType.
  const AttributeProto *findAttr(llvm::StringRef name, int kind);

  /// Inputs that were given one rank.
  std::deque<ImportedValue> resolved;
  GraphImporter &graph;
  const NodeProto &node;
  int64_t version = 0;
  llvm::StringSet<> seenAttributes;
  llvm::SmallVector<ImportedValue> outputs;
};

/// The lengths of the parts that Split and SplitToSequence cut a dimension of
/// size `whole` into: those given as a value or as numbers, else `count` equal
/// parts. Checks that they add up; nullopt after reporting an error.
std::optional<Sizes> getSplitSizes(NodeImporter &n, Size whole, int64_t count,
                                   mlir::Value lengths, llvm::ArrayRef<int64_t> fixedLengths);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_NODEIMPORTER_H
