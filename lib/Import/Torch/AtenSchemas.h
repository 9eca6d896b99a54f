//===- AtenSchemas.h - the defaults of ATen's arguments ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_ATENSCHEMAS_H
#define DLC_LIB_IMPORT_TORCH_ATENSCHEMAS_H

#include "ExportedGraph.h"

namespace dlc::torch {

/// Gives the node the arguments that it leaves out because they have the default
/// value of the op's schema.
void fillDefaults(Node &node);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_ATENSCHEMAS_H
