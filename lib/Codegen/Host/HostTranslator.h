//===- HostTranslator.h - host program without memrefs ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_HOST_HOSTTRANSLATOR_H
#define DLC_LIB_CODEGEN_HOST_HOSTTRANSLATOR_H

#include "KernelFailures.h"
#include "dispatch/IR/Dispatch.h"
#include "dlc/Runtime/Call.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace dlc {

/// What the host program's functions share: declarations, strings, globals.
class HostModule {
public:
  explicit HostModule(mlir::ModuleOp module);

  /// A runtime function of Call.h, declared on first use.
  mlir::LLVM::LLVMFuncOp getRuntime(llvm::StringRef name, mlir::Type result,
                                    llvm::ArrayRef<mlir::Type> operands);
  /// A constant C string.
  mlir::LLVM::GlobalOp getString(llvm::StringRef text);
  /// The place of a `dl.global` in the module: its index in dlc_call::weights.
  unsigned getGlobalIndex(llvm::StringRef name) const { return globals.lookup(name); }
  /// Whether a kernel has checks that may fail.
  bool checksValues(mlir::FlatSymbolRefAttr kernel) {
    return (failures.get(kernel.getAttr()) & Failure::Values) != Failure::None;
  }

private:
  mlir::ModuleOp module;
  llvm::StringMap<mlir::LLVM::LLVMFuncOp> functions;
  llvm::StringMap<mlir::LLVM::GlobalOp> strings;
  llvm::StringMap<unsigned> globals;
  mlir::SymbolTable symbols;
  KernelFailures failures;
};

/// Makes of a host function on memrefs one on pointers, sizes and scalars:
/// `i32 f(ptr call, …)`. A memref becomes a pointer and its dynamic sizes.
class HostTranslator {
public:
  /// `entryName` is empty for a piece of a host program.
  HostTranslator(mlir::func::FuncOp func, HostModule &host, std::string entryName)
      : func(func), host(host), entryName(std::move(entryName)), isEntry(!this->entryName.empty()),
        b(func.getLoc(), func.getContext()) {}

  mlir::func::FuncOp translate();

private:
  struct Buffer {
    mlir::Value pointer;
    llvm::SmallVector<mlir::Value> sizes; ///< of the `?` dimensions, index
  };

  void translateArguments();
  void translate(mlir::Operation *op);
  void translateLaunch(dispatch::LaunchOp op);
  void setPlace(mlir::Value place);
  void translateView(dispatch::ViewOp op);
  void translateOutput(dispatch::OutputOp op);
  void translateAlloc(dispatch::AllocOp op);
  void translateLoad(mlir::memref::LoadOp op);
  void translateStore(mlir::memref::StoreOp op);
  void translateDim(mlir::memref::DimOp op);
  void translateSelect(mlir::arith::SelectOp op);
  void translateBranch(mlir::Operation *op);
  void translateCall(mlir::func::CallOp op);
  void copy(mlir::Operation *op);

  mlir::Type ptr() { return mlir::LLVM::LLVMPointerType::get(b.getContext()); }
  mlir::Value i64(int64_t value);
  mlir::Value toI64(mlir::Value index);
  mlir::Value map(mlir::Value value) { return values.lookup(value); }
  llvm::SmallVector<mlir::Value> map(mlir::ValueRange range);
  /// Pointer and sizes of memrefs, other values themselves.
  llvm::SmallVector<mlir::Value> expand(mlir::ValueRange range);
  mlir::Value getBytes(mlir::MemRefType type, mlir::ValueRange sizes);
  mlir::Value getSaturatedBytes(int64_t factor, mlir::ValueRange sizes);
  mlir::Value getElementPointer(mlir::Value memref, mlir::ValueRange indices);
  mlir::Value offsetPointer(mlir::Value pointer, mlir::Value bytes);
  mlir::Value loadPointer(mlir::Value base, int64_t bytes);
  mlir::Value call(llvm::StringRef name, mlir::Type result, mlir::ValueRange operands);
  /// Ends the run where `condition` holds; goes on in a new block.
  void leaveIf(mlir::Value condition, llvm::StringRef message = "",
               int32_t status = DLC_RUNTIME_ERROR);
  void leaveIfNull(mlir::Value pointer);

  mlir::func::FuncOp func;
  HostModule &host;
  std::string entryName;
  bool isEntry;
  mlir::func::FuncOp made;
  mlir::ImplicitLocOpBuilder b;
  mlir::Value context; ///< the dlc_call
  mlir::Value weights, sizeRoom;
  mlir::Block *leave = nullptr;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
  llvm::DenseMap<mlir::Value, Buffer> buffers;
  llvm::DenseMap<mlir::Block *, mlir::Block *> blocks;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_HOST_HOSTTRANSLATOR_H
