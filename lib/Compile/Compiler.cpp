//===- Compiler.cpp - from a model file to an artefact --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Compile/Compiler.h"
#include "LoadModel.h"
#include "TestCrash.h"
#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "dlc/Autodiff/Passes.h"
#include "dlc/Codegen/CPU/TargetInfo.h"
#include "dlc/Codegen/Host/Passes.h"
#include "dlc/Support/MemoryBudget.h"
#include "dlc/Support/Paths.h"
#include "dlc/Support/Reproducer.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"
#include <chrono>

using namespace mlir;
using namespace dlc;

namespace {
class Compilation {
public:
  explicit Compilation(const CompileOptions &options) : options(options) {}
  LogicalResult run();

private:
  /// Runs `work` as a phase: its time is kept, its name is a crash's.
  LogicalResult time(llvm::StringLiteral name, function_ref<LogicalResult()> work);
  /// Tells the caller that a phase ends; fails where that wants no more.
  LogicalResult tell(llvm::StringRef name, double seconds);
  FailureOr<Phase> getFirstPhase();
  void setPhase(Phase phase);
  LogicalResult runPasses(const PhaseInfo &info);
  LogicalResult dump(const PhaseInfo &info);
  SmallVector<std::string> getOutputs() const;
  LogicalResult checkOutputs();
  LogicalResult buildTrainingStep();
  LogicalResult sign();
  LogicalResult describeCpu();
  LogicalResult writeModule();
  LogicalResult writeArtifact();
  void setUpContext(MLIRContext &context);
  void report() const;

  CompileOptions options;
  MLIRContext *context = nullptr;
  ModuleOp module;
  bool hasErrors = false;
  std::vector<std::pair<StringRef, double>> times;
};
} // namespace

LogicalResult Compilation::time(llvm::StringLiteral name, function_ref<LogicalResult()> work) {
  setCurrentPhase(name);
  auto begin = std::chrono::steady_clock::now();
  auto [crashPhase, kind] = StringRef(options.testCrash).split(':');
  if (crashPhase == name)
    crashForTest(kind);
  auto getPassed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  bool isTold = false;
  options.artifact.onReady = [&] {
    isTold = true;
    return tell(name, getPassed());
  };
  LogicalResult result = work();
  double passed = getPassed();
  times.push_back({name, passed});
  if (succeeded(result) && !isTold)
    result = tell(name, passed);
  if (options.progress && succeeded(result))
    llvm::errs() << llvm::formatv("  {0,-10} {1,7:F3} s\n", name, passed);
  return result;
}

LogicalResult Compilation::tell(StringRef name, double seconds) {
  if (!options.onPhase || options.onPhase(name, seconds))
    return success();
  return emitError(UnknownLoc::get(context)) << "ended by the caller in the phase '" << name << "'";
}

/// The file of a model as a whole; empty where it lies in memory.
static std::string getFile(Location loc, const CompileOptions &options) {
  auto file = loc->findInstanceOf<FileLineColLoc>();
  if (!file || (options.model && file.getFilename() == options.input))
    return "";
  return file.getFilename().str();
}

/// Where in the model, as run-time messages say it, too: "model.py:12: ". A name comes after
/// the file that it is in, if that is known, and isn't said where the message begins with
/// it, or with what else it is of: "input 'x'", "weight 'w'".
static std::string describe(Location loc, StringRef message, const CompileOptions &options) {
  std::string place = dispatch::getPlace(loc), file = getFile(loc, options);
  StringRef name = place;
  bool isName = name.consume_front("node ");
  std::string start = file.empty() || (!place.empty() && !isName) ? "" : file + ": ";
  if (message.starts_with(place) || (isName && message.split(' ').second.starts_with(name)))
    return start;
  return start + place + ": ";
}

