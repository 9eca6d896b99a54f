#include "NodeImporter.h"
void dlc::onnx::registerTensorOps(OpTable &) {}
