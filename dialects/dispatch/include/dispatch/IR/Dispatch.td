//===- Dispatch.td - the dispatch dialect, all of it -------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DISPATCH_TD
#define DISPATCH_TD

include "dispatch/IR/DispatchBufferOps.td"
include "dispatch/IR/DispatchLaunchOps.td"

#endif // DISPATCH_TD
