//===- TraceReader.cpp - traces that python/dlc wrote ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format: docs/trace.md and docs/trace.schema.json.
//
//===----------------------------------------------------------------------===//

#include "CallStructure.h"
#include "Json.h"
#include "NodeImporter.h"
#include "OpTable.h"
#include "ProgramImporter.h"
#include "SizeText.h"
#include "dlc/Import/Torch.h"
#include "dlc/Support/TensorFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// The major version that is read; a file of a later minor one may have ops and
/// fields that are then refused by name.
static constexpr int64_t kMajorVersion = 1;

namespace {
class TraceReader {
public:
  explicit TraceReader(Program &program) : program(program), reader("can't read the trace") {}

  llvm::Error read(const Json &document);
  /// The program in training, if it is another: its graph, inputs and outputs.
  std::optional<Program> takeTraining() { return std::move(training); }
  /// The safetensors file that the trace names; empty if it names none.
  std::string getWeightsFile() const { return weightsFile; }

private:
  void readHeader(const Json &document);
  void readSymbols(const Json &symbols);
  void readSources(const Json &sources);
  /// Operands of operations may be negative.
  SizeExpr readSize(const Json &size, bool isOperand = false);
  std::string readElementType(const Json &name);
  ValueType readType(const Json &type);
  Argument readArgument(const Json &argument);
  NamedValue readNamedValue(const Json &value);
  Node readNode(const Json &node);
  void readNodes(const Json &nodes, Graph &graph);
  bool isWeight(const Json &json, const char *what);
  void readInputs(const Json &inputs, Program &part);
  void readOutputs(const Json &outputs, Program &part);
  void readPart(const Json &json, Program &part);
  void readTraining(const Json &json);
  void readDerivatives(const Json &derivatives);

  Program &program;
  std::optional<Program> training;
  JsonReader reader;
  std::string weightsFile;
};
} // namespace

SizeExpr TraceReader::readSize(const Json &size, bool isOperand) {
  SizeExpr expr;
  if (size.is_number_integer()) {
    expr.number = reader.integer(size, "a size");
    if (expr.number < 0 && !isOperand)
      reader.fail("a size is negative");
  } else if (size.is_string()) {
    expr.kind = SizeExpr::Kind::Symbol;
    expr.text = size.get<std::string>();
    if (!program.symbols.contains(expr.text))
      reader.fail("the size '" + expr.text + "' isn't one of the symbols");
  } else if (size.is_array() && !size.empty()) {
    expr.kind = SizeExpr::Kind::Operation;
    expr.text = reader.string(size[0], "a size's operation").str();
    for (size_t i = 1; i < size.size(); ++i)
      expr.operands.push_back(readSize(size[i], /*isOperand=*/true));
    if (!isSizeOperation(expr.text))
      reader.fail("the operation '" + expr.text + "' of a size isn't known");
    else if (expr.operands.size() < 2)
      reader.fail("a size's operation " + expr.text + " has fewer than two operands");
  } else if (size.is_null() && !isOperand) {
    expr.kind = SizeExpr::Kind::Operation; // one that the format hasn't
  } else {
    reader.fail("a size is neither a number nor a symbol nor an operation");
  }
  return expr;
}

std::string TraceReader::readElementType(const Json &name) {
  StringRef text = reader.string(name, "a dtype");
  if (!isElementType(text))
    reader.fail("'" + text + "' isn't a dtype");
  return text.str();
}

ValueType TraceReader::readType(const Json &type) {
  ValueType result;
  if (type.is_null())
    return result;
  if (type.is_string()) {
    std::string name = type.get<std::string>();
    result.kind = name == "int"     ? ValueType::Kind::Int
                  : name == "float" ? ValueType::Kind::Float
                  : name == "bool"  ? ValueType::Kind::Bool
                  : name == "none"  ? ValueType::Kind::None
                                    : ValueType::Kind::Unknown;
    if (result.kind == ValueType::Kind::Unknown)
      reader.fail("'" + name + "' isn't a type");
    return result;
  }
  reader.checkFields(type, "a type", {"dtype", "shape"});
  result.kind = ValueType::Kind::Tensor;
  result.elementType = readElementType(reader.get(type, "dtype"));
  for (const Json &size : reader.array(reader.get(type, "shape"), "a shape"))
    result.shape.push_back(readSize(size));
  return result;
}

