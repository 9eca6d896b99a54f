//===- onnx_mutate.cpp - imports damaged ONNX models ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// onnx_mutate [--write FOLDER] FROM TO MODEL...: damages the given models in the
// ways numbered FROM to TO - 1 and imports each in this process, or writes it to
// FOLDER. Number i always does the same damage. One line of output for each:
//
//   i imported|refused|silent file|graph|node [named|unnamed]
//
// Damaged are the file's bytes, the graph (tensors, external data, declared
// shapes, names, order, versions) or one node. `silent` is a refusal without a
// sentence. For damage inside a node, `named` says that a message names that
// node. scripts/conformance fuzz-onnx drives this and counts; a crash shows as a
// missing line.
//
//===----------------------------------------------------------------------===//

#include "dlc/Import/Onnx.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "onnx-ml.pb.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <random>
#include <unistd.h>

using namespace mlir;
using namespace dlc::onnx;

namespace {

using Random = std::mt19937_64;

uint64_t pick(Random &random, uint64_t count) { return count ? random() % count : 0; }

/// Damage without regard to what the bytes mean.
void damageBytes(std::string &bytes, Random &random) {
  if (bytes.empty())
    return;
  switch (pick(random, 4)) {
  case 0:
    for (uint64_t n = 1 + pick(random, 8); n > 0; --n)
      bytes[pick(random, bytes.size())] ^= 1 << pick(random, 8);
    break;
  case 1:
    bytes.resize(pick(random, bytes.size()));
    break;
  case 2:
    bytes.erase(pick(random, bytes.size()), 1 + pick(random, 16));
    break;
  default:
    uint64_t from = pick(random, bytes.size());
    bytes.insert(pick(random, bytes.size()), bytes.substr(from, 1 + pick(random, 32)));
    break;
  }
}

int64_t oddNumber(Random &random) {
  static const int64_t numbers[] = {0,  1,          -1,        2,         -2,        3, 7, 100,
                                    -7, 1000000007, INT64_MAX, INT64_MIN, INT32_MAX, 1LL << 40};
  return numbers[pick(random, std::size(numbers))];
}

void damageAttribute(AttributeProto &attribute, Random &random) {
  switch (pick(random, 5)) {
  case 0:
    attribute.set_name(attribute.name() + "x");
    break;
  case 1:
    attribute.set_type(static_cast<AttributeProto::AttributeType>(pick(random, 15)));
    break;
  case 2:
    if (attribute.ints_size() == 0)
      attribute.set_i(oddNumber(random));
    else
      attribute.set_ints(pick(random, attribute.ints_size()), oddNumber(random));
    break;
  case 3:
    if (attribute.has_s())
      attribute.set_s("?" + attribute.s());
    else if (attribute.has_t())
      attribute.mutable_t()->add_dims(oddNumber(random));
    else
      attribute.add_ints(oddNumber(random));
    break;
  default:
    if (attribute.ints_size())
      attribute.mutable_ints()->RemoveLast();
    else if (attribute.has_t())
      attribute.mutable_t()->set_data_type(pick(random, 32));
    else
      attribute.set_i(int64_t(uint64_t(attribute.i()) + uint64_t(oddNumber(random))));
    break;
  }
}

/// Damage to one field of a node; the inputs are those of the whole graph.
void damageNode(NodeProto &node, const GraphProto &graph, Random &random) {
  switch (pick(random, 12)) {
  case 0:
  case 1:
  case 2:
    if (node.attribute_size()) {
      damageAttribute(*node.mutable_attribute(pick(random, node.attribute_size())), random);
      break;
    }
    node.add_input("nothing");
    break;
  case 3:
    if (node.input_size())
      node.set_input(pick(random, node.input_size()), "nothing");
    else
      node.set_op_type("Nonsense");
    break;
  case 4:
    if (node.input_size())
      node.set_input(pick(random, node.input_size()), "");
    break;
  case 5:
    if (node.input_size())
      node.mutable_input()->RemoveLast();
    break;
  case 6:
    if (graph.input_size())
      node.add_input(graph.input(pick(random, graph.input_size())).name());
    break;
  case 7: // what another node gives, or the graph is given
    if (node.output_size()) {
      const NodeProto &other = graph.node(pick(random, graph.node_size()));
      bool isNode = &other != &node && other.output_size() && pick(random, 2);
      node.set_output(0, isNode || !graph.input_size()
                             ? other.output_size() ? other.output(0) : "nothing"
                             : graph.input(pick(random, graph.input_size())).name());
    }
    break;
  case 8: // a cycle
    if (node.input_size()) {
      const NodeProto &later = graph.node(graph.node_size() - 1);
      const NodeProto &from = pick(random, 2) ? node : later;
      node.set_input(pick(random, node.input_size()),
                     from.output_size() ? from.output(0) : "nothing");
    }
    break;
  case 9:
    if (node.attribute_size())
      node.mutable_attribute()->DeleteSubrange(pick(random, node.attribute_size()), 1);
    else
      node.set_domain("nowhere");
    break;
  case 10:
    if (node.attribute_size())
      *node.add_attribute() = node.attribute(pick(random, node.attribute_size()));
    else
      node.add_output("more");
    break;
  default:
    node.set_op_type(node.op_type() + "x");
    break;
  }
}

void setExternal(TensorProto &tensor, StringRef location, StringRef offset, StringRef length) {
  tensor.clear_raw_data();
  tensor.set_data_location(TensorProto::EXTERNAL);
  for (auto [key, value] : {std::pair<StringRef, StringRef>{"location", location},
                            {"offset", offset}, {"length", length}}) {
    StringStringEntryProto &entry = *tensor.add_external_data();
    entry.set_key(key.str());
    entry.set_value(value.str());
  }
}

void damageTensor(TensorProto &tensor, Random &random) {
  switch (pick(random, 10)) {
  case 0:
    tensor.add_dims(oddNumber(random));
    break;
  case 1:
    if (tensor.dims_size())
      tensor.set_dims(pick(random, tensor.dims_size()), oddNumber(random));
    break;
  case 2:
    tensor.set_data_type(pick(random, 32));
    break;
  case 3:
    tensor.mutable_raw_data()->push_back('x');
    break;
  case 4:
    tensor.clear_raw_data();
    tensor.clear_float_data();
    tensor.clear_int64_data();
    break;
  case 5:
    tensor.set_name("");
    break;
  case 6:
    setExternal(tensor, "missing.bin", "0", "16");
    break;
  case 7:
    setExternal(tensor, pick(random, 2) ? "../../etc/passwd" : "/etc/passwd", "0", "16");
    break;
  case 8: // the program itself, beyond its end
    setExternal(tensor, "onnx_mutate", "99999999999", pick(random, 2) ? "16" : "-1");
    break;
  default:
    setExternal(tensor, ".", "x", "18446744073709551615");
    break;
  }
}

/// `depth` Ifs in one another.
void nest(GraphProto &graph, int depth) {
  GraphProto *inner = &graph;
  for (int i = 0; i < depth; ++i) {
    NodeProto &node = *inner->add_node();
    node.set_op_type("If");
    node.add_input("condition");
    node.add_output("nested_" + std::to_string(i));
    for (const char *name : {"else_branch", "then_branch"}) {
      AttributeProto &attribute = *node.add_attribute();
      attribute.set_name(name);
      attribute.set_type(AttributeProto::GRAPH);
      inner = attribute.mutable_g();
    }
  }
}

/// Damage to what isn't a node.
void damageGraph(ModelProto &model, Random &random) {
  GraphProto &graph = *model.mutable_graph();
  auto firstDim = [](ValueInfoProto &value) {
    TensorShapeProto &shape = *value.mutable_type()->mutable_tensor_type()->mutable_shape();
    return shape.dim_size() ? shape.mutable_dim(0) : shape.add_dim();
  };
  switch (pick(random, 10)) {
  case 0:
  case 1:
  case 2:
    damageTensor(graph.initializer_size()
                     ? *graph.mutable_initializer(pick(random, graph.initializer_size()))
                     : *graph.add_initializer(),
                 random);
    break;
  case 3: // terabytes
    if (graph.input_size())
      firstDim(*graph.mutable_input(0))->set_dim_value(pick(random, 2) ? 1LL << 40 : INT64_MAX);
    break;
  case 4:
    if (graph.output_size())
      firstDim(*graph.mutable_output(0))->set_dim_value(oddNumber(random));
    break;
  case 5:
    if (graph.input_size())
      graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
          pick(random, 32));
    break;
  case 6:
    if (graph.input_size())
      graph.mutable_input(0)->set_name(graph.input(graph.input_size() - 1).name() + "\xff\n\"");
    break;
  case 7:
    if (model.opset_import_size())
      model.mutable_opset_import(0)->set_version(oddNumber(random));
    else
      model.set_ir_version(oddNumber(random));
    break;
  case 8:
    if (graph.node_size() > 1)
      graph.mutable_node()->SwapElements(0, graph.node_size() - 1);
    else
      graph.clear_output();
    break;
  default:
    nest(graph, pick(random, 2) ? 30 : 1000);
    break;
  }
}

