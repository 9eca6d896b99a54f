//===- Header.cpp - the C header of a model -------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Descriptor.h"
#include "Embedded.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dlc {

/// Text from the model, on one line of a comment.
static std::string forComment(StringRef text) {
  std::string result;
  for (char c : text)
    result += llvm::isPrint(c) || (c & 0x80) ? c : ' ';
  size_t at;
  while ((at = result.find("\\")) != std::string::npos) // would join the next line
    result[at] = '/';
  return result;
}

namespace {
class HeaderWriter {
public:
  HeaderWriter(llvm::raw_ostream &os, const ModelSignature &signature)
      : os(os), signature(signature), prefix(makeIdentifier(signature.name)),
        upper(StringRef(prefix).upper()) {}

  void write(const WeightSet &weights, const WeightPlace &place);

private:
  /// An identifier for each tensor, none twice, nor once the enumerators' names
  /// are in capitals. It follows `kind`, which it needn't repeat.
  SmallVector<std::string> getNames(StringRef kind, ArrayRef<TensorSignature> tensors) {
    llvm::StringSet<> taken;
    SmallVector<std::string> names;
    for (const TensorSignature &tensor : tensors) {
      std::string name = makeIdentifier(tensor.name);
      if (StringRef rest = name; rest.consume_front((kind + "_").str()) && !rest.empty())
        name = rest.str();
      if (llvm::isDigit(tensor.name.empty() ? '0' : tensor.name.front()))
        name = name.substr(name.find_first_not_of('_') == std::string::npos ? 0 : 1);
      std::string unique = name;
      for (int i = 2; !taken.insert(StringRef(unique).upper()).second; ++i)
        unique = name + "_" + std::to_string(i);
      names.push_back(unique);
    }
    return names;
  }

  void writeSummary(const WeightSet &weights, const WeightPlace &place);
  /// Of the function that C knows under `prefix`.
  void writeInterface(StringRef prefix, ArrayRef<TensorSignature> inputs,
                      ArrayRef<TensorSignature> outputs);
  void writeEnum(StringRef prefix, StringRef kind, ArrayRef<TensorSignature> tensors);
  void writeTensors(StringRef prefix, StringRef kind, ArrayRef<TensorSignature> tensors);
  void writeFunctions();
  void writeFurtherFunctions();
  void writeState(ArrayRef<TensorSignature> states);
  std::string getPrefix(const FunctionSignature &function) const {
    return prefix + "_" + makeIdentifier(function.name);
  }

  llvm::raw_ostream &os;
  const ModelSignature &signature;
  std::string prefix, upper;
};
} // namespace

void HeaderWriter::writeSummary(const WeightSet &weights, const WeightPlace &place) {
  os << "// The model '" << forComment(signature.name) << "', compiled by dlc " DLC_VERSION;
  if (!signature.producer.empty())
    os << "; made by " << forComment(signature.producer);
  os << ".\n//\n";
  auto list = [&](const Twine &title, ArrayRef<TensorSignature> tensors) {
    os << "// " << title << ":\n";
    for (auto [i, tensor] : llvm::enumerate(tensors)) {
      std::string limits = formatLimits(tensor);
      os << "//   " << i << "  "
         << forComment(formatType(tensor, *getElementInfo(tensor.type.getElementType()))) << "  "
         << forComment(tensor.name) << (limits.empty() ? "" : "  (" + forComment(limits) + ")")
         << "\n";
    }
  };
  list("Inputs", signature.inputs);
  list("Outputs", signature.outputs);
  for (const FunctionSignature &function : signature.functions) {
    list("Inputs of " + getPrefix(function), function.inputs);
    list("Outputs of " + getPrefix(function), function.outputs);
  }
  if (!place.fileName.empty())
    os << "// Weights: the file " << forComment(place.fileName) << " beside the library.\n";
  if (SmallVector<TensorSignature> states = weights.getStates(); !states.empty())
    list("State (every context has its own; " + prefix + "_reset starts it anew)", states);
  os << "//\n// A dimension named by a letter or a word has the same size wherever the name stands;\n"
        "// one shown as ? may be anything. Links with -l or loads with dlopen; needs libc and libm.\n\n";
}

void HeaderWriter::writeEnum(StringRef prefix, StringRef kind, ArrayRef<TensorSignature> tensors) {
  std::string upperKind = kind.upper(), upper = prefix.upper();
  os << "/// Places in the array of " << kind << "s.\nenum {\n";
  for (auto [i, name] : llvm::enumerate(getNames(kind, tensors)))
    os << "  " << upper << "_" << upperKind << "_" << StringRef(name).upper() << " = " << i << ",\n";
  os << "  " << upper << "_NUM_" << upperKind << "S = " << tensors.size() << "\n};\n\n";
}

void HeaderWriter::writeTensors(StringRef prefix, StringRef kind,
                                ArrayRef<TensorSignature> tensors) {
  bool isInput = kind == "input";
  SmallVector<std::string> names = getNames(kind, tensors);
  for (auto [tensor, name] : llvm::zip(tensors, names)) {
    ElementInfo element = *getElementInfo(tensor.type.getElementType());
    int64_t rank = tensor.type.getRank();
    os << "/// " << (isInput ? "Input" : "Output") << " '" << forComment(tensor.name)
       << "': " << forComment(formatType(tensor, element))
       << (isInput ? ", compact and row-major.\n"
                   : ". `data` NULL: the model allocates it and fills in `shape`.\n");
    os << "static inline DLTensor " << prefix << "_" << kind << "_" << name << "("
       << (isInput ? "const " : "") << element.cType << " *data";
    if (rank)
      os << ", " << (isInput ? "const " : "") << "int64_t *shape /* " << rank << " */";
    os << ") {\n  DLTensor tensor;\n  tensor.data = (void *)data;\n"
       << "  tensor.device.device_type = kDLCPU;\n  tensor.device.device_id = 0;\n"
       << "  tensor.ndim = " << rank << ";\n  tensor.dtype.code = " << unsigned(element.code)
       << ";\n  tensor.dtype.bits = " << unsigned(element.bits)
       << ";\n  tensor.dtype.lanes = 1;\n  tensor.shape = "
       << (rank ? "(int64_t *)shape" : "NULL")
       << ";\n  tensor.strides = NULL;\n  tensor.byte_offset = 0;\n  return tensor;\n}\n\n";
  }
}

