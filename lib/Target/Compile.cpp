//===- Compile.cpp - LLVM dialect to object code --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compile.h"
#include "Embedded.h"

#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"

#include <mutex>

using namespace mlir;

namespace dlc {

//===----------------------------------------------------------------------===//
// The target
//===----------------------------------------------------------------------===//

static bool hasFeature(const llvm::MCSubtargetInfo &info, StringRef name) {
  return llvm::any_of(info.getAllProcessorFeatures(),
                      [&](const llvm::SubtargetFeatureKV &entry) { return name == entry.Key; });
}

FailureOr<ResolvedTarget> ResolvedTarget::resolve(const TargetOptions &options, Location loc) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
  });
  ResolvedTarget result;
  bool isHost = options.triple.empty();
  result.triple = llvm::Triple(llvm::Triple::normalize(
      isHost ? llvm::sys::getDefaultTargetTriple() : options.triple));
  result.optLevel = options.optLevel;
  std::string error;
  result.target = llvm::TargetRegistry::lookupTarget(result.triple, error);
  if (!result.target)
    return emitError(loc) << "no code generator for the target '" << result.triple.str() << "': " << error;
  if (!result.triple.isOSLinux() || !result.triple.isArch64Bit() || !result.triple.isLittleEndian())
    return emitError(loc) << "the target '" << result.triple.str()
                          << "' is not a 64-bit little-endian Linux";
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      result.target->createMCSubtargetInfo(result.triple, "", ""));
  if (!info)
    return emitError(loc) << "no code generator for the target '" << result.triple.str() << "'";
  llvm::SubtargetFeatures features;
  if (options.cpu.empty() || options.cpu == "native") {
    // By what the CPU says it can do: its name may be wrong under a hypervisor.
    result.cpu = result.triple.getArch() == llvm::Triple::x86_64 ? "x86-64" : "generic";
    bool sameArch = result.triple.getArch() == llvm::Triple(llvm::sys::getProcessTriple()).getArch();
    if (!sameArch && options.cpu == "native")
      return emitError(loc) << "the CPU 'native' is not one of the target '" << result.triple.str() << "'";
    if (sameArch && (isHost || options.cpu == "native")) {
      auto host = llvm::sys::getHostCPUFeatures();
      SmallVector<StringRef> names(host.keys());
      llvm::sort(names);
      for (StringRef name : names)
        features.AddFeature(name, host[name]);
    }
  } else {
    bool isValid = info->isCPUStringValid(options.cpu);
    if (isValid && result.triple.getArch() == llvm::Triple::x86_64) {
      info.reset(result.target->createMCSubtargetInfo(result.triple, options.cpu, ""));
      isValid = info->checkFeatures("+64bit");
    }
    if (!isValid)
      return emitError(loc) << "'" << options.cpu << "' is not a CPU of the target '"
                            << result.triple.str() << "'";
    result.cpu = options.cpu;
  }
  if (!options.features.empty()) {
    SmallVector<StringRef> given;
    StringRef(options.features).split(given, ',', -1, /*KeepEmpty=*/false);
    for (StringRef feature : given) {
      if (!hasFeature(*info, llvm::SubtargetFeatures::StripFlag(feature)))
        return emitError(loc) << "'" << feature << "' is not a CPU feature of the target '"
                              << result.triple.str() << "'";
      features.AddFeature(feature);
    }
  }
  result.features = features.getString();
  return result;
}

FailureOr<bool> hasCpuFeature(const TargetOptions &options, StringRef feature, Location loc) {
  FailureOr<ResolvedTarget> target = ResolvedTarget::resolve(options, loc);
  if (failed(target))
    return failure();
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      target->target->createMCSubtargetInfo(target->triple, target->cpu, target->features));
  return hasFeature(*info, feature) && info->checkFeatures(("+" + feature).str());
}

std::unique_ptr<llvm::TargetMachine> ResolvedTarget::createMachine() const {
  llvm::TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  auto level = optLevel == 0   ? llvm::CodeGenOptLevel::None
               : optLevel == 1 ? llvm::CodeGenOptLevel::Less
               : optLevel == 2 ? llvm::CodeGenOptLevel::Default
                               : llvm::CodeGenOptLevel::Aggressive;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, features, options, llvm::Reloc::PIC_, std::nullopt, level));
}

