//===- Version.h - what --version says --------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_VERSION_H
#define DLC_SUPPORT_VERSION_H

namespace dlc {

/// Lets a tool's --version print dlc's version before LLVM's.
void setVersionPrinter();

} // namespace dlc

#endif // DLC_SUPPORT_VERSION_H
