//===- Link.h - objects to shared object ----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_LINK_H
#define DLC_LIB_TARGET_LINK_H

#include "dlc/Target/Artifact.h"

namespace dlc {

/// A nameless file in memory, or beside the output where it is large, that lld
/// reads by path; gone when closed.
class LinkInput {
public:
  static mlir::FailureOr<LinkInput> create(mlir::Location loc, llvm::StringRef contents = "");
  LinkInput(LinkInput &&other) : fd(std::exchange(other.fd, -1)) {}
  ~LinkInput();
  int descriptor() const { return fd; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd); }

private:
  explicit LinkInput(int fd) : fd(fd) {}
  int fd;
};

struct LinkJob {
  llvm::SmallVector<LinkInput> objects;
  std::string outputPath; ///< a temporary one
  std::string soName;
  std::string prefix;      ///< of the exported functions
  bool hasState = false;   ///< and functions for it
  bool allowUndefined = false; ///< the model calls functions that the user links
  unsigned numThreads = 1;
};

/// Links the objects with the runtime into a shared object.
mlir::LogicalResult linkSharedObject(LinkJob &job, mlir::Location loc);

/// The functions an artefact exports under its own prefix: "run", "create", …
llvm::SmallVector<llvm::StringRef> getExportedFunctions(bool hasState);

} // namespace dlc

#endif // DLC_LIB_TARGET_LINK_H