Argument TraceReader::readArgument(const Json &json) {
  using Kind = Argument::Kind;
  Argument argument;
  if (readLiteral(json, reader, argument))
    return argument;
  if (json.is_array()) {
    argument.kind = Kind::List;
    for (const Json &element : json)
      argument.elements.push_back(readArgument(element));
    return argument;
  }
  if (json.size() != 1)
    reader.fail("an argument is of more than one kind");
  if (json.contains("value")) {
    argument.kind = Kind::Value;
    argument.text = reader.string(json["value"], "a value's name").str();
  } else if (json.contains("dtype")) {
    argument.kind = Kind::ElementType;
    argument.text = readElementType(json["dtype"]);
  } else if (json.contains("complex")) {
    argument.kind = Kind::Complex;
    const Json &parts = reader.array(json["complex"], "a complex number");
    Argument part[2];
    for (size_t i = 0; i < 2; ++i)
      if (parts.size() != 2 || !readLiteral(parts[i], reader, part[i]) ||
          part[i].kind != Kind::Float)
        reader.fail("a complex number isn't two floats");
    argument.number = part[0].number;
    argument.imaginary = part[1].number;
  } else if (json.contains("graph")) {
    argument.kind = Kind::Graph;
    argument.graph = std::make_shared<Graph>();
    const Json &graph = json["graph"];
    reader.checkFields(graph, "a graph", {"inputs", "nodes", "outputs"});
    for (const Json &input : reader.array(reader.get(graph, "inputs"), "a graph's inputs")) {
      reader.checkFields(input, "a graph's input", {"value", "type"});
      argument.graph->inputs.push_back(readNamedValue(input));
    }
    readNodes(reader.get(graph, "nodes"), *argument.graph);
    for (const Json &output : reader.array(reader.get(graph, "outputs"), "a graph's outputs"))
      argument.graph->outputs.push_back(readArgument(output));
  } else {
    reader.fail("an argument is of no known kind");
  }
  return argument;
}

NamedValue TraceReader::readNamedValue(const Json &json) {
  NamedValue value;
  value.name = reader.string(reader.get(json, "value"), "a value's name").str();
  value.type = readType(reader.find(json, "type"));
  return value;
}

Node TraceReader::readNode(const Json &json) {
  Node node;
  reader.checkFields(json, "a node", {"op", "args", "results", "at"});
  node.target = reader.string(reader.get(json, "op"), "a node's op").str();
  for (const Json &argument : reader.array(reader.get(json, "args"), "a node's args")) {
    if (!argument.is_array() || argument.size() != 2) {
      reader.fail("an argument of " + node.target + " isn't a name and a value");
      break;
    }
    node.arguments.push_back(
        {reader.string(argument[0], "an argument's name").str(), readArgument(argument[1])});
  }
  for (const Json &result : reader.array(reader.get(json, "results"), "a node's results")) {
    node.results.emplace_back(); // of a null, which nobody uses
    if (result.is_null())
      continue;
    reader.checkFields(result, "a node's result", {"value", "type"});
    node.results.back() = readNamedValue(result);
  }
  if (json.contains("at")) {
    int64_t index = reader.integer(json["at"], "a node's source");
    if (index < 0 || index >= int64_t(program.locations.size()))
      reader.fail("a node's source isn't one of the sources");
    else
      node.location = index;
  }
  return node;
}

void TraceReader::readNodes(const Json &nodes, Graph &graph) {
  for (const auto &[index, node] : llvm::enumerate(reader.array(nodes, "the nodes"))) {
    if (reader.hasFailed())
      return;
    const Json &results = reader.find(node, "results");
    StringRef name = results.is_array() && !results.empty() ? reader.text(results[0], "value") : "";
    JsonReader::Scope scope(reader, describeNode(name, reader.text(node, "op"), index));
    graph.nodes.push_back(readNode(node));
  }
}