/// Errors as one line each: where in the model, and what.
void Compilation::setUpContext(MLIRContext &context) {
  this->context = &context;
  DialectRegistry registry;
  registerAllDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    StringRef kind = "note";
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
      kind = "error";
      hasErrors = true;
    } else if (diagnostic.getSeverity() == DiagnosticSeverity::Warning) {
      kind = "warning";
    }
    std::string message = diagnostic.str();
    std::string line =
        (kind + ": " + describe(diagnostic.getLocation(), message, options) + message).str();
    if (options.diagnose)
      options.diagnose(line);
    else
      llvm::errs() << "dl-compile: " << line << "\n";
    return success();
  });
}

LogicalResult Compilation::dump(const PhaseInfo &info) {
  if (options.dumpDirectory.empty())
    return success();
  if (std::error_code error = llvm::sys::fs::create_directories(options.dumpDirectory))
    return emitError(module.getLoc(), "can't make the folder '")
           << options.dumpDirectory << "': " << error.message();
  SmallString<128> path(options.dumpDirectory);
  llvm::sys::path::append(path,
                          llvm::formatv("{0}-{1}.mlir", static_cast<int>(info.phase), info.name));
  std::error_code error;
  llvm::raw_fd_ostream os(path, error);
  if (error)
    return emitError(module.getLoc(), "can't write '") << path << "': " << error.message();
  module->print(os, OpPrintingFlags().elideLargeElementsAttrs().enableDebugInfo(false));
  return success();
}

void Compilation::setPhase(Phase phase) {
  module->setAttr(kPhaseAttr, StringAttr::get(module.getContext(), getInfo(phase).name));
}

/// The one after the phase that left the module, or where the module doesn't say
/// which that was, what the caller says.
FailureOr<Phase> Compilation::getFirstPhase() {
  Attribute left = module->getAttr(kPhaseAttr);
  if (!left)
    return std::max(options.from.value_or(Phase::Simplify), Phase::Simplify);
  auto name = dyn_cast<StringAttr>(left);
  std::optional<Phase> last = name ? parsePhase(name) : std::nullopt;
  if (!last || *last >= Phase::Object)
    return emitError(module.getLoc()) << "'" << kPhaseAttr << "' is " << left
                                      << ", which is no phase that leaves a module";
  Phase next = static_cast<Phase>(static_cast<int>(*last) + 1);
  Phase from = std::max(options.from.value_or(next), Phase::Simplify);
  if (from != next)
    return emitError(module.getLoc())
           << "--compile-from=" << getInfo(from).name << " wants what the phase '"
           << getInfo(static_cast<Phase>(static_cast<int>(from) - 1)).name
           << "' leaves, but this is what '" << getInfo(*last).name
           << "' leaves: --compile-from=" << getInfo(next).name << " goes on with it";
  if (options.to < *last)
    return emitError(module.getLoc())
           << "this is what the phase '" << getInfo(*last).name
           << "' leaves, which is behind the last phase, '" << getInfo(options.to).name << "'";
  return next;
}

namespace {
/// Passes run on threads of MLIR's pool.
struct PrepareThreads : PassInstrumentation {
  void runBeforePass(Pass *, Operation *) override { prepareThreadForCrash(); }
};
} // namespace

LogicalResult Compilation::runPasses(const PhaseInfo &info) {
  PassManager manager(module.getContext());
  manager.addInstrumentation(std::make_unique<PrepareThreads>());
  info.build(manager);
  if (succeeded(manager.run(module))) {
    setPhase(info.phase);
    return dump(info);
  }
  // An invalid module is the compiler's fault, not the model's.
  if (!hasErrors || failed(verify(module)))
    writeReproducer("produced invalid IR");
  return failure();
}

/// The files that are written.
SmallVector<std::string> Compilation::getOutputs() const {
  if (options.to < Phase::Object)
    return {options.output};
  return getWrittenPaths(options.artifact);
}

