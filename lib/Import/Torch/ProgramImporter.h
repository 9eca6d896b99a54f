//===- ProgramImporter.h - one PyTorch program being imported ---*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_PROGRAMIMPORTER_H
#define DLC_LIB_IMPORT_TORCH_PROGRAMIMPORTER_H

#include "../Common/NodeBuilder.h"
#include "ExportedGraph.h"
#include "ImportedValue.h"
#include "dl/IR/Dl.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace dlc::torch {

class NodeImporter;

/// The state that all graphs of a program share: the module being built, the
/// weights.
class ProgramImporter {
public:
  /// `training` is null, or the program in training: graph, inputs and outputs of it.
  ProgramImporter(const Program &program, llvm::StringRef path, mlir::MLIRContext *context,
                  const Program *training = nullptr)
      : program(program), training(training), path(path), context(context) {}

  mlir::OwningOpRef<mlir::ModuleOp> import();

  mlir::MLIRContext *getContext() { return context; }
  frontend::SizeAnalysis &getSizeAnalysis() { return sizeAnalysis; }
  mlir::InFlightDiagnostic emitError(mlir::Location loc);
  /// An error about the program as a whole.
  mlir::InFlightDiagnostic emitError();
  bool hasFailed() const { return failed; }
  void setFailed() { failed = true; }
  /// The line of the user's program that a node is from.
  mlir::Location locationOf(const Node &node);
  /// Where something of this name is in the model's file.
  mlir::Location named(llvm::StringRef name);
  /// A size by what the inputs say of its symbols; a null tensor (nothing reported) where
  /// they don't decide it.
  frontend::Size evaluate(frontend::NodeBuilder &n, const SizeExpr &size) const;
  /// What PyTorch calculates integers and Python floats in together.
  mlir::Type getDefaultFloat();
  /// The elements of a weight that is small enough to look at; null else.
  mlir::ElementsAttr getGlobalElements(dl::GlobalLoadOp load);

private:
  /// Makes a function of `part`.
  llvm::LogicalResult importPart(const Program &part, llvm::StringRef name);
  llvm::LogicalResult checkOps();
  llvm::LogicalResult importInputs(class GraphImporter &importer);
  llvm::LogicalResult importUserInput(class GraphImporter &importer, const NamedValue &input,
                                      const InputSpec &spec);
  llvm::LogicalResult checkSizes(class GraphImporter &importer);
  mlir::Value importWeight(const InputSpec &spec, mlir::OpBuilder &builder);
  mlir::Attribute makeWeightValue(const Weight &weight, llvm::StringRef name,
                                  mlir::RankedTensorType type);
  /// What the artefact calls a tensor's sizes: expressions of what it calls inputs'; empty
  /// where a size is a number, or isn't known from the inputs'.
  llvm::SmallVector<std::string> nameSizes(const ValueType &type) const;
  llvm::LogicalResult importOutputs(class GraphImporter &importer);
  void eraseUnusedGlobals();
  /// Puts a function that asks for the derivative around what there is.
  llvm::LogicalResult addDerivative(const Derivative &derivative);

  const Program &program;
  const Program *training;
  llvm::StringRef path;
  mlir::MLIRContext *context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  // Of the part that is imported:
  const Program *part = nullptr;
  mlir::func::FuncOp function;
  frontend::SizeAnalysis sizeAnalysis;
  llvm::StringMap<frontend::Size> symbols;
  llvm::StringMap<dl::GlobalOp> globals;
  unsigned primalCount = 0;
  bool failed = false;
};

/// One graph being imported: the names it defines, and the graph around it.
class GraphImporter {
public:
  GraphImporter(ProgramImporter &program, GraphImporter *parent = nullptr)
      : program(program), parent(parent), depth(parent ? parent->depth + 1 : 0) {}

  ProgramImporter &getProgram() { return program; }
  llvm::LogicalResult define(llvm::StringRef name, ImportedValue value, mlir::Location loc);
  /// What `name` stands for here; null if nothing.
  const ImportedValue *lookup(llvm::StringRef name);
  /// Fails if a name that the argument refers to isn't known (reported), or is of
  /// a value that couldn't be made (reported there).
  llvm::LogicalResult checkNames(NodeImporter &n, const Argument &argument);
  void importNodes(llvm::ArrayRef<Node> nodes, mlir::OpBuilder &builder);
  /// Imports a graph of the node `user` at the insertion point, its inputs being `inputs`.
  llvm::LogicalResult importSubgraph(NodeImporter &user, const Graph &graph,
                                     llvm::ArrayRef<ImportedValue> inputs,
                                     llvm::SmallVectorImpl<ImportedValue> &outputs);

private:
  void importNode(const Node &node, mlir::OpBuilder &builder);

  ProgramImporter &program;
  GraphImporter *parent;
  unsigned depth;
  llvm::StringMap<ImportedValue> values;
};

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_PROGRAMIMPORTER_H