void TraceReader::readHeader(const Json &document) {
  if (reader.string(reader.get(document, "format"), "the format") != "dlc-trace")
    reader.fail("its format isn't 'dlc-trace'");
  const Json &version = reader.get(document, "version");
  int64_t major = reader.integer(reader.get(version, "major"), "the version");
  int64_t minor = reader.integer(reader.get(version, "minor"), "the version");
  if (major != kMajorVersion || minor < 0)
    reader.fail("it is of version " + Twine(major) + "." + Twine(minor) + "; version " +
                Twine(kMajorVersion) + " is supported");
  reader.checkFields(version, "the version", {"major", "minor"});
  reader.checkFields(document, "the trace",
                     {"format", "version", "producer", "weights_file", "default_dtype",
                      "symbols", "sources",
                      "inputs", "nodes", "outputs", "derivatives", "training", "metadata"});
  program.producer = reader.string(reader.get(document, "producer"), "the producer").str();
  if (const Json &file = reader.find(document, "weights_file"); !file.is_null())
    weightsFile = reader.string(file, "the weights' file").str();
  if (const Json &type = reader.find(document, "default_dtype"); !type.is_null()) {
    program.defaultFloat = reader.string(type, "the default element type").str();
    if (!llvm::is_contained({"f16", "bf16", "f32", "f64"}, program.defaultFloat))
      reader.fail("the default element type is '" + program.defaultFloat + "'");
  }
}

void TraceReader::readSymbols(const Json &symbols) {
  for (const auto &[name, range] : reader.object(symbols, "the symbols").items()) {
    JsonReader::Scope scope(reader, "symbol '" + name + "'");
    reader.checkFields(range, "the range", {"min", "max"});
    SymbolRange &symbol = program.symbols[name];
    symbol.min = reader.integer(reader.get(range, "min"), "the minimum");
    if (symbol.min < 0)
      reader.fail("the minimum is negative");
    if (!range.is_object() || !range.contains("max"))
      continue;
    symbol.max = reader.integer(range["max"], "the maximum");
    if (*symbol.max < symbol.min)
      reader.fail("the maximum is less than the minimum");
  }
}

void TraceReader::readSources(const Json &sources) {
  program.locations.emplace_back();
  for (const Json &source : reader.array(sources, "the sources")) {
    if (!source.is_array() || source.size() != 2)
      return reader.fail("a source isn't a file and a line");
    int64_t line = reader.integer(source[1], "a source's line");
    program.locations.push_back({reader.string(source[0], "a source's file").str(),
                                 unsigned(std::clamp<int64_t>(line, 0, INT32_MAX))});
  }
}

/// Whether an input or output of the program is a weight; else it is the caller's, and
/// has a name.
bool TraceReader::isWeight(const Json &json, const char *what) {
  bool hasWeight = json.is_object() && json.contains("weight");
  bool hasName = json.is_object() && json.contains("name");
  if (hasWeight == hasName)
    reader.fail(Twine(what) + " has " + (hasName ? "both" : "neither") +
                " a name " + (hasName ? "and" : "nor") + " a weight");
  return hasWeight;
}

void TraceReader::readInputs(const Json &inputs, Program &part) {
  for (const Json &input : reader.array(inputs, "the inputs")) {
    JsonReader::Scope scope(reader, ("input '" + reader.text(input, "value") + "'").str());
    reader.checkFields(input, "it", {"value", "type", "name", "weight", "parameter"});
    InputSpec spec;
    part.graph.inputs.push_back(readNamedValue(input));
    if (isWeight(input, "it")) {
      spec.kind = InputSpec::Kind::Weight;
      spec.weight = reader.string(input["weight"], "a weight's name").str();
      if (input.contains("parameter")) {
        spec.isParameter = reader.boolean(input["parameter"], "whether it is to be trained");
        spec.isFrozen = !spec.isParameter;
      }
    } else {
      spec.userName = reader.string(reader.find(input, "name"), "its name").str();
      if (input.contains("parameter"))
        reader.fail("it is a parameter, but no weight");
    }
    part.inputs.push_back(std::move(spec));
  }
}

