# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch's own messages while it records a program: dlc's exceptions say what is wrong."""

import contextlib
import logging
import os
import unittest.mock
import warnings
from typing import Iterator

import torch.export._trace

#: What doesn't concern the user: PyTorch's own use of what it deprecates; the weights that
#: its recurrent networks gather; tensors that need gradients, which a trace never has.
_WARNINGS = ((FutureWarning, r"`isinstance\(treespec, LeafSpec\)` is deprecated"),
             (UserWarning, r"The tensor attributes? self\.\S*_flat_weights"),
             (UserWarning, r"A model attribute .* requires gradient"))

#: Where PyTorch logs an exception that it raises, too.
_LOGGERS = ("torch._subclasses.fake_tensor", "torch.fx.experimental.symbolic_shapes",
            "torch.export._trace")


def _silent(*_: object, **__: object) -> bool:
    return False


@contextlib.contextmanager
def recording() -> Iterator[None]:
    """While it is active, PyTorch says what is wrong by its exceptions alone, and warns of
    what the user wrote only. TORCH_LOGS gets one everything."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for category, message in _WARNINGS:
            warnings.filterwarnings("ignore", message, category)
        if not os.environ.get("TORCH_LOGS"):
            for name in _LOGGERS:
                logger = logging.getLogger(name)
                logger.addFilter(_silent)
                stack.callback(logger.removeFilter, _silent)
            # It prints the graph as far as it was recorded.
            stack.enter_context(unittest.mock.patch.object(
                torch.export._trace, "print", _silent, create=True))
        yield