/// No output may replace another, nor a file that the module was read from.
LogicalResult Compilation::checkOutputs() {
  options.artifact.outputPath = options.output;
  SmallVector<std::string> outputs = getOutputs();
  llvm::StringSet<> inputs, names;
  if (!options.model)
    inputs.insert(options.input);
  for (auto global : module.getOps<dl::GlobalOp>())
    if (auto external = dyn_cast_if_present<dl::ExternalDataAttr>(global.getValueAttr()))
      inputs.insert(external.getPath());
  for (const std::string &output : outputs) {
    if (!names.insert(output).second)
      return emitError(module.getLoc()) << "the shared object can't be '" << output
                                        << "', which is the name of a file beside it";
    for (StringRef input : inputs.keys())
      if (replaces(output, input))
        return emitError(module.getLoc())
               << "the output '" << output << "' would replace the input '" << input << "'";
  }
  return success();
}

/// What is wrong with the settings of a training step, but for what the pass finds; empty if
/// nothing is.
static std::string findBadSetting(StringRef settings) {
  static constexpr StringLiteral names[] = {"loss",       "optimizer",  "accumulate",
                                            "clip-norm",  "clip-value", "frozen",
                                            "batch-norm", "memory",     "batch-norm-momentum"};
  llvm::StringMap<StringRef> given;
  SmallVector<StringRef> parts;
  settings.split(parts, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    auto [name, value] = part.split('=');
    if (!llvm::is_contained(names, name) || value.empty())
      return ("'" + part + "' is no setting with a value; there are " +
              llvm::join(ArrayRef<StringLiteral>(names), ", "))
          .str();
    if (!given.try_emplace(name, value).second)
      return ("the setting '" + name + "' is given twice").str();
  }
  if (!given.contains("loss") || !given.contains("optimizer"))
    return "a training step wants a loss and an optimizer: loss=cross_entropy optimizer=adamw";
  for (StringRef name : {"accumulate", "clip-norm", "clip-value", "batch-norm-momentum"}) {
    int64_t count;
    double number;
    StringRef value = given.lookup(name);
    if (!value.empty() && (name == "accumulate" ? value.getAsInteger(10, count)
                                                : !llvm::to_float(value, number)))
      return (name + "=" + value + " is no " + (name == "accumulate" ? "whole " : "") + "number").str();
  }
  StringRef flag = given.lookup("batch-norm");
  if (!flag.empty() && flag != "true" && flag != "false")
    return ("batch-norm=" + flag + " is neither true nor false").str();
  return "";
}

LogicalResult Compilation::buildTrainingStep() {
  if (std::string problem = findBadSetting(options.training); !problem.empty())
    return emitError(UnknownLoc::get(module.getContext()), "--train: ") << problem;
  std::unique_ptr<Pass> pass = createBuildTrainingStep();
  auto report = [&](const Twine &message) {
    return emitError(UnknownLoc::get(module.getContext()), "--train: ") << message;
  };
  if (failed(pass->initializeOptions(options.training, report)))
    return failure();
  PassManager manager(module.getContext());
  manager.addPass(std::move(pass));
  return manager.run(module);
}

/// The signature is taken while the function still has tensors.
LogicalResult Compilation::sign() {
  if (module->hasAttr(kModelSignatureAttr))
    return success();
  auto entries = getEntryFunctions(module);
  if (failed(entries))
    return failure();
  auto producer = module->getAttrOfType<StringAttr>("dlc.producer");
  ModelSignature signature =
      getModelSignature(entries->front(), options.name, producer ? producer.getValue() : "");
  for (func::FuncOp function : llvm::drop_begin(*entries))
    signature.functions.push_back(getFunctionSignature(function));
  if (auto metadata = module->getAttrOfType<StringAttr>("dlc.metadata"))
    signature.metadata = metadata.str();
  module->setAttr(kModelSignatureAttr, signature.toAttr(module.getContext()));
  return success();
}

