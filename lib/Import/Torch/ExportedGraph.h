//===- ExportedGraph.h - a PyTorch program before it is dl ------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the readers of trace files and of .pt2 archives both make: a graph of
// ATen ops with every argument by its name in the op's schema, defaults filled.
// A node's results are one flat list, whether the op returns a tensor, several,
// or a list of them.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_EXPORTEDGRAPH_H
#define DLC_LIB_IMPORT_TORCH_EXPORTEDGRAPH_H

#include "dlc/Support/Tensor.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dlc::torch {

struct Graph;

/// A size as the tracer knew it: a number, a symbol, or an operation on others.
struct SizeExpr {
  enum class Kind { Number, Symbol, Operation };
  Kind kind = Kind::Number;
  int64_t number = 0;
  std::string text; ///< the symbol, or the operation: add mul floordiv mod min max …
  std::vector<SizeExpr> operands;

  bool isNumber() const { return kind == Kind::Number; }
};

/// What the tracer knew of a value. Element types by dl's names ("f32", "i1"), and c32,
/// c64 and c128 for complex numbers of two f16, f32 or f64.
struct ValueType {
  enum class Kind { Unknown, None, Tensor, Int, Float, Bool };
  Kind kind = Kind::Unknown;
  std::string elementType;
  std::vector<SizeExpr> shape;
  bool isContiguous = true; ///< as it lay in PyTorch's memory
  bool isAtStart = true;    ///< of what it lay in
};

/// An argument of a node.
struct Argument {
  enum class Kind { None, Value, Int, Float, Complex, Bool, String, ElementType, List, Graph };
  Kind kind = Kind::None;
  int64_t integer = 0; ///< also of Bool
  double number = 0;    ///< of Float; the real part of Complex
  double imaginary = 0; ///< of Complex
  std::string text; ///< the value's name, the string, the element type's name
  std::vector<Argument> elements;
  std::shared_ptr<Graph> graph;

  bool isNone() const { return kind == Kind::None; }
};

/// A result of a node, or an input of a graph; one without a name isn't used.
struct NamedValue {
  std::string name;
  ValueType type;
};

struct Node {
  std::string target; ///< "aten.add.Tensor", "operator.mul", "higher_order.cond"
  std::vector<std::pair<std::string, Argument>> arguments;
  std::vector<NamedValue> results;
  unsigned location = 0; ///< index into Program::locations; 0: unknown
};

/// What errors call a node: "node 'add_1' (aten.add.Tensor)"; by its place in the
/// graph if it has no name.
std::string describeNode(llvm::StringRef name, llvm::StringRef target, size_t index = 0);

struct Graph {
  std::vector<NamedValue> inputs;
  std::vector<Node> nodes;
  std::vector<Argument> outputs;
};

/// A line of the user's Python.
struct SourceLine {
  std::string file;
  unsigned line = 0;
};

/// A parameter, buffer or constant.
struct Weight {
  Tensor tensor;
  /// Where its bytes are in a file; an empty path: only in memory.
  std::string path;
  uint64_t offset = 0;
};

/// Where a program's input comes from.
struct InputSpec {
  enum class Kind { User, Weight };
  Kind kind = Kind::User;
  std::string weight;   ///< the weight's name
  bool isParameter = false; ///< of a weight: it is to be trained
  bool isFrozen = false;    ///< of a weight: a parameter that isn't to be trained
  std::string userName; ///< what callers see
};

/// Where a program's output goes: to the caller, or into a weight (state).
struct OutputSpec {
  enum class Kind { User, State };
  Kind kind = Kind::User;
  std::string weight;
  std::string userName;
};

/// The sizes that a symbol may stand for.
struct SymbolRange {
  int64_t min = 0;
  std::optional<int64_t> max;
};

/// A derivative that is asked for, of the program or of the derivative before:
/// grad.vjp or grad.jvp with its attributes. Its directions become inputs after the
/// others; or cotangents are all 1.
struct Derivative {
  bool isReverse = true, withPrimal = false, seedsOnes = false;
  bool isSplit = false;              ///< into a forward and a backward function
  std::vector<int64_t> wrt, of;      ///< numbers of tensors among inputs, outputs
  std::vector<int64_t> overwritten;  ///< of a split one: inputs that change in between
  std::vector<std::string> directionNames, resultNames;
};

struct Program {
  std::string producer;
  std::string defaultFloat = "f32"; ///< torch.get_default_dtype()
  std::string metadata; ///< JSON for whoever loads the artefact, or empty
  Graph graph;
  std::vector<InputSpec> inputs;   ///< one for each of graph.inputs
  std::vector<OutputSpec> outputs; ///< one for each of graph.outputs
  llvm::StringMap<Weight> weights;
  llvm::StringMap<SymbolRange> symbols;
  std::vector<SourceLine> locations;
  std::vector<Derivative> derivatives; ///< each of what the ones before make
};

/// An error that names the first weight which isn't there, or isn't of the element type and
/// shape that the program says.
llvm::Error checkWeights(const Program &program, const llvm::StringMap<Weight> &weights);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_EXPORTEDGRAPH_H
