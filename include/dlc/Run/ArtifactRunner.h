//===- ArtifactRunner.h - loads and runs compiled models --------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_RUN_ARTIFACTRUNNER_H
#define DLC_RUN_ARTIFACTRUNNER_H

#include "dlc/Runtime/Abi.h"
#include "dlc/Support/Tensor.h"

namespace dlc {

/// A model's .so in this process, used through its C ABI alone.
class ArtifactRunner {
public:
  /// An input or output as the model describes it.
  struct Port {
    std::string name;
    ElementType type;
    llvm::SmallVector<int64_t> shape;    ///< -1: dynamic
    llvm::SmallVector<std::string> dims; ///< a dynamic dimension's symbol, or empty
  };

  struct Options {
    int32_t numThreads = 0;  ///< 0: one per CPU
    std::string weightsPath; ///< empty: beside the .so
  };

  static llvm::Expected<std::unique_ptr<ArtifactRunner>> load(llvm::StringRef path,
                                                              const Options &options);
  static llvm::Expected<std::unique_ptr<ArtifactRunner>> load(llvm::StringRef path) {
    return load(path, Options());
  }
  ~ArtifactRunner();
  ArtifactRunner(const ArtifactRunner &) = delete;
  ArtifactRunner &operator=(const ArtifactRunner &) = delete;

  llvm::ArrayRef<Port> getInputs() const { return inputs; }
  llvm::ArrayRef<Port> getOutputs() const { return outputs; }
  /// The JSON text of `…_describe`.
  llvm::StringRef getDescription() const { return api->describe(); }
  const dlc_model_api &getApi() const { return *api; }

  /// Runs the model; the results' memory comes from it.
  llvm::Expected<std::vector<NamedTensor>> run(llvm::ArrayRef<Tensor> arguments);

  /// 0: one per CPU.
  int32_t setThreads(int32_t count) { return api->set_threads(context, count); }

  /// Runs the model into `results`, as an earlier run on arguments of the same
  /// shapes returned them: without allocating, for benchmarks.
  llvm::Error runInto(llvm::ArrayRef<Tensor> arguments, llvm::MutableArrayRef<NamedTensor> results);

private:
  ArtifactRunner() = default;
  llvm::Error readDescription();
  llvm::Error call(llvm::ArrayRef<Tensor> arguments, llvm::MutableArrayRef<DLTensor> results);

  void *library = nullptr;
  const dlc_model_api *api = nullptr;
  dlc_context *context = nullptr;
  std::vector<Port> inputs, outputs;
};

} // namespace dlc

#endif // DLC_RUN_ARTIFACTRUNNER_H
