//===- OpTable.cpp - which function imports which ONNX op -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace dlc::onnx;

const OpTable &OpTable::get() {
  static const OpTable table = [] {
    OpTable t;
    registerActivationOps(t);
    registerAttentionOps(t);
    registerControlFlowOps(t);
    registerConvolutionOps(t);
    registerEinsumOps(t);
    registerElementwiseOps(t);
    registerGradientOps(t);
    registerIndexingOps(t);
    registerLinearAttentionOps(t);
    registerLinearOps(t);
    registerLossOps(t);
    registerMlOps(t);
    registerNormalizationOps(t);
    registerPoolingOps(t);
    registerQuantOps(t);
    registerRandomOps(t);
    registerReductionOps(t);
    registerResizeOps(t);
    registerRnnOps(t);
    registerSelectionOps(t);
    registerSequenceOps(t);
    registerShapeOps(t);
    registerSignalOps(t);
    registerSlicingOps(t);
    registerTensorOps(t);
    registerTrainingOps(t);
    registerTreeOps(t);
    return t;
  }();
  return table;
}
