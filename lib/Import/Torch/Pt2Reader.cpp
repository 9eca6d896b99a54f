//===- Pt2Reader.cpp - torch.export archives ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format: torch/_export/serde/schema.py and torch/export/pt2_archive. A zip of
// stored entries: models/<name>.json, the program; data/weights/ and
// data/constants/, tensors' bytes, and a JSON file beside each with their shapes.
//
//===----------------------------------------------------------------------===//

#include "AtenSchemas.h"
#include "CallStructure.h"
#include "Json.h"
#include "NodeImporter.h"
#include "ProgramImporter.h"
#include "Pt2Structure.h"
#include "SizeGuards.h"
#include "SizeText.h"
#include "dlc/Import/Torch.h"
#include "dlc/Support/Zip.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"
#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// The major version of the program's schema that is read.
static constexpr int64_t kSchemaVersion = 8;

namespace {
class Pt2Reader {
public:
  Pt2Reader(StringRef archive, StringRef path, Program &program)
      : archive(archive), path(path), program(program), reader("can't read the .pt2 file") {}

  llvm::Error read();

private:
  const ZipEntry *findEntry(StringRef name) const;
  Json parseEntry(const ZipEntry &entry);
  void readModel(const Json &model);
  void readWeights(StringRef folder, StringRef config);
  void mergeTiedWeights();
  void readWeight(StringRef name, const Json &entry, StringRef folder);
  ValueType readTensorType(const Json &meta);
  SizeExpr readSize(const Json &size);
  void readTypes(const Json &graph, llvm::StringMap<ValueType> &types);
  void readGraph(const Json &json, Graph &graph);
  Node readNode(const Json &json, const llvm::StringMap<ValueType> &types);
  double readFloat(const Json &json);
  Argument readArgument(const Json &json);
  Argument readList(const Json &json, const char *kind);
  unsigned readLocation(const Json &metadata);
  void readGuards(const Json &guards);
  void readResults(const Json &output, const llvm::StringMap<ValueType> &types, Node &node);
  void readSignature(const Json &signature, llvm::ArrayRef<std::string> outputNames);

  StringRef archive, path;
  Program &program;
  JsonReader reader;
  std::vector<ZipEntry> entries;
};
} // namespace

/// The schema's numbers of element types.
static StringRef getTypeName(int64_t scalarType) {
  switch (scalarType) {
  case 1:
    return "ui8";
  case 2:
    return "i8";
  case 3:
    return "i16";
  case 4:
    return "i32";
  case 5:
    return "i64";
  case 6:
    return "f16";
  case 7:
    return "f32";
  case 8:
    return "f64";
  case 9:
    return "c32";
  case 10:
    return "c64";
  case 11:
    return "c128";
  case 12:
    return "i1";
  case 13:
    return "bf16";
  case 28:
    return "ui16";
  case 29:
    return "f8E4M3FN";
  case 30:
    return "f8E5M2";
  case 31:
    return "f8E4M3FNUZ";
  case 32:
    return "f8E5M2FNUZ";
  case 34:
    return "ui32";
  case 35:
    return "ui64";
  default:
    return "";
  }
}

const ZipEntry *Pt2Reader::findEntry(StringRef name) const {
  // Every entry is in a folder that has the archive's name.
  for (const ZipEntry &entry : entries)
    if (StringRef(entry.name).split('/').second == name)
      return &entry;
  return nullptr;
}

