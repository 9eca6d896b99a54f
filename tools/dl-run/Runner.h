//===- Runner.h - something that runs a model -------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TOOLS_DLRUN_RUNNER_H
#define DLC_TOOLS_DLRUN_RUNNER_H

#include "dlc/Support/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace dlc {

/// One input or output of a model.
struct Port {
  std::string name;
  ElementType type;
  llvm::SmallVector<int64_t, 4> shape; ///< a negative size is dynamic
};

/// "?x3xf32"
std::string getTypeName(const Port &port);

/// Runs one entry of a model.
class Runner {
public:
  virtual ~Runner() = default;
  const std::vector<Port> &getInputs() const { return inputs; }
  const std::vector<Port> &getOutputs() const { return outputs; }
  virtual llvm::Expected<std::vector<Tensor>> run(llvm::ArrayRef<Tensor> inputs) = 0;
  /// A run whose outputs nobody wants, for measurements.
  virtual llvm::Error measure(llvm::ArrayRef<Tensor> values) { return run(values).takeError(); }
  /// 0: as many as there are cores.
  virtual llvm::Error setThreads(unsigned count) = 0;

protected:
  std::vector<Port> inputs, outputs;
};

/// The inputs and outputs of a function, named by `dlc.name` attributes, else
/// input_0, output_0 and so on.
llvm::Expected<std::vector<Port>> getInputPorts(mlir::func::FuncOp function);
llvm::Expected<std::vector<Port>> getOutputPorts(mlir::func::FuncOp function);

/// The module that a file holds as text or bytecode.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> readModule(llvm::StringRef path,
                                                             mlir::MLIRContext *context);
/// Writes the derivatives that a module asks for.
llvm::Error differentiate(mlir::ModuleOp module);

/// Interprets a function of `module`, which must outlive the runner.
llvm::Expected<std::unique_ptr<Runner>> makeInterpreter(mlir::ModuleOp module,
                                                        llvm::StringRef function);

/// Loads a compiled model; `weightsPath` empty: external weights lie beside it.
llvm::Expected<std::unique_ptr<Runner>> loadCompiled(llvm::StringRef path,
                                                     llvm::StringRef weightsPath);

} // namespace dlc

#endif // DLC_TOOLS_DLRUN_RUNNER_H
