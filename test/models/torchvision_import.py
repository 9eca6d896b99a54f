# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Imports torchvision. Its wheel's own operators (nms and such, which the models here
don't use) are for PyTorch's build for GPUs; beside the build for CPUs they are missing,
and what torchvision says of their shapes must not be registered."""

import importlib.util
import unittest.mock

import torch

_register_fake = torch.library.register_fake


def _register_if_present(op, *arguments, **keywords):
    if isinstance(op, str):
        space, _, name = op.partition("::")
        if not hasattr(getattr(torch.ops, space), name):
            return lambda function: function
    return _register_fake(op, *arguments, **keywords)


if importlib.util.find_spec("torchvision"):
    with unittest.mock.patch.object(torch.library, "register_fake", _register_if_present):
        import torchvision  # noqa: F401
