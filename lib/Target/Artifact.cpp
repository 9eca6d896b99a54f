//===- Artifact.cpp - from LLVM-dialect module to shared object -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compile.h"
#include "Descriptor.h"
#include "Link.h"
#include "Partition.h"
#include "dlc/Support/Reproducer.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"

#include <unistd.h>

using namespace mlir;

namespace dlc {

namespace {
/// The steps of emitArtifact, and what they hand on.
class Emitter {
public:
  Emitter(ModuleOp module, const ArtifactOptions &options)
      : module(module), options(options), context(module.getContext()), loc(module.getLoc()) {}

  LogicalResult run();

private:
  LogicalResult checkModule();
  LogicalResult placeWeights();
  LogicalResult compile();
  LogicalResult writeInto(AtomicFile &file, StringRef path, StringRef contents);
  LogicalResult writeOutput(StringRef contents);
  LogicalResult writeHeader();
  LogicalResult link();

  ModuleOp module;
  const ArtifactOptions &options;
  MLIRContext *context;
  Location loc;
  ModelSignature signature;
  std::optional<ResolvedTarget> target;
  std::optional<WeightSet> weights;
  WeightPlace place;
  std::optional<AtomicFile> weightsFile, headerFile;
  std::vector<SmallVector<char, 0>> objects;
  bool callsForeignCode = false;
};
} // namespace

/// Nothing goes beside a shared object that is written to a device or a pipe.
static bool isOutputSpecial(const ArtifactOptions &options) {
  bool isSpecial = false;
  return !llvm::sys::fs::is_other(options.outputPath, isSpecial) && isSpecial;
}

static std::string pathWithExtension(const ArtifactOptions &options, StringRef extension) {
  SmallString<256> path(options.outputPath);
  llvm::sys::path::replace_extension(path, extension);
  return path.str().str();
}

static std::string getWeightsPath(const ArtifactOptions &options) {
  return pathWithExtension(options, "safetensors");
}

/// Empty: there is to be no header.
static std::string getHeaderPath(const ArtifactOptions &options) {
  if (options.headerPath == "-" || (options.headerPath.empty() && isOutputSpecial(options)))
    return "";
  return options.headerPath.empty() ? pathWithExtension(options, "h") : options.headerPath;
}

SmallVector<std::string> getWrittenPaths(const ArtifactOptions &options) {
  SmallVector<std::string> paths = {options.outputPath};
  if (options.emit != EmitKind::SharedObject)
    return paths;
  if (std::string header = getHeaderPath(options); !header.empty())
    paths.push_back(header);
  if (options.externalWeights)
    paths.push_back(getWeightsPath(options));
  return paths;
}

/// What the module calls outside itself must be there when the artefact is loaded:
/// dlc's own library, libc and libm, or a function of a custom call.
LogicalResult Emitter::checkModule() {
  auto entry = module.lookupSymbol<LLVM::LLVMFuncOp>(kEntryName);
  if (!entry || entry.isExternal())
    return module.emitError() << "has no host program '" << kEntryName << "'";
  for (Operation &op : *module.getBody()) {
    if (!isa_and_nonnull<LLVM::LLVMDialect>(op.getDialect()) && op.getName().getStringRef() != "dl.global")
      return op.emitError() << "is not in the LLVM dialect, but the module is to become object code";
    if (auto func = dyn_cast<LLVM::LLVMFuncOp>(op))
      callsForeignCode |= func.isExternal() && func->hasAttr("dlc.custom_call");
  }
  return success();
}

LogicalResult Emitter::placeWeights() {
  FailureOr<WeightSet> collected = WeightSet::collect(module);
  if (failed(collected))
    return failure();
  weights.emplace(std::move(*collected));
  if (options.emit != EmitKind::SharedObject)
    return success();
  // Rather know it now than when the disk is full.
  SmallString<256> folder(options.outputPath);
  llvm::sys::fs::make_absolute(folder);
  llvm::sys::path::remove_filename(folder);
  auto space = llvm::sys::fs::disk_space(folder);
  if (space && weights->totalBytes() > space->available)
    return emitError(loc) << "the weights take " << weights->totalBytes() << " bytes, but only "
                          << space->available << " are free where '" << options.outputPath
                          << "' is to be";
  if (!options.externalWeights || !weights->totalBytes())
    return success();
  if (isOutputSpecial(options))
    return emitError(loc) << "external weights can't be put beside '" << options.outputPath
                          << "', which is not a regular file";
  std::string path = getWeightsPath(options);
  auto file = AtomicFile::create(context, path);
  if (failed(file))
    return failure();
  weightsFile.emplace(std::move(*file));
  place.fileName = llvm::sys::path::filename(path).str();
  return weights->writeSafetensors(*weightsFile, context, place.fileBytes, place.headerHash);
}

LogicalResult Emitter::compile() {
  bool whole = options.emit != EmitKind::SharedObject;
  SmallVector<OwningOpRef<ModuleOp>> parts = partitionModule(module, whole ? 1 : 16);
  objects.resize(parts.size());
  std::string description = describeModel(
      signature, target->triple.str(),
      options.target.cpu.empty() || options.target.cpu == "native" ? target->features : target->cpu,
      *weights);
  auto addTables = [&](llvm::Module &host) {
    return addDescriptor(host, loc, signature, description, *weights, place);
  };
  std::atomic<bool> failed = false;
  auto compilePart = [&](size_t i) {
    if (mlir::failed(compileModule(*parts[i], *target, options.emit,
                                   i == 0 ? ModuleHook(addTables) : ModuleHook(), objects[i])))
      failed = true;
  };
  if (parts.size() == 1 || options.numThreads == 1) {
    for (size_t i = 0; i < parts.size(); ++i)
      compilePart(i);
    return success(!failed);
  }
  ParallelDiagnosticHandler diagnostics(context);
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(options.numThreads));
  for (size_t i = 0; i < parts.size(); ++i)
    pool.async([&, i] {
      prepareThreadForCrash();
      diagnostics.setOrderIDForThread(i);
      compilePart(i);
      diagnostics.eraseOrderIDForThread();
    });
  pool.wait();
  return success(!failed);
}

