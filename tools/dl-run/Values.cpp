//===- Values.cpp - a run's inputs and outputs ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "dlc/Support/TensorFile.h"
#include "dlc/Support/TensorRandom.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace dlc;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

/// The index of the port of that name.
static std::optional<size_t> findPort(const std::vector<Port> &ports, StringRef name) {
  for (auto [i, port] : llvm::enumerate(ports))
    if (port.name == name)
      return i;
  return std::nullopt;
}

static std::string listNames(const std::vector<Port> &ports) {
  return llvm::join(llvm::map_range(ports, [](const Port &port) { return port.name; }), ", ");
}

/// Splits NAME=SOURCE where NAME is a port; a file's name may have a `=`, too.
static std::pair<std::optional<size_t>, StringRef> splitSource(const std::vector<Port> &ports,
                                                               StringRef text) {
  auto [name, source] = text.split('=');
  if (text.contains('='))
    if (std::optional<size_t> port = findPort(ports, name))
      return {port, source};
  return {std::nullopt, text};
}

namespace {
/// Values found for ports, by name or in order.
class Values {
public:
  Values(const std::vector<Port> &ports, StringRef kind)
      : ports(ports), kind(kind), values(ports.size()) {}

  Error set(size_t port, const Tensor &tensor) {
    Expected<Tensor> adapted = adaptType(tensor, ports[port].type);
    if (!adapted)
      return makeError("{0} '{1}': {2}", kind, ports[port].name,
                       llvm::toString(adapted.takeError()));
    if (values[port])
      return makeError("{0} '{1}' is given twice", kind, ports[port].name);
    values[port] = std::move(*adapted);
    return Error::success();
  }
  Error setNext(const Tensor &tensor) {
    std::optional<size_t> port = getNext();
    if (!port)
      return makeError("there are more values than the {0} {1}s ({2})", ports.size(), kind,
                       listNames(ports));
    return set(*port, tensor);
  }
  std::optional<size_t> getNext() const {
    for (auto [i, value] : llvm::enumerate(values))
      if (!value)
        return i;
    return std::nullopt;
  }

  /// All tensors of a file: its one tensor for `port`, or those of the ports'
  /// names, or in order where the file has no names of its own.
  Error addFile(std::optional<size_t> port, StringRef path) {
    if (!port && path.contains('=') && !llvm::sys::fs::exists(path))
      return makeError("the model has no {0} '{1}', only {2}", kind, path.split('=').first,
                       listNames(ports));
    Expected<std::vector<NamedTensor>> tensors = readTensorFile(path);
    if (!tensors)
      return tensors.takeError();
    if (port) {
      if (tensors->size() != 1)
        return makeError("{0}: it has {1} tensors; leave the name out to take each by its own", path,
                         tensors->size());
      return set(*port, tensors->front().tensor);
    }
    for (const NamedTensor &entry : *tensors) {
      std::optional<size_t> found = findPort(ports, entry.name);
      bool isUnnamed = tensors->size() == 1 || StringRef(entry.name).starts_with("arr_");
      if (!found && !isUnnamed)
        return makeError("{0}: the model has no {1} '{2}', only {3}", path, kind, entry.name,
                         listNames(ports));
      if (Error error = found ? set(*found, entry.tensor) : setNext(entry.tensor))
        return error;
    }
    return Error::success();
  }

  std::optional<Tensor> &operator[](size_t i) { return values[i]; }

private:
  const std::vector<Port> &ports;
  StringRef kind;
  std::vector<std::optional<Tensor>> values;
};
} // namespace

/// The sizes of "1x3x224".
static Expected<llvm::SmallVector<int64_t>> parseSizes(StringRef text) {
  llvm::SmallVector<int64_t> sizes;
  for (StringRef part : llvm::split(text, 'x')) {
    int64_t size;
    if (part.getAsInteger(10, size) || size < 0)
      return makeError("'{0}' is not a shape such as 1x3x224x224", text);
    sizes.push_back(size);
  }
  return sizes;
}

/// The static shape of every input, from its type and `shapes`; dynamic sizes
/// that no option gives stay −1.
static Expected<std::vector<llvm::SmallVector<int64_t>>>
getShapes(const std::vector<Port> &ports, ArrayRef<std::string> options) {
  std::vector<llvm::SmallVector<int64_t>> shapes;
  for (const Port &port : ports)
    shapes.emplace_back(port.shape.begin(), port.shape.end());
  for (const std::string &option : options) {
    auto [port, text] = splitSource(ports, option);
    if (!port && text.contains('='))
      return makeError("the model has no input '{0}', only {1}", text.split('=').first,
                       listNames(ports));
    if (!port && ports.size() != 1)
      return makeError("--shape {0}: which input? Say NAME={0}", text);
    size_t i = port.value_or(0);
    Expected<llvm::SmallVector<int64_t>> sizes = parseSizes(text);
    if (!sizes)
      return sizes.takeError();
    bool fits = sizes->size() == shapes[i].size();
    for (size_t d = 0; fits && d < sizes->size(); ++d)
      fits = shapes[i][d] < 0 || shapes[i][d] == (*sizes)[d];
    if (!fits)
      return makeError("input '{0}' is a {1}: it can't be {2}", ports[i].name, getTypeName(ports[i]),
                       text);
    shapes[i] = std::move(*sizes);
  }
  return shapes;
}