//===----------------------------------------------------------------------===//
// The library
//===----------------------------------------------------------------------===//

static bool isMath(StringRef name) { return name.starts_with("dlc_math_"); }
static bool isLibrary(StringRef name) { return isMath(name) || name.starts_with("dlc_kernel_"); }

/// Links the library functions that are called, and makes them the module's own.
static LogicalResult linkLibrary(llvm::Module &module, Location loc) {
  bool needed = llvm::any_of(module, [](const llvm::Function &function) {
    return function.isDeclaration() && isLibrary(function.getName());
  });
  if (!needed)
    return success();
  llvm::StringSet<> own;
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      own.insert(function.getName());
  auto buffer = llvm::MemoryBuffer::getMemBuffer(getEmbeddedLibrary(), "library.bc",
                                                 /*RequiresNullTerminator=*/false);
  auto library = llvm::getOwningLazyBitcodeModule(std::move(buffer), module.getContext());
  if (!library)
    return emitError(loc) << "the embedded library is damaged: " << llvm::toString(library.takeError());
  (*library)->setDataLayout(module.getDataLayout());
  (*library)->setTargetTriple(module.getTargetTriple());
  if (llvm::Linker::linkModules(module, std::move(*library), llvm::Linker::LinkOnlyNeeded))
    return emitError(loc) << "the embedded library doesn't fit the module";
  for (llvm::Function &function : module) {
    if (function.isDeclaration() || own.contains(function.getName())) {
      if (function.isDeclaration() && isLibrary(function.getName()))
        return emitError(loc) << "the function '" << function.getName()
                              << "' is not in dlc's library";
      continue;
    }
    // The attributes of the CPU that the library was compiled for.
    function.setAttributes(llvm::AttributeList());
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.setLinkage(llvm::GlobalValue::InternalLinkage);
    function.setDSOLocal(true);
    if (isMath(function.getName())) {
      function.addFnAttr(llvm::Attribute::AlwaysInline);
      function.setDoesNotAccessMemory();
      function.setWillReturn();
    }
  }
  return success();
}

/// Whether the target is an x86 CPU with this feature.
static bool hasX86Feature(const llvm::TargetMachine &machine, StringRef feature) {
  return machine.getTargetTriple().isX86() &&
         machine.getMCSubtargetInfo()->checkFeatures(("+" + feature).str());
}

/// Scaling by a power of two is one instruction of AVX-512; elsewhere LLVM would
/// call libm.
static void useTargetInstructions(llvm::Module &module, const llvm::TargetMachine &machine) {
  llvm::Function *scale = module.getFunction("dlc_math_scale_f32");
  if (!scale || scale->isDeclaration() || !hasX86Feature(machine, "avx512f"))
    return;
  scale->dropAllReferences();
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(module.getContext(), "", scale));
  llvm::Value *x = scale->getArg(0), *k = scale->getArg(1);
  b.CreateRet(b.CreateIntrinsic(llvm::Intrinsic::ldexp, {x->getType(), k->getType()}, {x, k}));
  scale->setLinkage(llvm::GlobalValue::InternalLinkage);
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

static void setTargetAttributes(llvm::Module &module, const ResolvedTarget &target,
                                const llvm::TargetMachine &machine) {
  bool wide = hasX86Feature(machine, "avx512vl");
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", target.features);
    if (wide && !function.hasFnAttribute("prefer-vector-width"))
      function.addFnAttr("prefer-vector-width", "512");
    // Loops that copy stay loops, which are vectorised: their pieces are rows of a
    // few kilobytes, for which libc's `rep movsb` is several times slower on some CPUs.
    for (StringRef name : {"no-builtin-memcpy", "no-builtin-memmove", "no-builtin-memset"})
      function.addFnAttr(name);
  }
}

