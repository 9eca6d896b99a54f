//===- ModelImporter.h - one ONNX model being imported ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_MODELIMPORTER_H
#define DLC_LIB_IMPORT_ONNX_MODELIMPORTER_H

#include "../Common/Elements.h"
#include "../Common/Sizes.h"
#include "dl/IR/Dl.h"
#include "dlc/Import/Onnx.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"

namespace dlc::onnx {

using frontend::makeElements;

class AttributeProto;
class FunctionProto;
class GraphImporter;
class GraphProto;
class ModelProto;
class NodeProto;
class SparseTensorProto;
class TensorProto;
class TypeProto;
class ValueInfoProto;

/// The dl element type of an ONNX data type number; null for strings, complex
/// numbers and unknown numbers.
mlir::Type getElementType(mlir::MLIRContext *context, int64_t onnxDataType);
/// "FLOAT16", or "number 77".
std::string getDataTypeName(int64_t onnxDataType);

/// The state that all graphs of a model share: the module being built, the
/// mapped files, the functions.
class ModelImporter {
public:
  ModelImporter(llvm::StringRef bytes, llvm::StringRef path, mlir::MLIRContext *context,
                const OnnxImportOptions &options);
  ~ModelImporter();

  mlir::OwningOpRef<mlir::ModuleOp> import();

  mlir::MLIRContext *getContext() { return context; }
  frontend::SizeAnalysis &getSizeAnalysis() { return sizeAnalysis; }
  const FunctionProto *findFunction(llvm::StringRef domain, llvm::StringRef name,
                                    llvm::StringRef overload) const;

  /// A location with a name: a node's, tensor's or input's.
  mlir::Location named(llvm::StringRef name);
  /// An error about the model; the import fails.
  mlir::InFlightDiagnostic emitError(mlir::Location loc);
  bool hasFailed() const { return failed; }
  void setFailed() { failed = true; }
  /// Counts a node; false (reported) when there are absurdly many.
  bool countNode(mlir::Location loc);

  /// A tensor of the model as a value at the start of the function: a small one
  /// as a dl.constant, else a dl.global that refers to the bytes in their file.
  /// Null after reporting an error.
  mlir::Value importTensor(const TensorProto &tensor, llvm::StringRef name, mlir::Location loc,
                           bool isInitializer = false);
  mlir::Value importSparseTensor(const SparseTensorProto &tensor, llvm::StringRef name,
                                 mlir::Location loc);
  /// The elements of a dl.global_load made by importTensor, up to a size that is
  /// sensible to hold; null beyond.
  mlir::ElementsAttr getGlobalElements(dl::GlobalLoadOp load);
  /// Where constants go: the start of the function being built.
  mlir::OpBuilder getConstantBuilder();

private:
  struct TensorBytes;

  llvm::LogicalResult checkVersions();
  llvm::LogicalResult declareFunctions();
  llvm::LogicalResult importGraph(const GraphProto &graph, llvm::StringRef functionName);
  llvm::LogicalResult importInputs(const GraphProto &graph, GraphImporter &importer,
                                   mlir::func::FuncOp function);
  mlir::RankedTensorType importInputType(const ValueInfoProto &input, mlir::ArrayAttr &symbols);
  llvm::LogicalResult importOutputs(const GraphProto &graph, GraphImporter &importer,
                                    mlir::func::FuncOp function);
  void setModuleAttributes();
  /// Erases ops and globals without a use.
  void eraseUnused();

  mlir::RankedTensorType getTensorType(const TensorProto &tensor, llvm::StringRef name,
                                       mlir::Location loc);
  /// The bytes of a tensor, wherever they are.
  llvm::LogicalResult findBytes(const TensorProto &tensor, mlir::RankedTensorType type,
                                llvm::StringRef name, mlir::Location loc, TensorBytes &bytes);
  llvm::LogicalResult findExternalBytes(const TensorProto &tensor, llvm::StringRef name,
                                        mlir::Location loc, TensorBytes &bytes);
  mlir::ElementsAttr importTypedData(const TensorProto &tensor, mlir::RankedTensorType type,
                                     llvm::StringRef name, mlir::Location loc);

  llvm::StringRef bytes;
  std::string path;
  mlir::MLIRContext *context;
  const OnnxImportOptions &options;
  std::unique_ptr<ModelProto> model;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp currentFunction;
  mlir::Operation *lastConstant = nullptr;
  mlir::Operation *lastGlobal = nullptr;
  /// Tensors of the current function that have their value.
  llvm::DenseMap<const TensorProto *, mlir::Value> tensorValues;
  frontend::SizeAnalysis sizeAnalysis;
  bool failed = false;
  uint64_t nodeCount = 0;
  llvm::StringMap<const FunctionProto *> functions;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> externalFiles;
  llvm::StringSet<> symbolNames;
  /// The bytes of the globals that are not in the IR.
  llvm::DenseMap<mlir::StringAttr, llvm::StringRef> globalBytes;
  /// The elements of the globals that are.
  llvm::DenseMap<mlir::StringAttr, mlir::ElementsAttr> globalElements;
};

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_MODELIMPORTER_H
