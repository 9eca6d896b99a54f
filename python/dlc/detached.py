# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What autograd sees of a program, and the graph that torch.export records doesn't say.

A program is recorded without gradients, so that what it computes under torch.no_grad()
looks like the rest: while `recorded()` is active, results of such a part are detached. A
torch.autograd.Function is recorded as its forward; that its derivative is another is noted.
"""

import contextlib
import sys
import threading
import types
import unittest.mock
from typing import Any, Callable, Iterator, List, Optional

import torch
from torch.overrides import TorchFunctionMode

#: PyTorch's own modules that record, and enter torch.no_grad() on the way.
_RECORDING = ("torch._", "torch.export", "torch.fx", "torch.utils", "torch.autograd",
              "torch.overrides", "contextlib")


class Recorder(TorchFunctionMode):
    """Detaches what is computed in the program's parts without gradients, in this thread."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = threading.get_ident()
        self.depth = 0
        #: The classes of Functions whose backward isn't what is recorded.
        self.own_derivatives: List[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (),
                           kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not self.depth:
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if name.endswith("_") and not name.endswith("__"):  # in place: what is given is kept
            return func(*args[:1], *_detached(args[1:]), **_detached(kwargs))
        return _detached(func(*args, **kwargs))

    def is_programs(self, frame: Optional[types.FrameType]) -> bool:
        """Whether code is of the program that is recorded: a decorated function counts as
        what calls it."""
        return threading.get_ident() == self.thread and _is_programs(frame)


def _detached(value: Any) -> Any:
    def detach(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach() if tensor.is_floating_point() or tensor.is_complex() else tensor

    return torch.utils._pytree.tree_map_only(torch.Tensor, detach, value)


def _is_programs(frame: Optional[types.FrameType]) -> bool:
    while frame and frame.f_code.co_name == "decorate_context":
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "") if frame else ""
    return not (name + ".").startswith(_RECORDING)


@contextlib.contextmanager
def recorded() -> Iterator[List[str]]:
    """See above; gives the names of the Functions with a derivative of their own, which
    are known when it ends."""
    recorder = Recorder()

    def entering(original: Callable[..., Any]) -> Callable[..., Any]:
        def __enter__(self: Any) -> Any:
            if recorder.is_programs(sys._getframe(1)):
                self._dlc_is_programs = True
                recorder.depth += 1
            return original(self)
        return __enter__

    def leaving(original: Callable[..., Any]) -> Callable[..., Any]:
        def __exit__(self: Any, *error: Any) -> Any:
            if getattr(self, "_dlc_is_programs", False):
                self._dlc_is_programs = False
                recorder.depth -= 1
            return original(self, *error)
        return __exit__

    apply: Callable[..., Any] = getattr(torch.autograd.Function.apply, "__func__")

    def noting(cls: type, *args: Any, **kwargs: Any) -> Any:
        if cls.__name__ not in recorder.own_derivatives and \
                recorder.is_programs(sys._getframe(1)):
            recorder.own_derivatives.append(cls.__name__)
        return apply(cls, *args, **kwargs)

    with contextlib.ExitStack() as stack:
        for kind in (torch.no_grad, torch.inference_mode):
            for name, wrap in (("__enter__", entering), ("__exit__", leaving)):
                stack.enter_context(
                    unittest.mock.patch.object(kind, name, wrap(getattr(kind, name))))
        stack.enter_context(
            unittest.mock.patch.object(torch.autograd.Function, "apply", classmethod(noting)))
        stack.enter_context(recorder)
        yield recorder.own_derivatives