struct Damage {
  std::string bytes;
  std::string node; ///< the damaged node's name, if one was
  StringRef place;  ///< "file", "graph" or "node"
};

Damage damage(StringRef model, Random &random) {
  Damage result{model.str(), "", "file"};
  ModelProto proto;
  uint64_t place = pick(random, 6);
  if (place == 0 || !proto.ParseFromString(result.bytes) ||
      proto.graph().node_size() == 0) {
    damageBytes(result.bytes, random);
    return result;
  }
  for (int i = 0; i < proto.graph().node_size(); ++i)
    proto.mutable_graph()->mutable_node(i)->set_name("the_node_" + std::to_string(i));
  if (place == 1) {
    damageGraph(proto, random);
    result.bytes = proto.SerializeAsString();
    result.place = "graph";
    return result;
  }
  result.place = "node";
  NodeProto &node =
      *proto.mutable_graph()->mutable_node(pick(random, proto.graph().node_size()));
  result.node = node.name();
  damageNode(node, proto.graph(), random);
  result.bytes = proto.SerializeAsString();
  return result;
}

void tooLong(int) {
  static const char text[] = "a case takes more than 60 s\n";
  (void)!write(2, text, sizeof text - 1);
  _exit(3);
}

} // namespace

int writeModels(StringRef folder, uint64_t from, uint64_t to,
                ArrayRef<std::unique_ptr<llvm::MemoryBuffer>> models) {
  for (uint64_t i = from; i < to; ++i) {
    Random random(i);
    Damage damaged = damage(models[pick(random, models.size())]->getBuffer(), random);
    std::error_code error;
    llvm::raw_fd_ostream os((folder + "/" + Twine(i) + ".onnx").str(), error);
    if (error)
      return llvm::errs() << folder << ": " << error.message() << "\n", 2;
    os << damaged.bytes;
  }
  return 0;
}

