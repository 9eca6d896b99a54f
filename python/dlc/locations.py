# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The lines of the user's program that recorded ops come from."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import sysconfig
import traceback
import types
import unittest.mock
from typing import Any, Callable, Iterable, Iterator, List, Optional, Set, Tuple

import torch
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.fx.proxy import TracerBase
from torch.fx.traceback import preserve_node_meta

from . import reasons

#: A file and a line.
Place = Tuple[str, int]

_SITE = tuple(os.path.abspath(sysconfig.get_path(name)) + os.sep
              for name in ("purelib", "platlib"))
_HIDDEN = tuple(os.path.abspath(path) + os.sep for path in
                (os.path.dirname(torch.__file__), os.path.dirname(__file__)))
_MODULES = os.path.join(os.path.dirname(os.path.abspath(torch.__file__)), "nn") + os.sep
_STDLIB = os.path.abspath(sysconfig.get_path("stdlib")) + os.sep

#: By what functions a tensor becomes text.
_SHOWING = ("__repr__", "__format__", "handle_torch_function", "__torch_function__", "shown")

#: How many nodes without a place are looked behind.
_MOST_OPERANDS = 16


def is_own(file: str) -> bool:
    """Whether a file is the user's, and not PyTorch's, dlc's or Python's."""
    if file.startswith(("<", "torch/")) or file.startswith(_HIDDEN):
        return False
    return file.startswith(_SITE) or not file.startswith(_STDLIB)


def is_installed(file: str) -> bool:
    """Whether a file is an installed package's."""
    return file.startswith(_SITE)


@contextlib.contextmanager
def recorded() -> Iterator[None]:
    """While it is active, PyTorch notes all of the user's frames with an op that it
    records, and with a condition on sizes; by itself it keeps only those of functions called
    `forward`. The ops of a branch or loop keep the frames that Dynamo noted."""

    def user_frames(self: Any, frames: Iterable[traceback.FrameSummary]) -> traceback.StackSummary:
        return traceback.StackSummary.from_list([f for f in frames if is_own(f.filename)])

    with unittest.mock.patch.object(TracerBase, "_filter_traceback_frames", user_frames), \
            unittest.mock.patch.object(ShapeEnv, "_get_user_frame", _innermost), \
            preserve_node_meta():
        yield


def _innermost(self: Any) -> types.FrameType:
    """The user's frame in what torch.export runs just now, or else that of one of PyTorch's
    modules."""
    frame: Optional[types.FrameType] = sys._getframe(1)
    own = _own_frame(frame)
    while not own and frame:
        if frame.f_code.co_filename.startswith(_MODULES):
            return frame
        frame = frame.f_back
    return own or sys._getframe(1)


def _own_frame(frame: Optional[types.FrameType]) -> Optional[types.FrameType]:
    while frame and frame.f_code is not torch.export.export.__code__:
        if is_own(frame.f_code.co_filename):
            return frame
        frame = frame.f_back
    return None


def innermost(frame: types.FrameType) -> Optional[Place]:
    """The line of the user's program that has called this frame."""
    own = _own_frame(frame)
    return (own.f_code.co_filename, own.f_lineno) if own else None


def _noted(text: Optional[str]) -> List[Place]:
    """The files and lines that a stack trace names, outermost first."""
    return [(file, int(line)) for file, line in
            re.findall(r'File "([^"]+)", line (\d+)', text or "")]


def source_of(node: torch.fx.Node) -> Optional[Place]:
    """The file and line of the user's program that a node is from: the innermost frame
    that isn't PyTorch's or dlc's, or else that of one of PyTorch's modules. What PyTorch
    adds by itself, as assertions about sizes, is where its operand is from. None where
    PyTorch noted nothing."""
    for _ in range(_MOST_OPERANDS):
        lines = _noted(node.meta.get("stack_trace"))
        own = [line for line in lines if is_own(line[0])]
        found = own or [line for line in lines if line[0].startswith(_MODULES)]
        if found:
            return found[-1]
        if not node.all_input_nodes:
            return None
        node = node.all_input_nodes[0]
    return None


def shown_by(frame: Optional[types.FrameType]) -> Optional[Place]:
    """The user's line that has a frame show a tensor as text; None if it is PyTorch itself."""
    while frame and frame.f_code.co_filename.startswith(_HIDDEN) and \
            frame.f_code.co_name in _SHOWING:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) \
        if frame and is_own(frame.f_code.co_filename) else None


def prefix(node: torch.fx.Node) -> str:
    """"file.py:12: " of a node, for a message; empty where that isn't known."""
    place = source_of(node)
    return f"{place[0]}:{place[1]}: " if place else ""


def explained(error: BaseException, what: str, root: Optional[torch.nn.Module] = None,
              reason: Callable[[BaseException], str] = reasons.reason_of) -> str:
    """A sentence on an error of PyTorch's while it recorded the user's program: where in
    that it happened, what couldn't be done, and why. `root` is the module that was
    recorded, in which a module of PyTorch's is found."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [(f.filename, f.lineno or 0) for f in frames if is_own(f.filename)]
    own = own or [line for line in _noted(str(error)) if is_own(line[0])] or _fixing(error)
    where = f"{own[-1][0]}:{own[-1][1]}: " if own else ""
    inside = "" if own or root is None else _module_of(error.__traceback__, root)
    return f"{where}{what}{inside}: {reason(error)}"


def _fixing(error: BaseException) -> List[Place]:
    """The line whose condition on sizes doesn't hold for all of them, where an error is about
    such conditions and there is one line only."""
    places: Set[Place] = set()
    trace = (error.__context__ or error).__traceback__
    while trace:
        sizes = trace.tb_frame.f_locals.get("self")
        if isinstance(sizes, ShapeEnv):
            for guard in sizes.guards:
                frame = guard.sloc.framework_loc
                if isinstance(frame, traceback.FrameSummary) and \
                        (is_own(frame.filename) or frame.filename.startswith(_MODULES)) and \
                        reasons.may_fail(guard.expr):
                    places.add((frame.filename, frame.lineno or 0))
            break
        trace = trace.tb_next
    return list(places) if len(places) == 1 else []


def _module_of(trace: Optional[types.TracebackType], root: torch.nn.Module) -> str:
    """Which of the modules in `root` an error is from, as words to add to a sentence."""
    names = {id(module): name for name, module in root.named_modules() if name}
    found = ""
    while trace:
        module = trace.tb_frame.f_locals.get("self")
        if id(module) in names:
            found = f" (in its module '{names[id(module)]}', {type(module).__name__})"
        trace = trace.tb_next
    return found
