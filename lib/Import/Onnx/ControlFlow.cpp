#include "NodeImporter.h"
void dlc::onnx::registerControlFlowOps(OpTable &) {}