/// Gives loops around others a counter from 0 by 1 where they have none. LLVM 22's loop
/// vectoriser makes one when it writes run-time checks of memory, and if these turn out
/// to be needless, removes it although the inner loop's trip count is written in terms of
/// it: the inner loop's work is lost then. A counter that nothing uses costs nothing.
struct CountOuterLoops : llvm::PassInfoMixin<CountOuterLoops> {
  llvm::PreservedAnalyses run(llvm::Function &function, llvm::FunctionAnalysisManager &manager) {
    for (llvm::Loop *loop : manager.getResult<llvm::LoopAnalysis>(function).getLoopsInPreorder()) {
      llvm::BasicBlock *before = loop->getLoopPreheader(), *latch = loop->getLoopLatch();
      if (loop->isInnermost() || !before || !latch || loop->getCanonicalInductionVariable())
        continue;
      llvm::IRBuilder<> b(loop->getHeader(), loop->getHeader()->begin());
      llvm::PHINode *count = b.CreatePHI(b.getInt64Ty(), 2, "count");
      b.SetInsertPoint(latch->getTerminator());
      count->addIncoming(b.getInt64(0), before);
      count->addIncoming(b.CreateAdd(count, b.getInt64(1), "count.next"), latch);
    }
    llvm::PreservedAnalyses preserved;
    preserved.preserveSet<llvm::CFGAnalyses>();
    return preserved;
  }
};

static void optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned level) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopInterleaving = tuning.LoopVectorization = tuning.SLPVectorization = level >= 2;
  llvm::LoopAnalysisManager lam;
  llvm::FunctionAnalysisManager fam;
  llvm::CGSCCAnalysisManager cgam;
  llvm::ModuleAnalysisManager mam;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerVectorizerStartEPCallback(
      [](llvm::FunctionPassManager &passes, llvm::OptimizationLevel) {
        passes.addPass(llvm::LoopSimplifyPass());
        passes.addPass(CountOuterLoops());
      });
  builder.registerModuleAnalyses(mam);
  builder.registerCGSCCAnalyses(cgam);
  builder.registerFunctionAnalyses(fam);
  builder.registerLoopAnalyses(lam);
  builder.crossRegisterProxies(lam, fam, cgam, mam);
  auto opt = level == 0   ? llvm::OptimizationLevel::O0
             : level == 1 ? llvm::OptimizationLevel::O1
             : level == 2 ? llvm::OptimizationLevel::O2
                          : llvm::OptimizationLevel::O3;
  auto passes = level == 0 ? builder.buildO0DefaultPipeline(opt)
                           : builder.buildPerModuleDefaultPipeline(opt);
  passes.run(module, mam);
}

LogicalResult compileModule(ModuleOp module, const ResolvedTarget &target, EmitKind kind,
                            ModuleHook prepare, SmallVectorImpl<char> &result) {
  Location loc = module.getLoc();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "dlc");
  if (!code)
    return emitError(loc) << "can't translate the module to LLVM IR";
  std::unique_ptr<llvm::TargetMachine> machine = target.createMachine();
  code->setTargetTriple(target.triple);
  code->setDataLayout(machine->createDataLayout());
  code->setPICLevel(llvm::PICLevel::BigPIC);
  if ((prepare && failed(prepare(*code))) || failed(linkLibrary(*code, loc)))
    return failure();
  useTargetInstructions(*code, *machine);
  setTargetAttributes(*code, target, *machine);
  std::string problem;
  llvm::raw_string_ostream problemStream(problem);
  if (llvm::verifyModule(*code, &problemStream))
    return emitError(loc) << "the generated LLVM IR is invalid: " << problem;

  llvm::raw_svector_ostream os(result);
  if (kind == EmitKind::LLVMIR) {
    code->print(os, nullptr);
    return success();
  }
  optimize(*code, *machine, target.optLevel);
  if (kind == EmitKind::OptimizedLLVMIR) {
    code->print(os, nullptr);
    return success();
  }
  llvm::legacy::PassManager emit;
  auto type = kind == EmitKind::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                         : llvm::CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(emit, os, nullptr, type, /*DisableVerify=*/true))
    return emitError(loc) << "the target '" << target.triple.str() << "' can't emit object files";
  emit.run(*code);
  return success();
}

} // namespace dlc
