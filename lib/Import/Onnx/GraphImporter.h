//===- GraphImporter.h - imports graphs, node by node -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_GRAPHIMPORTER_H
#define DLC_LIB_IMPORT_ONNX_GRAPHIMPORTER_H

#include "ImportedValue.h"
#include "ModelImporter.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"

namespace google::protobuf {
template <typename Element>
class RepeatedPtrField;
} // namespace google::protobuf

namespace dlc::onnx {

class NodeImporter;
struct OpEntry;

/// What the nodes of one function body (or of the main graph) have in common.
struct Frame {
  /// The opset version of each domain.
  llvm::StringMap<int64_t> opsets;
  /// What the attribute references of a function body stand for; null: absent.
  llvm::StringMap<const AttributeProto *> attributes;
  /// Where the function is called from.
  std::optional<mlir::Location> callSite;
  /// The functions being inlined, innermost first.
  const FunctionProto *function = nullptr;
  const Frame *caller = nullptr;
  unsigned depth = 0;
};

/// One graph (or function body) being imported: the names it defines, and the
/// graph around it whose names it sees.
class GraphImporter {
public:
  GraphImporter(ModelImporter &model, const Frame &frame, GraphImporter *parent = nullptr)
      : model(model), frame(frame), parent(parent), depth(parent ? parent->depth + 1 : 0) {}

  /// Gives `name` its value in this graph; an error if it has one.
  llvm::LogicalResult define(llvm::StringRef name, ImportedValue value, mlir::Location loc);
  /// The initializers of `graph`, made values when they are first used.
  llvm::LogicalResult declareInitializers(const GraphProto &graph);
  /// Whether `name` is an initializer of this very graph.
  const TensorProto *findInitializer(llvm::StringRef name) const;
  /// What `name` stands for here; null if nothing.
  const ImportedValue *lookup(llvm::StringRef name);

  void importNodes(const google::protobuf::RepeatedPtrField<NodeProto> &nodes,
                   mlir::OpBuilder &builder);
  void importNode(const NodeProto &node, mlir::OpBuilder &builder);
  /// `graph` inside this one; see NodeImporter::importSubgraph.
  llvm::LogicalResult importSubgraph(const GraphProto &graph,
                                     llvm::ArrayRef<ImportedValue> inputs,
                                     llvm::SmallVectorImpl<ImportedValue> &outputs,
                                     mlir::OpBuilder &builder, mlir::Location loc);

  ModelImporter &getModel() { return model; }
  const Frame &getFrame() const { return frame; }

private:
  llvm::LogicalResult importFunction(NodeImporter &node, const FunctionProto &function);
  llvm::LogicalResult checkInputs(NodeImporter &node, const OpEntry *entry, bool &poisoned);
  mlir::Location locationOf(const NodeProto &node);

  struct Entry {
    ImportedValue value;
    const TensorProto *initializer = nullptr;
    bool tried = false; ///< the initializer was made a value, or failed
  };

  ModelImporter &model;
  const Frame &frame;
  GraphImporter *parent;
  unsigned depth;
  llvm::StringMap<Entry> values;
  /// Names that later nodes will define, to tell disorder from absence.
  llvm::StringMap<const NodeProto *> later;
};

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_GRAPHIMPORTER_H
