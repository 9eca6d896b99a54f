//===- ReadModule.cpp - reads what the interpreter runs -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runner.h"
#include "dl/IR/ExternalData.h"
#include "dlc/Import/Onnx.h"
#include "dlc/Import/Torch.h"
#include "dlc/Import/UnknownFormat.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace dlc;
using llvm::Expected;
using llvm::StringRef;

/// What a model is that has to be imported first; empty for any other file.
static StringRef getImportedFormat(StringRef bytes) {
  if (isOnnxModel(bytes))
    return "an ONNX model";
  if (isTrace(bytes))
    return "a PyTorch trace";
  return isPt2(bytes) ? "a torch.export archive (.pt2)" : "";
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> dlc::readModule(StringRef path,
                                                            mlir::MLIRContext *context) {
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!file)
    return makeError("{0}: {1}", path, file.getError().message());
  if (StringRef format = getImportedFormat((*file)->getBuffer()); !format.empty())
    return makeError("{0} is {1}: compile it first, by `dl-compile {0} -o model.so`, or bring it "
                     "to the dl dialect, by `dl-translate {0} -o model.mlir`", path, format);
  if (StringRef bytes = (*file)->getBuffer(); !isMlir(bytes) && !path.ends_with(".mlir"))
    return makeError("{0} {1}", path, describeUnknownFormat(bytes, path));
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  // What a later phase leaves is no damaged file.
  std::string foreign;
  mlir::ScopedDiagnosticHandler handler(context, [&](mlir::Diagnostic &diagnostic) {
    std::string text = diagnostic.str();
    StringRef dialect = text;
    if (!dialect.consume_front("Dialect `"))
      return mlir::failure();
    foreign = dialect.take_until([](char c) { return c == '\''; }).str();
    return mlir::success();
  });
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(sources, mlir::ParserConfig(context));
  if (!foreign.empty())
    return makeError("{0} has ops of the dialect '{1}', and the interpreter takes none below dl: "
                     "run what `dl-compile --compile-to=simplify` leaves, or compile it",
                     path, foreign);
  if (!module || failed(dl::resolveExternalData(*module, llvm::sys::path::parent_path(path),
                                                [](StringRef, StringRef) {})))
    return makeError("{0} can't be read", path);
  return std::move(module);
}
