//===- Dl.td - the dl dialect, all of it --------------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_TD
#define DL_TD

include "dl/IR/DlDataOps.td"
include "dl/IR/DlUnaryOps.td"
include "dl/IR/DlBinaryOps.td"
include "dl/IR/DlShapeOps.td"
include "dl/IR/DlReduceOps.td"
include "dl/IR/DlLinearOps.td"
include "dl/IR/DlFactorOps.td"
include "dl/IR/DlWindowOps.td"
include "dl/IR/DlCompositeOps.td"
include "dl/IR/DlQuantOps.td"
include "dl/IR/DlEscapeOps.td"

#endif // DL_TD
