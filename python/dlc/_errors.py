# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What can go wrong."""

import contextlib
import os
import sys
import warnings
from typing import Set, Tuple

#: What is said of a call within torch.func's transforms.
NO_TRANSFORMS = "torch.func's transforms, as vmap, can't look into compiled code: compile the " \
    "transformed program, dlc.compile(torch.vmap(f), x)"

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class DlcError(Exception):
    """Any error of dlc's own."""


class TraceError(DlcError):
    """A program can't be recorded, or a trace can't be read."""


class CompileError(DlcError):
    """The compiler refused a model; the message says where in it, and why."""


class RunError(DlcError):
    """A compiled model refused its inputs or failed on them."""


class LoadError(DlcError):
    """A file isn't a compiled model, or only a part of one."""


class DlcWarning(UserWarning):
    """A model was compiled, but perhaps isn't what was meant."""


def require_torch(what: str = "recording a PyTorch program") -> None:
    """Raises an ImportError where PyTorch isn't there, or is too old."""
    needed = f"{what} needs PyTorch 2.13 or later; traces, .pt2 and ONNX files don't"
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(needed, name="torch") from None
    if torch.torch_version.TorchVersion(torch.__version__) < "2.13.0a0":
        raise ImportError(f"{needed}; this is {torch.__version__}", name="torch")


#: What was warned of, and where: Python's own list is lost whenever filters change, which
#: they do in PyTorch.
_warned: Set[Tuple[str, str, int]] = set()


def _is_users(file: str) -> bool:
    """Whether a file is neither dlc's nor PyTorch's, by way of which a backend is called."""
    torch = sys.modules.get("torch")
    others = (_PACKAGE, os.path.dirname(torch.__file__ or "") + os.sep) if torch else _PACKAGE
    return not os.path.abspath(file).startswith(others) and file != contextlib.__file__


def warn(message: str) -> None:
    """Warns at the line of the user's program that called dlc, once."""
    level, frame = 1, sys._getframe()
    while frame.f_back and not _is_users(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    place = message, frame.f_code.co_filename, frame.f_lineno
    if place in _warned:
        return
    _warned.add(place)
    warnings.warn(message, DlcWarning, stacklevel=level)