/// Tells the kernel templates the target's vectors.
LogicalResult Compilation::describeCpu() {
  Location loc = UnknownLoc::get(module.getContext());
  const TargetOptions &target = options.artifact.target;
  FailureOr<bool> avx512 = hasCpuFeature(target, "avx512f", loc);
  if (failed(avx512))
    return failure();
  cpu::TargetInfo info;
  if (!*avx512) {
    FailureOr<bool> avx = hasCpuFeature(target, "avx2", loc);
    FailureOr<bool> sse = hasCpuFeature(target, "sse2", loc);
    info.vectorBits = *avx ? 256 : 128;
    info.vectorRegisters = *avx || *sse ? 16 : 32;
  }
  info.set(module);
  return success();
}

LogicalResult Compilation::writeModule() {
  if (options.output == "-") {
    module->print(llvm::outs(), OpPrintingFlags().enableDebugInfo(false));
    llvm::outs() << "\n";
    return success();
  }
  FailureOr<AtomicFile> file = AtomicFile::create(module.getContext(), options.output);
  if (failed(file))
    return failure();
  llvm::raw_fd_ostream os(file->fd(), /*shouldClose=*/false);
  module->print(os, OpPrintingFlags().enableDebugInfo(false));
  os << "\n";
  os.flush();
  if (os.has_error()) {
    os.clear_error();
    return emitError(module.getLoc(), "can't write '") << options.output << "'";
  }
  return file->keep(module.getContext());
}

void Compilation::report() const {
  double total = 0;
  for (auto [name, seconds] : times)
    total += seconds;
  llvm::errs() << "phase         seconds   share\n";
  for (auto [name, seconds] : times)
    llvm::errs() << llvm::formatv("{0,-12} {1,8:F3}  {2,5:F1} %\n", name, seconds,
                                  100 * seconds / std::max(total, 1e-9));
  llvm::errs() << llvm::formatv("{0,-12} {1,8:F3}\n", "total", total);
}

LogicalResult Compilation::run() {
  bool serial = options.threads == 1;
  MLIRContext context(serial ? MLIRContext::Threading::DISABLED : MLIRContext::Threading::ENABLED);
  setUpContext(context);

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  OwningOpRef<ModuleOp> owned;
  LogicalResult loaded = time("import", [&] {
    owned = loadModel(options, &context, buffer);
    return success(static_cast<bool>(owned));
  });
  if (failed(loaded))
    return failure();
  module = *owned;
  if (failed(checkOutputs()))
    return failure();
  FailureOr<Phase> from = getFirstPhase();
  if (failed(from))
    return failure();
  if (!options.training.empty()) {
    if (*from != Phase::Simplify)
      return emitError(module.getLoc(), "--train wants what the phase 'import' leaves");
    if (failed(time("train", [&] { return buildTrainingStep(); })))
      return failure();
  }
  Builder builder(&context);
  if (!options.memory.empty())
    module->setAttr(kMemoryAttr, builder.getStringAttr(options.memory));
  if (options.memoryReport)
    module->setAttr(kMemoryReportAttr, builder.getUnitAttr());
  if (*from == Phase::Simplify) {
    setPhase(Phase::Import);
    if (failed(dump(getInfo(Phase::Import))))
      return failure();
  }
  for (const PhaseInfo &info : getPhases()) {
    if (!info.build || info.phase < *from || info.phase > options.to)
      continue;
    if (info.phase == Phase::Dispatch && (failed(sign()) || failed(describeCpu())))
      return failure();
    if (failed(time(info.name, [&] { return runPasses(info); })))
      return failure();
  }
  LogicalResult written = options.to < Phase::Object
                              ? writeModule()
                              : time(options.to == Phase::Link ? llvm::StringLiteral("object+link") : llvm::StringLiteral("object"), [&] {
                                  options.artifact.numThreads = options.threads;
                                  return emitArtifact(module, options.artifact);
                                });
  if (failed(written))
    return failure();
  if (options.timeReport)
    report();
  if (options.progress && options.output != "-")
    llvm::errs() << "  wrote " << llvm::join(getOutputs(), ", ") << "\n";
  return success();
}

LogicalResult dlc::compile(const CompileOptions &options) {
  return Compilation(options).run();
}
