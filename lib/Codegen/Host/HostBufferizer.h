//===- HostBufferizer.h - buffers for the host program ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_HOST_HOSTBUFFERIZER_H
#define DLC_LIB_CODEGEN_HOST_HOSTBUFFERIZER_H

#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc {

/// Rewrites one function from tensors to buffers, op by op in program order.
class HostBufferizer {
public:
  HostBufferizer(mlir::func::FuncOp func, mlir::ModuleOp module) : func(func), symbols(module) {}
  mlir::LogicalResult run();

private:
  static bool isTensor(mlir::Value value) {
    return mlir::isa<mlir::RankedTensorType>(value.getType());
  }
  static mlir::MemRefType getBufferType(mlir::Type tensor) {
    auto type = mlir::cast<mlir::RankedTensorType>(tensor);
    return mlir::MemRefType::get(type.getShape(), type.getElementType());
  }

  void claimOutputs();
  /// Finds the launches that can write new state where the old is.
  void claimState();
  /// Ends the run before state is written, if a kernel may have failed since.
  void leaveIfFailed(mlir::Location loc, mlir::OpBuilder &builder);
  mlir::LogicalResult visitBlock(mlir::Block &block);
  mlir::LogicalResult visit(mlir::Operation *op);
  void visitLaunch(dispatch::LaunchOp op, mlir::OpBuilder &builder);
  /// Whether nothing but `op` needs what is in the buffer of `tensor`.
  bool mayOverwrite(mlir::Value tensor, mlir::Operation *op) const;
  void visitFromElements(mlir::tensor::FromElementsOp op, mlir::OpBuilder &builder);
  void visitConstant(mlir::arith::ConstantOp op, mlir::OpBuilder &builder);
  bool mayChange(dl::GlobalLoadOp load);
  void visitGlobalLoad(dl::GlobalLoadOp op, mlir::OpBuilder &builder);
  /// Asks for the outputs that a tensor is returned as and that no launch writes.
  void makeOutputs(mlir::Value returned, mlir::OpBuilder &builder);
  void visitReturn(mlir::func::ReturnOp op, mlir::OpBuilder &builder);
  mlir::LogicalResult visitIf(mlir::scf::IfOp op, mlir::OpBuilder &builder);
  mlir::LogicalResult visitFor(mlir::scf::ForOp op, mlir::OpBuilder &builder);
  mlir::LogicalResult visitWhile(mlir::scf::WhileOp op, mlir::OpBuilder &builder);

  /// The buffer of a tensor; any other value itself.
  mlir::Value lookup(mlir::Value value) const {
    return isTensor(value) ? buffers.lookup(value) : value;
  }
  /// The buffer that holds `tensor` from now on: the caller's where it is an
  /// output, else a new one.
  mlir::Value allocate(mlir::Value tensor, mlir::ValueRange sizes, mlir::OpBuilder &builder);
  llvm::SmallVector<mlir::Value> getSizes(mlir::Value buffer, mlir::OpBuilder &builder);

  /// A loop-carried tensor: static ones get a buffer of the loop in `own`, dynamic
  /// ones a copy of their own in `handed`, where scalars go too.
  void enterLoop(mlir::Operation *loop, mlir::ValueRange inits, llvm::SmallVectorImpl<mlir::Value> &own,
                 llvm::SmallVectorImpl<mlir::Value> &handed, mlir::OpBuilder &builder);
  /// Gives a loop's block new arguments for those that no buffer stands for.
  /// Answers them.
  llvm::SmallVector<mlir::Value> replaceArguments(mlir::Block *block, unsigned first,
                                                  llvm::ArrayRef<mlir::Value> own);
  void replaceResults(mlir::Operation *loop, mlir::Operation *made,
                      llvm::ArrayRef<mlir::Value> own);
  /// At the block's end, copies into the loop's buffers; answers what is handed on. One
  /// of `carried` that is handed on at its own place stays what it is.
  llvm::SmallVector<mlir::Value> leaveIteration(mlir::Block *block,
                                                llvm::ArrayRef<mlir::Value> values,
                                                llvm::ArrayRef<mlir::Value> own, bool toHeap,
                                                llvm::ArrayRef<mlir::Value> carried,
                                                mlir::OpBuilder &builder);
  mlir::Value copyToHeap(mlir::Value buffer, mlir::OpBuilder &builder);
  /// Copies (source, target) as if all at once.
  void copyTogether(llvm::ArrayRef<std::pair<mlir::Value, mlir::Value>> copies,
                    mlir::OpBuilder &builder);

  mlir::func::FuncOp func;
  mlir::SymbolTable symbols;
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  struct Claim {
    unsigned index;
    mlir::Value tensor; ///< what is returned: the result or a view of it
  };
  llvm::DenseMap<mlir::Value, Claim> claims;
  /// Results of launches that are written to state in place.
  llvm::DenseMap<mlir::Value, mlir::FlatSymbolRefAttr> stateClaims;
  /// Whether an error may have been reported since the last look.
  bool mayHaveFailed = true;
  llvm::DenseSet<unsigned> claimed;
  llvm::DenseMap<unsigned, mlir::Value> outputs; ///< those that aren't
  llvm::SmallVector<mlir::Operation *> dead;
  llvm::DenseSet<mlir::BlockArgument> deadArguments;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_HOST_HOSTBUFFERIZER_H
