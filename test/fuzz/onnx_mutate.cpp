//===- onnx_mutate.cpp - imports damaged ONNX models ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// onnx_mutate FROM TO MODEL...: damages the given models in the ways numbered FROM
// to TO - 1 and imports each in this process. Number i always does the same
// damage. One line of output for each:
//
//   i imported|refused|silent file|node [named|unnamed]
//
// `silent` is a refusal without a sentence. For damage inside a node, `named`
// says that a message names that node. scripts/conformance fuzz-onnx drives this
// and counts; a crash shows as a missing line.
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
      attribute.set_i(attribute.i() + oddNumber(random));
    break;
  }
}

/// Damage to one field of a node; the inputs are those of the whole graph.
void damageNode(NodeProto &node, const GraphProto &graph, Random &random) {
  switch (pick(random, 8)) {
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
  default:
    node.set_op_type(node.op_type() + "x");
    break;
  }
}

struct Damage {
  std::string bytes;
  std::string node; ///< the damaged node's name, if one was
};

Damage damage(StringRef model, Random &random) {
  Damage result{model.str(), ""};
  ModelProto proto;
  if (pick(random, 3) == 0 || !proto.ParseFromString(result.bytes) ||
      proto.graph().node_size() == 0) {
    damageBytes(result.bytes, random);
    return result;
  }
  for (int i = 0; i < proto.graph().node_size(); ++i)
    proto.mutable_graph()->mutable_node(i)->set_name("the_node_" + std::to_string(i));
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

int main(int argc, char **argv) {
  if (argc < 4) {
    llvm::errs() << "usage: onnx_mutate FROM TO MODEL...\n";
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
  for (uint64_t i = strtoull(argv[1], nullptr, 10), to = strtoull(argv[2], nullptr, 10); i < to;
       ++i) {
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
    llvm::outs() << i << " " << outcome << (damaged.node.empty() ? " file" : " node");
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
