//===- Artifact.h - from LLVM-dialect module to shared object ---*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last two phases, `object` and `link`. What the module must hold:
//
// - `llvm.func @dlc_entry(%call: !llvm.ptr) -> i32`, the host program, those of
//   further functions (`dlc_entry_step`), and what they call. Functions with the unit attribute `dlc.kernel` are kernels: they
//   are spread over several LLVM modules and compiled in parallel. Everything
//   else stays in the host's module. dlc_rt_*, dlc_math_* and dlc_kernel_*
//   functions are declared only.
// - one `dl.global` for each weight or piece of state. The i-th global in module
//   order is `dlc_call::weights[i]`, a 64-byte aligned pointer, wherever its
//   bytes lie (in the .so, in a mapped file, in the context's state).
// - the attribute `dlc.model`, the signature of the artefact, which
//   `getModelSignature` makes of the imported function before it is lowered.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TARGET_ARTIFACT_H
#define DLC_TARGET_ARTIFACT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include <functional>
#include <string>

namespace dlc {

/// The module attribute with the artefact's signature: a dictionary of `name`,
/// `producer`, `metadata` (strings), `inputs`, `outputs` (arrays of dictionaries of `name`, a
/// string, `type`, a tensor type, `dims`, an array of strings, one a dimension,
/// empty where the dimension has no symbol, and where sizes have limits `limits`, an array
/// of three numbers a dimension), and where there are further functions
/// `functions` (an array of dictionaries of `name`, `inputs`, `outputs`).
constexpr llvm::StringLiteral kModelSignatureAttr = "dlc.model";

/// Marks a kernel.
constexpr llvm::StringLiteral kKernelAttr = "dlc.kernel";

/// On a kernel with one result: the number of an input of the result's type that is
/// updated. On buffers the result's one holds that input's elements when the kernel
/// starts, and the input itself isn't read.
constexpr llvm::StringLiteral kInPlaceAttr = "dlc.in_place";

/// On a kernel: pairs of numbers, of an input and of a result that may be written over
/// it, because the kernel reads each element of the input before it writes that element
/// of the result.
constexpr llvm::StringLiteral kPointwiseAttr = "dlc.pointwise";

/// On a kernel of the LLVM dialect: the bytes of a buffer that it takes behind the others,
/// to work in.
constexpr llvm::StringLiteral kScratchAttr = "dlc.scratch";

/// The host program's name.
constexpr llvm::StringLiteral kEntryName = "dlc_entry";

/// The name of a function's host program; the model itself is the function "".
inline std::string getEntryName(llvm::StringRef function) {
  return function.empty() ? kEntryName.str() : (kEntryName + "_" + function).str();
}

/// One input or output of the artefact.
struct TensorSignature {
  std::string name;
  mlir::RankedTensorType type;
  llvm::SmallVector<std::string> dims; ///< a symbol, or empty, per dimension
  /// Least size, largest (-1: any) and step from one to the next, per dimension; or empty.
  llvm::SmallVector<int64_t, 0> limits = {};
};

/// A function of the artefact beside the model itself.
struct FunctionSignature {
  std::string name;
  llvm::SmallVector<TensorSignature, 0> inputs, outputs;
};

/// What a caller of the artefact sees.
struct ModelSignature {
  std::string name;     ///< prefix of the C symbols; made an identifier by the target
  std::string producer; ///< who made the model, free text
  std::string metadata; ///< JSON that the frontend keeps in the artefact, or empty
  llvm::SmallVector<TensorSignature, 0> inputs, outputs;
  llvm::SmallVector<FunctionSignature> functions; ///< called by name

  mlir::DictionaryAttr toAttr(mlir::MLIRContext *context) const;
  static mlir::FailureOr<ModelSignature> fromModule(mlir::ModuleOp module);
};

/// The signature of `func`, from its argument and result attributes `dlc.name` (a
/// string), `dlc.dim_symbols` (an array of strings) and `dlc.dim_limits` (an array of three
/// numbers a dimension, see TensorSignature); unnamed ones are called input_0, output_0 and
/// so on.
ModelSignature getModelSignature(mlir::func::FuncOp func, llvm::StringRef modelName,
                                 llvm::StringRef producer = "");
FunctionSignature getFunctionSignature(mlir::func::FuncOp func);

/// What is written.
enum class EmitKind {
  SharedObject, ///< the .so, and the header beside it
  Object,       ///< one relocatable object without weights and runtime
  Assembly,
  LLVMIR,
  OptimizedLLVMIR,
};

struct TargetOptions {
  std::string triple;   ///< empty: the host's
  std::string cpu;      ///< empty or "native": the host's feature bits; else LLVM's name
  std::string features; ///< added to the CPU's, as "+avx512f,-fma"
  unsigned optLevel = 3;
};

/// Whether the CPU that the options name (or the host) has a feature, by LLVM's name.
/// An unknown target or CPU is an error at `loc`.
mlir::FailureOr<bool> hasCpuFeature(const TargetOptions &options, llvm::StringRef feature,
                                    mlir::Location loc);

struct ArtifactOptions {
  TargetOptions target;
  EmitKind emit = EmitKind::SharedObject;
  std::string outputPath;      ///< NAME.so; the header's path is NAME.h unless given
  std::string headerPath;      ///< "-" writes none
  bool externalWeights = false; ///< weights to NAME.safetensors, beside the .so
  unsigned numThreads = 0;     ///< compile threads; 0: all cores
  /// Asked when the files are ready; where it fails, they don't appear.
  std::function<mlir::LogicalResult()> onReady;
};

/// The files that emitArtifact writes: the output, then those beside it.
llvm::SmallVector<std::string> getWrittenPaths(const ArtifactOptions &options);

/// Compiles and links. On failure nothing is left at the output paths.
/// Errors are reported on the module's context.
mlir::LogicalResult emitArtifact(mlir::ModuleOp module, const ArtifactOptions &options);

/// A file beside its destination that becomes it by rename, so that no reader
/// sees half of it; removed unless kept, also when a signal ends the process. A
/// destination such as /dev/stdout or a pipe is not replaced, but written to.
class AtomicFile {
public:
  static mlir::FailureOr<AtomicFile> create(mlir::MLIRContext *context, llvm::StringRef path);
  AtomicFile(AtomicFile &&other);
  ~AtomicFile();
  llvm::StringRef tempPath() const { return temp; }
  int fd() const { return descriptor; }
  /// Moves the file to its destination.
  mlir::LogicalResult keep(mlir::MLIRContext *context);

private:
  AtomicFile() = default;
  std::error_code moveToPath();
  std::string temp, path;
  int descriptor = -1;
  bool isSpecial = false; ///< the destination exists and is not a regular file
};

} // namespace dlc

#endif // DLC_TARGET_ARTIFACT_H
