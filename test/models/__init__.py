# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch models that test/conformance/torch_models.py compiles: by torchvision, timm
and transformers, or defined here; random weights from a fixed seed."""

from . import torchvision_import  # noqa: F401  (before what imports torchvision itself)
from . import llama, recurrent, text, trained, vision

MODELS = vision.MODELS + text.MODELS + llama.MODELS + recurrent.MODELS
GENERATORS = text.GENERATORS
TRAINED = trained.TRAINED
