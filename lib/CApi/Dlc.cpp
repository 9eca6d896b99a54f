//===- Dlc.cpp - the compiler as a C library ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc-c/Dlc.h"
#include "dlc/Compile/Compiler.h"
#include "dlc/Import/Torch.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <cstdlib>
#include <cstring>
#include <mutex>

using namespace dlc;

#define DLC_EXPORT extern "C" __attribute__((visibility("default")))

/// A weight as a tensor that refers to the caller's memory; an error says what is
/// wrong with it.
static llvm::Expected<NamedTensor> readWeight(const dlc_weight &weight) {
  if (!weight.name || !weight.type || weight.rank < 0 || (weight.rank && !weight.shape))
    return makeError("a weight has no name, type or shape");
  std::optional<ElementType> type = parseElementType(weight.type);
  if (!type)
    return makeError("weight '{0}' is of type {1}, which isn't supported", weight.name,
                     weight.type);
  llvm::ArrayRef<int64_t> shape(weight.shape, weight.rank);
  bool isEmpty = llvm::is_contained(shape, 0);
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }) || (!isEmpty && !weight.data))
    return makeError("weight '{0}' has no elements", weight.name);
  return NamedTensor{weight.name, Tensor::view(*type, shape, weight.data)};
}

static llvm::Error readRequest(const dlc_compile_request &request, CompileOptions &options) {
  if (!request.path || !request.output)
    return makeError("the request names no model or no output");
  options.input = request.path;
  if (request.model)
    options.model = llvm::StringRef(static_cast<const char *>(request.model),
                                    request.model_bytes);
  for (const dlc_weight &weight : llvm::ArrayRef(request.weights, request.num_weights)) {
    llvm::Expected<NamedTensor> tensor = readWeight(weight);
    if (!tensor)
      return tensor.takeError();
    options.weights.push_back(std::move(*tensor));
  }
  options.output = request.output;
  options.artifact.headerPath = request.header ? request.header : "-";
  options.name = request.name ? request.name : llvm::sys::path::stem(request.output).str();
  options.artifact.target.cpu = request.cpu ? request.cpu : "";
  options.artifact.externalWeights = request.external_weights;
  options.threads = request.num_threads;
  options.training = request.training ? request.training : "";
  if (request.on_phase)
    options.onPhase = [&request](llvm::StringRef phase, double seconds) {
      return request.on_phase(request.user, phase.str().c_str(), seconds) == 0;
    };
  return llvm::Error::success();
}

DLC_EXPORT int32_t dlc_compile(const dlc_compile_request *request, char **messages) {
  std::mutex mutex;
  std::string lines;
  CompileOptions options;
  options.diagnose = [&](llvm::StringRef line) {
    std::lock_guard<std::mutex> lock(mutex);
    lines += line.str() + "\n";
  };
  bool hasFailed = false;
  if (!request || request->size != sizeof(dlc_compile_request)) {
    lines = "error: the request is of another version\n";
    hasFailed = true;
  } else if (llvm::Error error = readRequest(*request, options)) {
    lines = "error: " + llvm::toString(std::move(error)) + "\n";
    hasFailed = true;
  } else {
    hasFailed = failed(compile(options));
  }
  if (messages)
    *messages = lines.empty() ? nullptr : strdup(lines.c_str());
  return hasFailed;
}

DLC_EXPORT void dlc_free(void *memory) { free(memory); }

DLC_EXPORT int32_t dlc_check_trace(const char *path, char **message) {
  llvm::Error error = checkTrace(path);
  bool hasFailed = bool(error);
  *message = hasFailed ? strdup(llvm::toString(std::move(error)).c_str()) : nullptr;
  return hasFailed;
}

DLC_EXPORT const char *dlc_torch_ops(void) {
  static const std::string names = llvm::join(getTorchOps(), "\n");
  return names.c_str();
}

DLC_EXPORT const char *dlc_complex_torch_ops(void) {
  static const std::string names = llvm::join(getComplexTorchOps(), "\n");
  return names.c_str();
}

DLC_EXPORT const char *dlc_version(void) { return DLC_VERSION; }