void TraceReader::readOutputs(const Json &outputs, Program &part) {
  for (const auto &[index, output] : llvm::enumerate(reader.array(outputs, "the outputs"))) {
    JsonReader::Scope scope(reader, "output " + std::to_string(index));
    reader.checkFields(output, "it", {"arg", "name", "weight"});
    OutputSpec spec;
    part.graph.outputs.push_back(readArgument(reader.get(output, "arg")));
    if (isWeight(output, "it")) {
      spec.kind = OutputSpec::Kind::State;
      spec.weight = reader.string(output["weight"], "a weight's name").str();
    } else {
      spec.userName = reader.string(reader.find(output, "name"), "its name").str();
    }
    part.outputs.push_back(std::move(spec));
  }
}

void TraceReader::readPart(const Json &json, Program &part) {
  if (!reader.hasFailed())
    readInputs(reader.get(json, "inputs"), part);
  if (!reader.hasFailed())
    readNodes(reader.get(json, "nodes"), part.graph);
  if (!reader.hasFailed())
    readOutputs(reader.get(json, "outputs"), part);
}

void TraceReader::readTraining(const Json &json) {
  JsonReader::Scope scope(reader, "the program in training");
  reader.checkFields(json, "it", {"inputs", "nodes", "outputs"});
  readPart(json, training.emplace());
  if (!program.derivatives.empty())
    reader.fail("of a program with derivatives there is none");
}

void TraceReader::readDerivatives(const Json &derivatives) {
  for (const Json &json : reader.array(derivatives, "the derivatives")) {
    JsonReader::Scope scope(reader, "derivative " + std::to_string(program.derivatives.size()));
    reader.checkFields(json, "it",
                       {"mode", "wrt", "of", "primal", "ones", "split", "overwritten",
                        "directions", "results"});
    Derivative derivative;
    StringRef mode = reader.string(reader.get(json, "mode"), "its mode");
    if (mode != "vjp" && mode != "jvp")
      reader.fail("its mode is '" + mode + "'");
    derivative.isReverse = mode == "vjp";
    auto isSet = [&](const char *key) {
      return json.is_object() && json.contains(key) && reader.boolean(json[key], key);
    };
    derivative.withPrimal = isSet("primal");
    derivative.seedsOnes = isSet("ones");
    if (derivative.seedsOnes && !derivative.isReverse)
      reader.fail("a jvp's tangents are given, not 1");
    derivative.isSplit = isSet("split");
    if (derivative.isSplit && (!derivative.isReverse || derivative.seedsOnes || &json != &derivatives.back()))
      reader.fail("only the last derivative can be split, a vjp with cotangents");
    if (const Json &numbers = reader.find(json, "overwritten"); !numbers.is_null())
      for (const Json &number : reader.array(numbers, "its list of overwritten inputs"))
        derivative.overwritten.push_back(reader.integer(number, "an input's number"));
    for (const Json &number : reader.array(reader.get(json, "wrt"), "its list of inputs"))
      derivative.wrt.push_back(reader.integer(number, "an input's number"));
    for (const Json &number : reader.array(reader.get(json, "of"), "its list of outputs"))
      derivative.of.push_back(reader.integer(number, "an output's number"));
    for (const Json &name : reader.array(reader.get(json, "directions"), "its directions"))
      derivative.directionNames.push_back(reader.string(name, "a direction's name").str());
    for (const Json &name : reader.array(reader.get(json, "results"), "its results"))
      derivative.resultNames.push_back(reader.string(name, "a result's name").str());
    program.derivatives.push_back(std::move(derivative));
  }
}

llvm::Error TraceReader::read(const Json &document) {
  readHeader(document);
  if (!reader.hasFailed())
    readSymbols(reader.get(document, "symbols"));
  if (!reader.hasFailed())
    readSources(reader.get(document, "sources"));
  readPart(document, program);
  if (!reader.hasFailed() && document.contains("derivatives"))
    readDerivatives(document["derivatives"]);
  if (!reader.hasFailed() && document.contains("training"))
    readTraining(document["training"]);
  if (const Json &metadata = reader.find(document, "metadata");
      !reader.hasFailed() && !metadata.is_null()) {
    checkCallStructure(metadata, program, reader);
    program.metadata = metadata.dump();
  }
  return reader.takeError();
}

