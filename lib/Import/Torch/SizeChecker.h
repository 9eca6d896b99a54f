//===- SizeChecker.h - what a program demands of sizes ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_SIZECHECKER_H
#define DLC_LIB_IMPORT_TORCH_SIZECHECKER_H

#include "../Common/NodeBuilder.h"
#include "ProgramImporter.h"

namespace dlc::torch {

/// Writes what the program demands of its inputs' sizes. The messages name the input, and
/// what is written has no location that would name it again.
class SizeChecker : public frontend::NodeBuilder {
public:
  SizeChecker(ProgramImporter &program, mlir::OpBuilder &builder, mlir::Location loc,
              llvm::StringRef input)
      : NodeBuilder(builder, builder.getUnknownLoc(), program.getSizeAnalysis()),
        program(program), place(loc), input(input) {}
  mlir::InFlightDiagnostic emitError() override {
    failed = true;
    return program.emitError(place) << describe() << ": ";
  }
  std::string describe() const override { return "input '" + input + "'"; }
  mlir::ElementsAttr globalElements(dl::GlobalLoadOp) override { return {}; }

private:
  ProgramImporter &program;
  mlir::Location place;
  std::string input;
};

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_SIZECHECKER_H
