//===- Interpret.cpp - runs a model in the reference interpreter ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runner.h"
#include "dlc/Reference/Interpreter.h"

using namespace dlc;
using namespace mlir;
using llvm::Expected;

std::string dlc::getTypeName(const Port &port) {
  std::string text;
  for (int64_t size : port.shape)
    text += (size < 0 ? "?" : std::to_string(size)) + "x";
  return text + getName(port.type).str();
}

/// The ports of some types; `attributes(i)` are those of the i-th.
static Expected<std::vector<Port>>
getPorts(func::FuncOp function, TypeRange types, StringRef kind,
         llvm::function_ref<StringAttr(unsigned)> getName) {
  std::vector<Port> ports;
  for (auto [i, type] : llvm::enumerate(types)) {
    StringAttr name = getName(i);
    Port port{name ? name.str() : (kind + "_" + Twine(i)).str(), ElementType::f32, {}};
    std::optional<ElementType> element = reference::getElementType(type);
    if (!element)
      return makeError("{0} '{1}' of function @{2} is not a tensor", kind, port.name,
                       function.getName());
    port.type = *element;
    if (auto shaped = dyn_cast<ShapedType>(type))
      for (int64_t size : shaped.getShape())
        port.shape.push_back(ShapedType::isDynamic(size) ? -1 : size);
    ports.push_back(std::move(port));
  }
  return ports;
}

Expected<std::vector<Port>> dlc::getInputPorts(func::FuncOp function) {
  return getPorts(function, function.getArgumentTypes(), "input", [&](unsigned i) {
    return function.getArgAttrOfType<StringAttr>(i, "dlc.name");
  });
}

Expected<std::vector<Port>> dlc::getOutputPorts(func::FuncOp function) {
  return getPorts(function, function.getResultTypes(), "output", [&](unsigned i) {
    return function.getResultAttrOfType<StringAttr>(i, "dlc.name");
  });
}

namespace {
class InterpreterRunner : public Runner {
public:
  InterpreterRunner(ModuleOp module, func::FuncOp function, std::vector<Port> in,
                    std::vector<Port> out)
      : interpreter(module), name(function.getName()) {
    inputs = std::move(in);
    outputs = std::move(out);
  }

  Expected<std::vector<Tensor>> run(ArrayRef<Tensor> values) override {
    Expected<reference::Tensors> results = interpreter.run(name, values);
    if (!results)
      return results.takeError();
    return std::vector<Tensor>(results->begin(), results->end());
  }
  llvm::Error setThreads(unsigned) override { return llvm::Error::success(); }

private:
  reference::Interpreter interpreter;
  std::string name;
};
} // namespace

Expected<std::unique_ptr<Runner>> dlc::makeInterpreter(ModuleOp module, StringRef name) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function)
    return makeError("there is no function @{0}", name);
  Expected<std::vector<Port>> inputs = getInputPorts(function);
  if (!inputs)
    return inputs.takeError();
  Expected<std::vector<Port>> outputs = getOutputPorts(function);
  if (!outputs)
    return outputs.takeError();
  return std::make_unique<InterpreterRunner>(module, function, std::move(*inputs),
                                             std::move(*outputs));
}
