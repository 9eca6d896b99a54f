//===- CheckCompiled.cpp - a function compiled, beside the interpreter ----===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compiler would fold a function of constants away, by the interpreter. So
// data constants become inputs first, those that steer shapes stay.
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "dl/IR/Dl.h"
#include "dlc/Reference/Interpreter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <cmath>

using namespace dlc;
using namespace mlir;
using llvm::Error;
using llvm::Expected;

/// Whether a constant may be what a shape is made of, or a `k`.
static bool maySteerShapes(dl::ConstantOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  return type.getRank() <= 1 && (type.getElementType().isInteger(64) || type.getElementType().isIndex());
}

/// Makes inputs of the function's data constants and gives their values.
static Expected<std::vector<Tensor>> makeConstantsInputs(func::FuncOp function) {
  std::vector<Tensor> values;
  SmallVector<dl::ConstantOp> constants;
  function.walk([&](dl::ConstantOp op) {
    if (!maySteerShapes(op))
      constants.push_back(op);
  });
  for (dl::ConstantOp op : constants) {
    Expected<Tensor> value = reference::getTensor(op.getValue());
    if (!value)
      return value.takeError();
    values.push_back(std::move(*value));
    unsigned index = function.getNumArguments();
    if (failed(function.insertArgument(index, op.getType(), {}, op.getLoc())))
      return makeError("function @{0} can't take another input", function.getName());
    op.getOutput().replaceAllUsesWith(function.getArgument(index));
    op.erase();
  }
  return values;
}

/// Writes a copy of the module whose one public function is `name`, as `main`.
static Expected<std::vector<Tensor>> writeModule(ModuleOp module, StringRef name, StringRef path) {
  OwningOpRef<ModuleOp> copy = module.clone();
  for (auto function : copy->getOps<func::FuncOp>())
    function.setPrivate();
  auto function = copy->lookupSymbol<func::FuncOp>(name);
  Expected<std::vector<Tensor>> constants = makeConstantsInputs(function);
  if (!constants)
    return constants;
  function.setPublic();
  if (name != "main" && copy->lookupSymbol("main"))
    (void)SymbolTable(*copy).rename(copy->lookupSymbol("main"), "main_0");
  if (failed(SymbolTable(*copy).rename(function, "main")))
    return makeError("function @{0} can't be renamed", name);
  std::error_code code;
  llvm::raw_fd_ostream os(path, code);
  if (code)
    return makeError("{0}: {1}", path, code.message());
  copy->print(os, OpPrintingFlags().enableDebugInfo());
  return constants;
}

/// Runs the dl-compile beside this program.
static Error compileFile(StringRef self, StringRef input, StringRef output) {
  llvm::ErrorOr<std::string> compiler =
      llvm::sys::findProgramByName("dl-compile", {llvm::sys::path::parent_path(self)});
  if (!compiler)
    return makeError("there is no dl-compile beside dl-run");
  llvm::SmallString<128> log;
  if (std::error_code code = llvm::sys::fs::createTemporaryFile("dl-run", "log", log))
    return makeError("{0}", code.message());
  llvm::FileRemover removeLog(log);
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*compiler, {*compiler, input, "-o", output}, std::nullopt,
                                         {std::nullopt, log.str(), log.str()}, 300, 0, &message);
  if (status == 0)
    return Error::success();
  auto text = llvm::MemoryBuffer::getFile(log);
  return makeError("dl-compile failed{0}{1}\n{2}", status < 0 ? ": " : "", message,
                   text ? (*text)->getBuffer().rtrim() : StringRef());
}

namespace {
/// Runs the compiled function and the interpreter, and compares.
class CheckedRunner : public Runner {
public:
  CheckedRunner(std::unique_ptr<Runner> interpreter, std::unique_ptr<Runner> compiled,
                std::vector<Tensor> constants, const Tolerance &tolerance)
      : interpreter(std::move(interpreter)), compiled(std::move(compiled)),
        constants(std::move(constants)), tolerance(tolerance) {
    inputs = this->interpreter->getInputs();
    outputs = this->interpreter->getOutputs();
  }

  Expected<std::vector<Tensor>> run(ArrayRef<Tensor> values) override {
    Expected<std::vector<Tensor>> expected = interpreter->run(values);
    Expected<std::vector<Tensor>> actual = compiled->run(addConstants(values));
    if (!actual && !expected) {
      llvm::consumeError(actual.takeError());
      return expected.takeError();
    }
    if (!expected)
      return makeError("the compiled function gives outputs, but the interpreter says: {0}",
                       llvm::toString(expected.takeError()));
    if (!actual)
      return makeError("the interpreter gives outputs, but the compiled function says: {0}",
                       llvm::toString(actual.takeError()));
    std::string differences;
    for (auto [i, port] : llvm::enumerate(outputs))
      if (auto text = compareTensors((*actual)[i], (*expected)[i], getTolerance(port.type)))
        differences += (differences.empty() ? "" : "\n") + ("output '" + port.name + "': ") + *text;
    if (!differences.empty())
      return makeError("{0}", differences);
    return actual;
  }

  Error measure(ArrayRef<Tensor> values) override { return compiled->measure(addConstants(values)); }
  Error setThreads(unsigned count) override { return compiled->setThreads(count); }

private:
  /// Narrow floats may differ by two units in the last place.
  Tolerance getTolerance(ElementType type) const {
    Tolerance result = tolerance;
    unsigned mantissa = type == ElementType::f16 ? 10 : type == ElementType::bf16 ? 7 : 2;
    if (isFloat(type) && getBitWidth(type) <= 16)
      result.relative = std::max(result.relative, std::ldexp(2.0, -int(mantissa)));
    return result;
  }

  std::vector<Tensor> addConstants(ArrayRef<Tensor> values) const {
    std::vector<Tensor> all(values.begin(), values.end());
    llvm::append_range(all, constants);
    return all;
  }

  std::unique_ptr<Runner> interpreter, compiled;
  std::vector<Tensor> constants;
  Tolerance tolerance;
};
} // namespace

Expected<std::unique_ptr<Runner>> dlc::makeChecked(ModuleOp module, StringRef function,
                                                   StringRef self, const Tolerance &tolerance) {
  Expected<std::unique_ptr<Runner>> interpreter = makeInterpreter(module, function);
  if (!interpreter)
    return interpreter;
  llvm::SmallString<128> directory;
  if (std::error_code code = llvm::sys::fs::createUniqueDirectory("dl-run", directory))
    return makeError("{0}", code.message());
  std::string input = (directory + "/model.mlir").str(), output = (directory + "/model.so").str();
  auto load = [&]() -> Expected<std::unique_ptr<Runner>> {
    Expected<std::vector<Tensor>> constants = writeModule(module, function, input);
    if (!constants)
      return constants.takeError();
    if (Error error = compileFile(self, input, output))
      return error;
    Expected<std::unique_ptr<Runner>> compiled = loadCompiled(output, "");
    if (!compiled)
      return compiled;
    return std::make_unique<CheckedRunner>(std::move(*interpreter), std::move(*compiled),
                                           std::move(*constants), tolerance);
  };
  Expected<std::unique_ptr<Runner>> runner = load();
  (void)llvm::sys::fs::remove_directories(directory);
  return runner;
}