int main(int argc, char **argv) {
  StringRef folder;
  if (argc > 2 && StringRef(argv[1]) == "--write") {
    folder = argv[2];
    argc -= 2, argv += 2;
  }
  if (argc < 4) {
    llvm::errs() << "usage: onnx_mutate [--write FOLDER] FROM TO MODEL...\n";
    return 2;
  }
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> models;
  for (int i = 3; i < argc; ++i)
    if (auto file = llvm::MemoryBuffer::getFile(argv[i]))
      models.push_back(std::move(*file));
  if (models.empty()) {
    llvm::errs() << "no model can be read\n";
    return 2;
  }
  std::signal(SIGALRM, tooLong);
  uint64_t from = strtoull(argv[1], nullptr, 10), to = strtoull(argv[2], nullptr, 10);
  if (!folder.empty())
    return writeModels(folder, from, to, models);
  for (uint64_t i = from; i < to; ++i) {
    Random random(i);
    Damage damaged = damage(models[pick(random, models.size())]->getBuffer(), random);
    std::string messages;
    MLIRContext context(MLIRContext::Threading::DISABLED);
    context.printOpOnDiagnostic(false);
    context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
      messages += diagnostic.str() + "\n";
      return success();
    });
    alarm(60);
    bool imported =
        static_cast<bool>(dlc::importOnnx(llvm::MemoryBufferRef(damaged.bytes, "model"),
                                          "model.onnx", &context));
    alarm(0);
    StringRef outcome = imported ? "imported" : messages.empty() ? "silent" : "refused";
    llvm::outs() << i << " " << outcome << " " << damaged.place;
    if (!imported && !damaged.node.empty())
      llvm::outs() << (StringRef(messages).contains("'" + damaged.node + "'") ? " named"
                                                                              : " unnamed");
    llvm::outs() << "\n";
    if (getenv("DLC_FUZZ_SHOW"))
      llvm::errs() << messages;
    llvm::outs().flush();
  }
  return 0;
}