Expected<Inputs> dlc::makeInputs(const Runner &runner, const InputOptions &options) {
  const std::vector<Port> &ports = runner.getInputs();
  Values values(ports, "input");
  auto shapes = getShapes(ports, options.shapes);
  if (!shapes)
    return shapes.takeError();
  auto makeRandom = [&](size_t i, const RandomSpec &spec) -> Expected<Tensor> {
    if (llvm::is_contained((*shapes)[i], -1))
      return makeError("input '{0}' is a {1}: give its shape with --shape {0}=…", ports[i].name,
                       getTypeName(ports[i]));
    Expected<Tensor> tensor = makeRandomTensor(ports[i].type, (*shapes)[i], spec);
    if (!tensor)
      return makeError("input '{0}': {1}", ports[i].name, llvm::toString(tensor.takeError()));
    return tensor;
  };

  for (const std::string &text : options.sources) {
    auto [port, source] = splitSource(ports, text);
    if (!source.starts_with("random")) {
      if (Error error = values.addFile(port, source))
        return error;
      continue;
    }
    Expected<RandomSpec> spec = RandomSpec::parse(source);
    if (!spec)
      return spec.takeError();
    if (!port)
      port = values.getNext();
    if (!port)
      return makeError("'{0}': every input has a value already", source);
    Expected<Tensor> tensor = makeRandom(*port, *spec);
    if (!tensor)
      return tensor.takeError();
    if (Error error = values.set(*port, *tensor))
      return error;
  }

  Inputs inputs;
  for (auto [i, port] : llvm::enumerate(ports)) {
    if (!values[i]) {
      if (!options.randomSeed)
        return makeError("input '{0}', a {1}, has no value: give --input {0}=FILE or "
                         "--random-seed=N", port.name, getTypeName(port));
      RandomSpec spec;
      spec.seed = *options.randomSeed + i;
      Expected<Tensor> tensor = makeRandom(i, spec);
      if (!tensor)
        return tensor.takeError();
      values[i] = std::move(*tensor);
      if (!isFloat(port.type) && port.type != ElementType::i1)
        inputs.unbounded.push_back(port.name);
    }
    inputs.values.push_back(std::move(*values[i]));
  }
  return inputs;
}

Error dlc::explain(Error error, const Inputs &inputs) {
  if (!error || inputs.unbounded.empty())
    return error;
  return makeError("{0}\ndl-run: note: these inputs are random integers: {1}; where they are "
                   "indices, bound them: --input {2}=random:min=0,max=…",
                   llvm::toString(std::move(error)), llvm::join(inputs.unbounded, ", "),
                   inputs.unbounded.front());
}

void dlc::printOutputs(const Runner &runner, ArrayRef<Tensor> outputs, llvm::raw_ostream &os) {
  for (auto [port, tensor] : llvm::zip_equal(runner.getOutputs(), outputs)) {
    os << port.name << ": " << getTypeName(tensor) << " = ";
    printTensor(tensor, os);
    os << '\n';
  }
}

Error dlc::writeOutputs(const Runner &runner, ArrayRef<Tensor> outputs, StringRef path) {
  std::vector<NamedTensor> named;
  for (auto [port, tensor] : llvm::zip_equal(runner.getOutputs(), outputs))
    named.push_back({port.name, tensor});
  if (llvm::sys::path::has_extension(path) && !llvm::sys::fs::is_directory(path))
    return writeTensorFile(path, named);
  if (std::error_code code = llvm::sys::fs::create_directories(path))
    return makeError("{0}: {1}", path, code.message());
  for (const NamedTensor &entry : named) {
    // A name may hold what a file's can't.
    std::string file = entry.name;
    std::replace(file.begin(), file.end(), '/', '_');
    llvm::SmallString<128> full(path);
    llvm::sys::path::append(full, file + ".npy");
    if (Error error = writeTensorFile(full, entry))
      return error;
  }
  return Error::success();
}

Error dlc::compareOutputs(const Runner &runner, ArrayRef<Tensor> outputs,
                          ArrayRef<Tensor> expected, const Tolerance &tolerance) {
  std::string text;
  for (auto [i, port] : llvm::enumerate(runner.getOutputs()))
    if (std::optional<std::string> difference = compareTensors(outputs[i], expected[i], tolerance))
      text += (text.empty() ? "" : "\n") + ("output '" + port.name + "': ") + *difference;
  return text.empty() ? Error::success() : makeError("{0}", text);
}

Error dlc::compareOutputs(const Runner &runner, ArrayRef<Tensor> outputs,
                          ArrayRef<std::string> files, const Tolerance &tolerance) {
  const std::vector<Port> &ports = runner.getOutputs();
  Values values(ports, "output");
  for (const std::string &text : files) {
    auto [port, path] = splitSource(ports, text);
    if (Error error = values.addFile(port, path))
      return error;
  }
  std::vector<Tensor> expected;
  for (auto [i, port] : llvm::enumerate(ports)) {
    if (!values[i])
      return makeError("no file says what output '{0}' should be", port.name);
    expected.push_back(std::move(*values[i]));
  }
  return compareOutputs(runner, outputs, expected, tolerance);
}
