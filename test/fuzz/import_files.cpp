//===- import_files.cpp - imports many files, one after the other ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// import_files FILE...: imports traces (*.json) and archives of torch.export
// (*.pt2) in this process. One line of JSON for each:
//
//   {"file": …, "outcome": "imported"|"refused"|"silent", "messages": …}
//
// `silent` is a refusal without a sentence. scripts/conformance fuzz-torch drives
// this and counts; a crash shows as a missing line.
//
//===----------------------------------------------------------------------===//

#include "dlc/Import/Torch.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <unistd.h>

using namespace mlir;

static void tooLong(int) {
  static const char text[] = "a case takes more than 60 s\n";
  (void)!write(2, text, sizeof text - 1);
  _exit(3);
}

static llvm::json::Object importFile(StringRef path, StringRef bytes) {
  std::string messages;
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    return success();
  });
  OwningOpRef<ModuleOp> module = path.ends_with(".pt2") ? dlc::importPt2(bytes, path, &context)
                                                        : dlc::importTrace(bytes, path, &context);
  StringRef outcome = module ? "imported" : messages.empty() ? "silent" : "refused";
  return llvm::json::Object{
      {"file", path}, {"outcome", outcome}, {"messages", llvm::json::fixUTF8(messages)}};
}

int main(int argc, char **argv) {
  std::signal(SIGALRM, tooLong);
  for (int i = 1; i < argc; ++i) {
    auto file = llvm::MemoryBuffer::getFile(argv[i]);
    if (!file) {
      llvm::errs() << argv[i] << ": " << file.getError().message() << "\n";
      return 2;
    }
    alarm(60);
    llvm::json::Object outcome = importFile(argv[i], (*file)->getBuffer());
    alarm(0);
    llvm::outs() << llvm::json::Value(std::move(outcome)) << "\n";
    llvm::outs().flush();
  }
  return 0;
}