LogicalResult Emitter::writeInto(AtomicFile &file, StringRef path, StringRef contents) {
  llvm::raw_fd_ostream os(file.fd(), /*shouldClose=*/false);
  os << contents;
  os.flush();
  if (os.has_error()) {
    std::string why = os.error().message();
    os.clear_error();
    return emitError(loc) << "can't write '" << path << "': " << why;
  }
  return success();
}

LogicalResult Emitter::writeOutput(StringRef contents) {
  if (options.outputPath == "-") {
    llvm::outs() << contents;
    return success();
  }
  auto file = AtomicFile::create(context, options.outputPath);
  if (failed(file) || failed(writeInto(*file, options.outputPath, contents)))
    return failure();
  if (options.onReady && failed(options.onReady()))
    return failure();
  return file->keep(context);
}

LogicalResult Emitter::writeHeader() {
  std::string path = getHeaderPath(options);
  if (path.empty())
    return success();
  auto file = AtomicFile::create(context, path);
  if (failed(file))
    return failure();
  headerFile.emplace(std::move(*file));
  return writeInto(*headerFile, path, generateHeader(signature, *weights, place));
}

LogicalResult Emitter::link() {
  auto output = AtomicFile::create(context, options.outputPath);
  if (failed(output))
    return failure();
  LinkJob job;
  job.outputPath = output->tempPath().str();
  job.soName = llvm::sys::path::filename(options.outputPath).str();
  job.prefix = makeIdentifier(signature.name);
  job.hasState = !weights->getStates().empty();
  job.allowUndefined = callsForeignCode;
  job.numThreads = options.numThreads ? options.numThreads
                                      : llvm::hardware_concurrency().compute_thread_count();
  for (SmallVector<char, 0> &object : objects) {
    auto input = LinkInput::create(loc, StringRef(object.data(), object.size()));
    if (failed(input))
      return failure();
    job.objects.push_back(std::move(*input));
    object = {};
  }
  std::optional<AtomicFile> weightObject; // the large ones need a disk
  if (place.fileName.empty() && weights->totalBytes()) {
    auto input = LinkInput::create(loc);
    if (failed(input))
      return failure();
    int fd = input->descriptor();
    if (weights->totalBytes() > (uint64_t(256) << 20)) {
      auto file = AtomicFile::create(context, options.outputPath);
      if (failed(file))
        return failure();
      weightObject.emplace(std::move(*file));
      fd = weightObject->fd();
      ::dup2(fd, input->descriptor());
    }
    llvm::raw_fd_ostream os(fd, /*shouldClose=*/false);
    uint16_t machine = target->triple.isAArch64() ? llvm::ELF::EM_AARCH64
                       : target->triple.isRISCV() ? llvm::ELF::EM_RISCV
                                                  : llvm::ELF::EM_X86_64;
    LogicalResult written = weights->writeObject(context, os, machine);
    os.flush();
    std::error_code error = os.error();
    os.clear_error();
    if (failed(written))
      return failure();
    if (error)
      return emitError(loc) << "can't write the weights: " << error.message();
    weights->release();
    job.objects.push_back(std::move(*input));
  }
  if (failed(linkSharedObject(job, loc)) || failed(writeHeader()))
    return failure();
  if (options.onReady && failed(options.onReady()))
    return failure();
  if (weightsFile && failed(weightsFile->keep(context)))
    return failure();
  if (headerFile && failed(headerFile->keep(context)))
    return failure();
  return output->keep(context);
}

LogicalResult Emitter::run() {
  FailureOr<ModelSignature> read = ModelSignature::fromModule(module);
  if (failed(read))
    return failure();
  signature = std::move(*read);
  FailureOr<ResolvedTarget> resolved = ResolvedTarget::resolve(options.target, loc);
  if (failed(resolved))
    return failure();
  target.emplace(std::move(*resolved));
  if (options.emit == EmitKind::SharedObject && target->triple.getArch() != llvm::Triple::x86_64)
    return emitError(loc) << "the runtime is built for x86-64 only; for '" << target->triple.str()
                          << "' emit an object, assembly or LLVM IR";
  if (options.emit == EmitKind::SharedObject && isReservedPrefix(makeIdentifier(signature.name)))
    return emitError(loc) << "a model can't be called '" << signature.name
                          << "': functions of the runtime or the C library begin so; choose "
                             "another name (--name)";
  if (failed(checkModule()) || failed(placeWeights()) || failed(compile()))
    return failure();
  if (options.emit != EmitKind::SharedObject)
    return writeOutput(StringRef(objects[0].data(), objects[0].size()));
  return link();
}

LogicalResult emitArtifact(ModuleOp module, const ArtifactOptions &options) {
  MLIRContext *context = module.getContext();
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context->appendDialectRegistry(registry);
  return Emitter(module, options).run();
}

} // namespace dlc