void HeaderWriter::writeFunctions() {
  os << "/// Runs the model with as many threads as there are CPUs. The arrays have "
     << signature.inputs.size() << " and\n/// " << signature.outputs.size()
     << " entries. May be called from several threads at once.\n"
     << "int32_t " << prefix
     << "_run(const DLTensor *const *inputs, DLTensor *const *outputs);\n\n"
     << "/// The sentence about the last failure in this thread.\n"
     << "const char *" << prefix << "_last_error(void);\n\n"
     << "/// JSON: inputs, outputs, dtypes, shapes, producer, compiler, target.\n"
     << "const char *" << prefix << "_describe(void);\n\n"
     << "/// A context of one's own: threads, memory, the weights' path, state. `options` may\n"
        "/// be NULL, and a NULL context is the one that "
     << prefix << "_run uses.\n"
     << "int32_t " << prefix << "_create(const dlc_options *options, dlc_context **context);\n"
     << "void " << prefix << "_destroy(dlc_context *context);\n"
     << "int32_t " << prefix
     << "_run_with(dlc_context *context, const DLTensor *const *inputs, DLTensor *const *outputs);\n\n"
     << "/// How many bytes of dlc_options::arena a run on such inputs needs.\n"
     << "int32_t " << prefix
     << "_arena_size(dlc_context *context, const DLTensor *const *inputs, size_t *bytes);\n\n"
     << "/// 0: one thread per CPU; 1: none is ever started.\n"
     << "int32_t " << prefix << "_set_threads(dlc_context *context, int32_t num_threads);\n\n"
     << "/// Gives the model's state its initial values again.\n"
     << "int32_t " << prefix << "_reset(dlc_context *context);\n\n"
     << "/// Frees the data of an output that the model allocated (not by the context's own\n"
        "/// allocator).\n"
     << "void " << prefix << "_release(void *data);\n";
}

void HeaderWriter::writeInterface(StringRef prefix, ArrayRef<TensorSignature> inputs,
                                  ArrayRef<TensorSignature> outputs) {
  writeEnum(prefix, "input", inputs);
  writeEnum(prefix, "output", outputs);
  writeTensors(prefix, "input", inputs);
  writeTensors(prefix, "output", outputs);
}

/// Those beside the model itself, by their numbers.
void HeaderWriter::writeFurtherFunctions() {
  if (signature.functions.empty())
    return;
  os << "\n/// Runs one of the functions: 0 is the model. `context` may be NULL.\n"
     << "int32_t " << prefix
     << "_call(dlc_context *context, int32_t function, const DLTensor *const *inputs,\n"
        "                DLTensor *const *outputs);\n\n";
  for (auto [i, function] : llvm::enumerate(signature.functions)) {
    std::string own = getPrefix(function);
    writeInterface(own, function.inputs, function.outputs);
    os << "/// Runs the function '" << forComment(function.name) << "'. The arrays have "
       << function.inputs.size() << " and " << function.outputs.size()
       << " entries;\n/// `context` may be NULL.\n"
       << "static inline int32_t " << own
       << "(dlc_context *context, const DLTensor *const *inputs,\n"
          "    DLTensor *const *outputs) {\n  return "
       << prefix << "_call(context, " << i + 1 << ", inputs, outputs);\n}\n";
  }
}

void HeaderWriter::writeState(ArrayRef<TensorSignature> states) {
  os << "\n";
  writeEnum(prefix, "state", states);
  os << "/// A piece of the context's state in place, to be read and written while no run is\n"
        "/// under way. In all three functions `context` may be NULL.\n"
     << "int32_t " << prefix << "_state(dlc_context *context, int32_t number, DLTensor *tensor);\n\n"
     << "/// Writes all state into a safetensors file.\n"
     << "int32_t " << prefix << "_save(dlc_context *context, const char *path);\n\n"
     << "/// Reads it from one. With `partial` the file may lack some, which keep their values,\n"
        "/// and have tensors that the model hasn't. A file that doesn't fit changes nothing.\n"
     << "int32_t " << prefix
     << "_load(dlc_context *context, const char *path, int32_t partial);\n";
}

void HeaderWriter::write(const WeightSet &weights, const WeightPlace &place) {
  writeSummary(weights, place);
  os << "#ifndef DLC_MODEL_" << upper << "_H\n#define DLC_MODEL_" << upper << "_H\n\n"
     << getEmbeddedAbiHeader() << "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  writeInterface(prefix, signature.inputs, signature.outputs);
  writeFunctions();
  writeFurtherFunctions();
  if (SmallVector<TensorSignature> states = weights.getStates(); !states.empty())
    writeState(states);
  os << "\n#ifdef __cplusplus\n}\n#endif\n#endif // DLC_MODEL_" << upper << "_H\n";
}

std::string generateHeader(const ModelSignature &signature, const WeightSet &weights,
                           const WeightPlace &place) {
  std::string text;
  llvm::raw_string_ostream os(text);
  HeaderWriter(os, signature).write(weights, place);
  return text;
}

} // namespace dlc
