# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""TorchScript modules."""

import torch

from ._errors import TraceError


def is_script(model) -> bool:
    """Whether a model is TorchScript (torch.jit.trace, torch.jit.script, torch.jit.load)."""
    return isinstance(model, (torch.jit.ScriptModule, torch.jit.ScriptFunction))


def trace_script(model, args, kwargs):
    """A trace of a TorchScript module, by way of torch.export's own conversion."""
    from torch._export.converter import TS2EPConverter

    from .tracer import from_exported

    try:
        program = TS2EPConverter(model, tuple(args), dict(kwargs or {})).convert()
    except Exception as error:
        raise TraceError(f"the TorchScript module can't be recorded: {error}") from error
    return from_exported(program)