/// The weights in the file, each with its place there.
static llvm::Error readWeights(StringRef path, Program &program) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("can't open the trace's weights '{0}': {1}", path,
                     file.getError().message());
  std::shared_ptr<llvm::MemoryBuffer> owner = std::move(*file);
  auto tensors = parseSafetensors(owner->getBuffer(), owner);
  if (!tensors)
    return makeError("'{0}': {1}", path, llvm::toString(tensors.takeError()));
  for (NamedTensor &named : *tensors) {
    Weight weight;
    weight.tensor = std::move(named.tensor);
    const char *data = weight.tensor.getData();
    if (data >= owner->getBufferStart() && data < owner->getBufferEnd()) {
      weight.path = path.str();
      weight.offset = data - owner->getBufferStart();
    }
    program.weights.try_emplace(named.name, std::move(weight));
  }
  return llvm::Error::success();
}

/// A trace and its weights: those given, or else those in the file that it names, which
/// is beside `path`.
static llvm::Error readParts(StringRef bytes, StringRef path,
                             const ArrayRef<NamedTensor> *weights, Program &program,
                             std::optional<Program> &training) {
  llvm::Expected<Json> document = parseJson(bytes, "the trace");
  if (!document)
    return document.takeError();
  TraceReader reader(program);
  if (llvm::Error error = reader.read(*document))
    return error;
  training = reader.takeTraining();
  if (weights) {
    for (const NamedTensor &weight : *weights)
      program.weights[weight.name].tensor = weight.tensor;
    return llvm::Error::success();
  }
  std::string name = reader.getWeightsFile();
  if (name.empty())
    return llvm::Error::success();
  if (llvm::sys::path::filename(name) != name)
    return makeError("the trace's weights '{0}' aren't beside it", name);
  SmallString<128> file = llvm::sys::path::parent_path(path);
  llvm::sys::path::append(file, name);
  return readWeights(file, program);
}

static llvm::Error readTrace(StringRef bytes, StringRef path,
                             const ArrayRef<NamedTensor> *weights, Program &program,
                             std::optional<Program> &training) {
  if (llvm::Error error = readParts(bytes, path, weights, program, training))
    return error;
  if (llvm::Error error = checkWeights(program, program.weights))
    return error;
  return training ? checkWeights(*training, program.weights) : llvm::Error::success();
}

llvm::Error dlc::checkTrace(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("{0}", file.getError().message());
  Program program;
  std::optional<Program> training;
  return readTrace((*file)->getBuffer(), path, nullptr, program, training);
}

static OwningOpRef<ModuleOp> importTraceImpl(StringRef bytes, StringRef path,
                                             const ArrayRef<NamedTensor> *weights,
                                             MLIRContext *context) {
  Program program;
  std::optional<Program> training;
  if (llvm::Error error = readTrace(bytes, path, weights, program, training)) {
    mlir::emitError(FileLineColLoc::get(context, path, 0, 0))
        << llvm::toString(std::move(error));
    return {};
  }
  return ProgramImporter(program, path, context, training ? &*training : nullptr).import();
}

std::vector<std::string> dlc::getTorchOps() { return OpTable::get().getTargets(); }

std::vector<std::string> dlc::getComplexTorchOps() { return OpTable::get().getComplexTargets(); }

bool dlc::isTrace(StringRef bytes) {
  return bytes.ltrim().starts_with("{") && bytes.take_front(256).contains("\"dlc-trace\"");
}

OwningOpRef<ModuleOp> dlc::importTrace(StringRef bytes, StringRef path, MLIRContext *context) {
  return importTraceImpl(bytes, path, nullptr, context);
}

OwningOpRef<ModuleOp> dlc::importTrace(StringRef bytes, ArrayRef<NamedTensor> weights,
                                       StringRef path, MLIRContext *context) {
  return importTraceImpl(bytes, path, &weights, context);
}
