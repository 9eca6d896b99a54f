//===- Compiled.cpp - runs a compiled model -------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runner.h"
#include "dlc/Run/ArtifactRunner.h"

using namespace dlc;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;

static std::vector<Port> getPorts(ArrayRef<ArtifactRunner::Port> ports) {
  std::vector<Port> result;
  for (const ArtifactRunner::Port &port : ports)
    result.push_back({port.name, port.type, {port.shape.begin(), port.shape.end()}});
  return result;
}

namespace {
class CompiledRunner : public Runner {
public:
  explicit CompiledRunner(std::unique_ptr<ArtifactRunner> loaded) : artifact(std::move(loaded)) {
    inputs = getPorts(artifact->getInputs());
    outputs = getPorts(artifact->getOutputs());
  }

  Expected<std::vector<Tensor>> run(ArrayRef<Tensor> values) override {
    Expected<std::vector<NamedTensor>> results = artifact->run(values);
    if (!results)
      return results.takeError();
    std::vector<Tensor> tensors;
    for (NamedTensor &result : *results)
      tensors.push_back(std::move(result.tensor));
    return tensors;
  }

  Error measure(ArrayRef<Tensor> values) override {
    if (!hasResults) {
      Expected<std::vector<NamedTensor>> made = artifact->run(values);
      if (!made)
        return made.takeError();
      results = std::move(*made);
      hasResults = true;
    }
    return artifact->runInto(values, results);
  }

  Error setThreads(unsigned count) override {
    const dlc_model_api &api = artifact->getApi();
    if (artifact->setThreads(count))
      return makeError("{0}", api.last_error());
    return Error::success();
  }

private:
  std::unique_ptr<ArtifactRunner> artifact;
  std::vector<NamedTensor> results; ///< that every measured run writes
  bool hasResults = false;
};
} // namespace

Expected<std::unique_ptr<Runner>> dlc::loadCompiled(llvm::StringRef path,
                                                    llvm::StringRef weightsPath) {
  ArtifactRunner::Options options;
  options.weightsPath = weightsPath.str();
  Expected<std::unique_ptr<ArtifactRunner>> artifact = ArtifactRunner::load(path, options);
  if (!artifact)
    return artifact.takeError();
  return std::make_unique<CompiledRunner>(std::move(*artifact));
}