Json Pt2Reader::parseEntry(const ZipEntry &entry) {
  auto bytes = unpack(entry);
  if (!bytes) {
    reader.fail(llvm::toString(bytes.takeError()));
    return {};
  }
  auto json = parseJson(StringRef(bytes->get(), entry.size), "'" + entry.name + "'");
  if (!json) {
    reader.fail(llvm::toString(json.takeError()));
    return {};
  }
  return std::move(*json);
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

SizeExpr Pt2Reader::readSize(const Json &json) {
  SizeExpr size;
  if (const Json &number = reader.find(json, "as_int"); !number.is_null()) {
    size.number = reader.integer(number, "a size");
    return size;
  }
  StringRef text =
      reader.string(reader.get(reader.get(json, "as_expr"), "expr_str"), "a size's expression");
  std::optional<SizeExpr> parsed = parseSizeText(text);
  if (!parsed)
    reader.fail("the size '" + text + "' can't be read");
  return parsed.value_or(size);
}

/// A number that tells sizes apart: their own, every symbol standing for some large
/// one.
static uint64_t fingerprint(const SizeExpr &size) {
  if (size.isNumber())
    return size.number;
  uint64_t value = llvm::xxh3_64bits(size.text) | 1;
  if (size.kind == SizeExpr::Kind::Symbol)
    return value;
  bool isSum = size.text == "add", isProduct = size.text == "mul";
  if (isSum || isProduct)
    value = isProduct;
  for (const SizeExpr &operand : size.operands) {
    uint64_t next = fingerprint(operand);
    value = isSum       ? value + next
            : isProduct ? value * next
                        : size_t(llvm::hash_combine(value, next));
  }
  return value;
}

ValueType Pt2Reader::readTensorType(const Json &meta) {
  ValueType type;
  type.kind = ValueType::Kind::Tensor;
  type.elementType = getTypeName(reader.integer(reader.get(meta, "dtype"), "a dtype")).str();
  for (const Json &size : reader.array(reader.get(meta, "sizes"), "a tensor's sizes")) {
    type.shape.push_back(readSize(size));
    if (type.shape.back().isNumber() && type.shape.back().number < 0)
      reader.fail("a size is negative");
  }
  const Json &strides = reader.array(reader.get(meta, "strides"), "a tensor's strides");
  uint64_t compact = 1;
  for (size_t d = std::min(type.shape.size(), strides.size()); d-- > 0;) {
    uint64_t size = fingerprint(type.shape[d]);
    type.isContiguous &= size == 1 || fingerprint(readSize(strides[d])) == compact;
    compact *= size;
  }
  if (const Json &offset = reader.find(meta, "storage_offset"); !offset.is_null()) {
    SizeExpr start = readSize(offset);
    type.isAtStart = start.isNumber() && start.number == 0;
  }
  return type;
}

void Pt2Reader::readTypes(const Json &graph, llvm::StringMap<ValueType> &types) {
  for (const auto &[name, meta] :
       reader.object(reader.get(graph, "tensor_values"), "the tensors' types").items())
    types[name] = readTensorType(meta);
  auto readNumbers = [&](const char *key, ValueType::Kind kind) {
    if (const Json &values = reader.find(graph, key); values.is_object())
      for (const auto &[name, meta] : values.items())
        types[name].kind = kind;
  };
  readNumbers("sym_int_values", ValueType::Kind::Int);
  readNumbers("sym_float_values", ValueType::Kind::Float);
  readNumbers("sym_bool_values", ValueType::Kind::Bool);
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

static Argument makeValue(StringRef name) {
  Argument argument;
  argument.kind = Argument::Kind::Value;
  argument.text = name.str();
  return argument;
}

Argument Pt2Reader::readList(const Json &json, const char *kind) {
  Argument list;
  list.kind = Argument::Kind::List;
  for (const Json &element : reader.array(json, kind)) {
    StringRef name = kind;
    Json wrapped;
    if (name == "as_tensors")
      wrapped["as_tensor"] = element;
    else if (name == "as_sym_ints")
      wrapped["as_sym_int"] = element;
    else if (name == "as_sym_bools")
      wrapped["as_sym_bool"] = element;
    else if (name == "as_sym_floats")
      wrapped["as_sym_float"] = element;
    else if (name == "as_optional_tensors")
      wrapped = element;
    else
      wrapped[name.drop_back().str()] = element; // as_ints: a list of as_int
    list.elements.push_back(readArgument(wrapped));
  }
  return list;
}

/// A number, or the text that PyTorch writes for those that JSON lacks.
double Pt2Reader::readFloat(const Json &json) {
  double number = 0;
  if (json.is_number())
    return json.get<double>();
  StringRef text = reader.string(json, "a float");
  if (text == "Infinity" || text == "-Infinity")
    return text == "Infinity" ? INFINITY : -INFINITY;
  if (text.getAsDouble(number))
    reader.fail("a float isn't a number");
  return number;
}

Argument Pt2Reader::readArgument(const Json &json) {
  using Kind = Argument::Kind;
  Argument argument;
  if (!json.is_object() || json.empty()) {
    reader.fail("an argument is of no known kind");
    return argument;
  }
  std::string kind = json.begin().key();
  const Json &value = json.begin().value();
  if (kind == "as_none") {
    return argument;
  } else if (kind == "as_tensor") {
    return makeValue(reader.string(reader.get(value, "name"), "a tensor's name"));
  } else if (kind == "as_int" || kind == "as_bool") {
    argument.kind = kind == "as_int" ? Kind::Int : Kind::Bool;
    argument.integer = value.is_boolean() ? value.get<bool>() : reader.integer(value, "an argument");
  } else if (kind == "as_float") {
    argument.kind = Kind::Float;
    argument.number = readFloat(value);
  } else if (kind == "as_complex") {
    argument.kind = Kind::Complex;
    argument.number = readFloat(reader.get(value, "real"));
    argument.imaginary = readFloat(reader.get(value, "imag"));
  } else if (kind == "as_string") {
    argument.kind = Kind::String;
    argument.text = reader.string(value, "a string").str();
  } else if (kind == "as_sym_int" || kind == "as_sym_bool" || kind == "as_sym_float") {
    if (const Json &name = reader.find(value, "as_name"); !name.is_null())
      return makeValue(reader.string(name, "a value's name"));
    return readArgument(value);
  } else if (kind == "as_scalar_type") {
    argument.kind = Kind::ElementType;
    argument.text = getTypeName(reader.integer(value, "an element type")).str();
  } else if (kind == "as_device") {
    argument.kind = Kind::String;
    argument.text = reader.text(value, "type").str();
  } else if (kind == "as_memory_format" || kind == "as_layout" || kind == "as_operator") {
    argument.kind = Kind::String;
  } else if (kind == "as_graph") {
    argument.kind = Kind::Graph;
    argument.graph = std::make_shared<Graph>();
    readGraph(reader.get(value, "graph"), *argument.graph);
  } else if (kind == "as_optional_tensor") {
    return readArgument(value);
  } else if (value.is_array()) {
    return readList(value, kind.c_str());
  } else {
    reader.fail("arguments of kind '" + kind + "' aren't supported");
  }
  return argument;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// The innermost line that isn't PyTorch's own:
///   File "model.py", line 7, in forward
unsigned Pt2Reader::readLocation(const Json &metadata) {
  const Json &trace = reader.find(metadata, "stack_trace");
  if (!trace.is_string())
    return 0;
  SourceLine line;
  SmallVector<StringRef> lines;
  StringRef(trace.get_ref<const std::string &>()).split(lines, '\n');
  for (StringRef text : lines) {
    text = text.trim();
    if (!text.consume_front("File \""))
      continue;
    auto [file, rest] = text.split('"');
    unsigned number = 0;
    if (!rest.consume_front(", line ") || rest.consumeInteger(10, number) ||
        file.starts_with("torch/") || file.contains("/torch/"))
      continue;
    line = {file.str(), number};
  }
  if (line.file.empty())
    return 0;
  program.locations.push_back(line);
  return program.locations.size() - 1;
}

void Pt2Reader::readResults(const Json &output, const llvm::StringMap<ValueType> &types,
                            Node &node) {
  Argument argument = readArgument(output);
  auto add = [&](const Argument &value) {
    node.results.push_back({value.text, types.lookup(value.text)});
  };
  if (argument.kind == Argument::Kind::List)
    llvm::for_each(argument.elements, add);
  else
    add(argument);
}

/// Ops that take graphs have no schema: their arguments come without names.
static void nameOperands(Node &node) {
  SmallVector<StringRef> names =
      llvm::StringSwitch<SmallVector<StringRef>>(node.target)
          .Case("higher_order.cond", {"pred", "true_graph", "false_graph", "operands"})
          .Case("higher_order.while_loop", {"cond_graph", "body_graph", "carried", "additional"})
          .Case("higher_order.scan", {"body", "init", "xs", "additional"})
          .Case("higher_order.map_impl", {"body", "xs", "additional"})
          .Default({});
  for (auto [name, argument] : llvm::zip(names, node.arguments))
    argument.first = name.str();
}

/// as_strided looks into the memory behind a tensor.
static void noteLayout(Node &node, const llvm::StringMap<ValueType> &types) {
  if (!StringRef(node.target).starts_with("aten.as_strided") || node.arguments.empty())
    return;
  ValueType type = types.lookup(node.arguments.front().second.text);
  Argument flag;
  flag.kind = Argument::Kind::Bool;
  if (!type.isContiguous)
    node.arguments.push_back({"self_is_contiguous", flag});
  if (!type.isAtStart)
    node.arguments.push_back({"self_is_whole", flag});
}

Node Pt2Reader::readNode(const Json &json, const llvm::StringMap<ValueType> &types) {
  Node node;
  StringRef target = reader.string(reader.get(json, "target"), "a node's target");
  target.consume_front("torch.ops.");
  if (target.consume_front("_operator."))
    node.target = ("operator." + target).str();
  else
    node.target = target.str();
  for (const Json &input : reader.array(reader.get(json, "inputs"), "a node's inputs"))
    node.arguments.push_back(
        {reader.string(reader.find(input, "name"), "an argument's name").str(),
         readArgument(reader.get(input, "arg"))});
  for (const Json &output : reader.array(reader.get(json, "outputs"), "a node's outputs"))
    readResults(output, types, node);
  nameOperands(node);
  noteLayout(node, types);
  node.location = readLocation(reader.find(json, "metadata"));
  for (const auto &[name, argument] : node.arguments) // its block may know the line
    if (!node.location && argument.graph && !argument.graph->nodes.empty())
      node.location = argument.graph->nodes.front().location;
  fillDefaults(node);
  return node;
}

void Pt2Reader::readGraph(const Json &json, Graph &graph) {
  llvm::StringMap<ValueType> types;
  readTypes(json, types);
  for (const Json &input : reader.array(reader.get(json, "inputs"), "the graph's inputs")) {
    Argument argument = readArgument(input);
    graph.inputs.push_back({argument.text, types.lookup(argument.text)});
  }
  for (const auto &[index, node] :
       llvm::enumerate(reader.array(reader.get(json, "nodes"), "the graph's nodes"))) {
    if (reader.hasFailed())
      return;
    StringRef target = reader.text(node, "target");
    target.consume_front("torch.ops.");
    JsonReader::Scope scope(reader, describeNode(reader.text(node, "name"), target, index));
    graph.nodes.push_back(readNode(node, types));
  }
  for (const Json &output : reader.array(reader.get(json, "outputs"), "the graph's outputs"))
    graph.outputs.push_back(readArgument(output));
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

void Pt2Reader::readSignature(const Json &signature,
                              llvm::ArrayRef<std::string> outputNames) {
  for (const Json &json : reader.array(reader.get(signature, "input_specs"), "the inputs")) {
    if (!json.is_object() || json.empty())
      return reader.fail("an input is of no known kind");
    std::string kind = json.begin().key();
    const Json &value = json.begin().value();
    InputSpec spec;
    size_t index = program.inputs.size();
    if (index >= program.graph.inputs.size())
      return reader.fail("the signature has more inputs than the graph");
    const char *key = kind == "parameter"         ? "parameter_name"
                      : kind == "buffer"          ? "buffer_name"
                      : kind == "tensor_constant" ? "tensor_constant_name"
                                                  : nullptr;
    if (key) {
      spec.kind = InputSpec::Kind::Weight;
      spec.weight = reader.string(reader.get(value, key), "a weight's name").str();
      spec.isParameter = kind == "parameter";
    } else if (kind == "user_input" || kind == "constant_input") {
      spec.userName = program.graph.inputs[index].name;
      if (spec.userName.empty() || kind == "constant_input") {
        spec.userName = "constant_" + std::to_string(index);
        program.graph.inputs[index] = {spec.userName, {}};
        program.graph.inputs[index].type.kind = ValueType::Kind::None;
      }
    } else {
      return reader.fail("inputs of kind '" + kind + "' aren't supported");
    }
    program.inputs.push_back(std::move(spec));
  }
  if (reader.array(reader.get(signature, "output_specs"), "the outputs").size() !=
      program.graph.outputs.size())
    return reader.fail("the signature doesn't fit the graph");
  std::vector<Argument> results;
  unsigned count = 0;
  for (const auto &[json, result] :
       llvm::zip(reader.get(signature, "output_specs"), program.graph.outputs)) {
    if (!json.is_object() || json.empty())
      return reader.fail("an output is of no known kind");
    std::string kind = json.begin().key();
    OutputSpec spec;
    if (kind == "buffer_mutation") {
      spec.kind = OutputSpec::Kind::State;
      spec.weight = reader.string(reader.get(json.begin().value(), "buffer_name"), "a buffer").str();
    } else if (kind == "user_output") {
      spec.userName = count < outputNames.size() ? outputNames[count]
                                                 : "output_" + std::to_string(count);
      ++count;
      if (result.kind != Argument::Kind::Value)
        continue; // a constant: part of the results' structure only
    } else if (kind == "user_input_mutation") {
      return reader.fail(
          "the program changes its input '" +
          reader.string(reader.get(json.begin().value(), "user_input_name"), "an input").str() +
          "', which isn't supported; return the new value instead");
    } else {
      return reader.fail("outputs of kind '" + kind + "' aren't supported");
    }
    results.push_back(result);
    program.outputs.push_back(std::move(spec));
  }
  program.graph.outputs = std::move(results);
  if (program.inputs.size() != program.graph.inputs.size())
    reader.fail("the signature doesn't fit the graph");
}

/// Puts before the program what it takes for granted of open sizes.
void Pt2Reader::readGuards(const Json &guards) {
  std::vector<Node> nodes;
  for (const Json &json : reader.array(guards, "the guards")) {
    StringRef guard = reader.string(json, "a guard");
    if (!reader.hasFailed() && !appendGuard(guard, program, nodes))
      reader.fail("the program holds only where " + formatGuard(guard) +
                  ", as in its example, and a compiled model can't check that");
  }
  program.graph.nodes.insert(program.graph.nodes.begin(), nodes.begin(), nodes.end());
}

void Pt2Reader::readModel(const Json &model) {
  const Json &version = reader.get(model, "schema_version");
  int64_t major = reader.integer(reader.get(version, "major"), "the schema's version");
  if (major != kSchemaVersion)
    return reader.fail("its schema is of version " + Twine(major) + "; version " +
                       Twine(kSchemaVersion) + " is supported");
  if (const Json &torchVersion = reader.find(model, "torch_version"); torchVersion.is_string())
    program.producer = "torch " + torchVersion.get<std::string>();
  if (const Json &ranges = reader.find(model, "range_constraints"); ranges.is_object())
    for (const auto &[name, range] : ranges.items()) {
      SymbolRange &symbol = program.symbols[name];
      if (const Json &min = reader.find(range, "min_val"); min.is_number_integer())
        symbol.min = std::max<int64_t>(reader.integer(min, "a minimum"), 0);
      if (const Json &max = reader.find(range, "max_val"); max.is_number_integer())
        symbol.max = reader.integer(max, "a maximum");
    }
  program.locations.emplace_back();
  const Json &module = reader.get(model, "graph_module");
  readGraph(reader.get(module, "graph"), program.graph);
  if (reader.hasFailed())
    return;
  CallStructure structure = readCallStructure(module, reader);
  readSignature(reader.get(module, "signature"), structure.outputNames);
  if (const Json &guards = reader.find(model, "guards_code"); !reader.hasFailed() && !guards.is_null())
    readGuards(guards);
  if (structure.metadata.is_null() || reader.hasFailed())
    return;
  addComplexParts(program, structure.metadata);
  checkCallStructure(structure.metadata, program, reader);
  program.metadata = structure.metadata.dump();
}

/// Puts `count` elements of `bytes` bytes, which lie `strides` elements apart, one after the
/// other.
static void copyStrided(char *to, const char *from, int64_t bytes, int64_t count,
                        ArrayRef<int64_t> shape, ArrayRef<int64_t> strides) {
  SmallVector<int64_t> index(shape.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = 0;
    for (size_t d = 0; d < shape.size(); ++d)
      at += index[d] * strides[d];
    memcpy(to + i * bytes, from + at * bytes, bytes);
    for (size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];)
      index[d] = 0;
  }
}

void Pt2Reader::readWeight(StringRef name, const Json &json, StringRef folder) {
  const Json &meta = reader.get(json, "tensor_meta");
  ValueType type = readTensorType(meta);
  StringRef part = getPartType(type.elementType); // a complex one is kept as its parts
  std::optional<ElementType> element =
      parseElementType(part.empty() ? StringRef(type.elementType) : part);
  if (const Json &trained = reader.find(meta, "requires_grad");
      trained.is_boolean() && !trained.get<bool>())
    for (InputSpec &input : program.inputs)
      if (input.isParameter && input.weight == name)
        std::swap(input.isParameter, input.isFrozen);
  StringRef file = reader.string(reader.get(json, "path_name"), "a weight's file");
  const ZipEntry *entry = findEntry((folder + "/" + file).str());
  if (reader.hasFailed())
    return;
  if (!entry || !element)
    return reader.fail("the weight '" + name + "' " +
                       (entry ? "is of a type that isn't supported" : "has no bytes"));
  if (const Json &pickled = reader.find(json, "use_pickle"); pickled.is_boolean() && pickled.get<bool>())
    return reader.fail("the weight '" + name + "' is a pickled object");
  SmallVector<int64_t> shape, strides;
  int64_t count = 1;
  for (const SizeExpr &size : type.shape) {
    if (!size.isNumber() || size.number < 0 || llvm::MulOverflow(count, size.number, count))
      return reader.fail("the weight '" + name + "' has an impossible shape");
    shape.push_back(size.number);
  }
  for (const Json &stride : reader.array(reader.get(meta, "strides"), "a weight's strides"))
    strides.push_back(readSize(stride).number);
  int64_t first = readSize(reader.get(meta, "storage_offset")).number;
  if (strides.size() != shape.size())
    return reader.fail("the weight '" + name + "' has strides that don't fit its shape");
  if (!part.empty()) {
    bool isHuge = llvm::MulOverflow<int64_t>(count, 2, count);
    isHuge |= llvm::MulOverflow<int64_t>(first, 2, first);
    for (int64_t &stride : strides)
      isHuge |= llvm::MulOverflow<int64_t>(stride, 2, stride);
    if (isHuge)
      return reader.fail("the weight '" + name + "' has impossible strides");
    shape.push_back(2);
    strides.push_back(1);
  }
  int64_t bytes = getByteSize(*element);
  // The last element, and whether the elements lie one after the other.
  int64_t last = first;
  uint64_t compact = 1; // wraps only where there is no element
  bool isCompact = true;
  for (size_t d = shape.size(); d-- > 0;) {
    isCompact &= shape[d] == 1 || uint64_t(strides[d]) == compact;
    compact *= shape[d];
    int64_t span = 0;
    if (strides[d] < 0 || (shape[d] && llvm::MulOverflow(shape[d] - 1, strides[d], span)) ||
        llvm::AddOverflow(last, span, last))
      return reader.fail("the weight '" + name + "' has impossible strides");
  }
  if (entry->isDeflated || entry->stored.size() != entry->size || first < 0 ||
      (count && (last >= int64_t(entry->stored.size() / bytes))))
    return reader.fail("the weight '" + name + "' lies outside its bytes");
  // Strides of 0 repeat elements.
  constexpr int64_t kMostRepeated = int64_t(1) << 28;
  if (!isCompact && count > std::max<int64_t>(entry->stored.size() / bytes, kMostRepeated))
    return reader.fail("the weight '" + name + "' repeats its elements too often");
  Weight weight;
  const char *data = entry->stored.data() + (count ? first * bytes : 0);
  if (isCompact || !count) {
    weight.tensor = Tensor::view(*element, shape, data);
    weight.path = path == "-" ? "" : path.str();
    weight.offset = data - archive.data();
  } else {
    weight.tensor = Tensor(*element, shape);
    copyStrided(weight.tensor.getMutableData(), data, bytes, count, shape, strides);
  }
  program.weights[name] = std::move(weight);
}

void Pt2Reader::readWeights(StringRef folder, StringRef config) {
  const ZipEntry *entry = findEntry((folder + "/" + config).str());
  if (!entry)
    return;
  Json json = parseEntry(*entry);
  const Json &weights = reader.find(json, "config");
  if (weights.is_object())
    for (const auto &[name, weight] : weights.items())
      readWeight(name, weight, folder);
}

/// Weights that lie in the same place are one, under the name of the first; state is
/// shared with nothing.
void Pt2Reader::mergeTiedWeights() {
  llvm::StringSet<> state;
  for (const OutputSpec &output : program.outputs)
    if (output.kind == OutputSpec::Kind::State)
      state.insert(output.weight);
  llvm::DenseMap<const char *, SmallVector<StringRef, 1>> placed;
  for (InputSpec &input : program.inputs) {
    auto it = program.weights.find(input.weight);
    if (input.kind != InputSpec::Kind::Weight || it == program.weights.end() ||
        state.contains(input.weight) || !it->second.tensor.getNumBytes())
      continue;
    const Tensor &tensor = it->second.tensor;
    SmallVector<StringRef, 1> &names = placed[tensor.getData()];
    const StringRef *first = llvm::find_if(names, [&](StringRef name) {
      const Tensor &other = program.weights.find(name)->second.tensor;
      return other.getType() == tensor.getType() && other.getShape() == tensor.getShape();
    });
    if (first != names.end())
      input.weight = first->str();
    else
      names.push_back(it->first());
  }
}

llvm::Error Pt2Reader::read() {
  auto found = readZip(archive);
  if (!found)
    return makeError("can't read the .pt2 file: {0}", llvm::toString(found.takeError()));
  entries = std::move(*found);
  const ZipEntry *model = findEntry("models/model.json");
  if (!model)
    for (const ZipEntry &entry : entries)
      if (StringRef(entry.name).contains("/models/") && StringRef(entry.name).ends_with(".json"))
        model = &entry;
  if (!model)
    return makeError("can't read the .pt2 file: it holds no program of torch.export");
  Json json = parseEntry(*model);
  if (!reader.hasFailed())
    readModel(json);
  if (!reader.hasFailed())
    readWeights("data/weights", "model_weights_config.json");
  if (!reader.hasFailed())
    readWeights("data/constants", "model_constants_config.json");
  mergeTiedWeights();
  if (llvm::Error error = reader.takeError())
    return error;
  return checkWeights(program, program.weights);
}

bool dlc::isPt2(StringRef bytes) {
  // The directory at the end names the program; where that is cut off, the first entry is
  // one of those that PyTorch writes first.
  StringRef first = bytes.take_front(256);
  return bytes.starts_with("PK\x03\x04") &&
         (bytes.take_back(1 << 16).contains("models/") || first.contains("/data/weights/") ||
          first.contains("/data/constants/") || first.contains("/models/"));
}

OwningOpRef<ModuleOp> dlc::importPt2(StringRef bytes, StringRef path, MLIRContext *context) {
  Program program;
  if (llvm::Error error = Pt2Reader(bytes, path, program).read()) {
    mlir::emitError(FileLineColLoc::get(context, path, 0, 0)) << llvm::toString(std::move(error));
    return {};
  }
  return ProgramImporter(program, path, context).import();
}
