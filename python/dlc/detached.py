# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What autograd sees of a program, and the graph that torch.export records doesn't say.

A program is recorded without gradients, so that what it computes under torch.no_grad()
looks like the rest: while `recorded()` is active, results of such a part are detached. A
torch.autograd.Function is recorded as its forward; that its derivative is another is noted,
and so are hooks on gradients, which nothing calls.

What is changed in place under torch.no_grad() has another value then, and the gradient
that it had: dlc::revise gives a tensor so. The same holds for what shares memory with a
detached tensor that is changed. In a graph without updates in place the two would share
the gradient, too; so a detached tensor is a copy here, and a change of the one is made in
the other.
"""

import contextlib
import sys
import threading
import types
import unittest.mock
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import torch
from torch._dynamo.variables.ctx_manager import GradModeVariable
from torch._subclasses.fake_tensor import is_fake
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only

from . import locations
from ._errors import TraceError

#: PyTorch's own modules that record, and enter torch.no_grad() on the way.
_RECORDING = ("torch._", "torch.export", "torch.fx", "torch.utils", "torch.autograd")

#: What stands between the program and what it calls.
_BETWEEN = ("contextlib", "dlc.", "torch.overrides")

_LIBRARY: Any = getattr(torch.library, "Library")("dlc", "DEF")
_LIBRARY.define("revise(Tensor self, Tensor value) -> Tensor")
_LIBRARY.impl("revise", lambda self, value: value.clone(), "CompositeExplicitAutograd")

#: The value of one tensor, with the derivative of another.
revise: Any = torch.ops.dlc.revise.default

_set_data: Any = getattr(torch.Tensor.data, "__set__")
_requires_grad: Any = getattr(torch.Tensor.requires_grad, "__get__")
_HOOKING = (torch.Tensor.register_hook, torch.Tensor.register_post_accumulate_grad_hook)


def may_change(name: str, kwargs: Any) -> bool:
    """Whether a function of PyTorch's may change a tensor in place, by its name and by what
    it is called with."""
    return name.endswith("_") and not name.endswith("__") or name in _CHANGING or \
        bool(kwargs.get("inplace")) or kwargs.get("out") is not None


_IN_PLACE = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or",
             "xor", "lshift", "rshift", "setitem", "delitem")
_CHANGING = {f"__{'' if name.endswith('item') else 'i'}{name}__" for name in _IN_PLACE} | \
    {name if name.endswith("item") else "i" + name for name in _IN_PLACE} | {"__idiv__"}


class Recorder(TorchFunctionMode):
    """Keeps from gradients, in this thread, what the program does."""

    def __init__(self, is_differentiated: bool) -> None:
        super().__init__()
        self.thread = threading.get_ident()
        self.is_differentiated = is_differentiated
        #: Whether the program has gradients switched on.
        self.is_on = True
        #: Sentences on why the derivative of what is recorded isn't the program's.
        self.own_derivatives: List[str] = []
        #: Detached tensors and what they were detached from, by the memory of each.
        self.links: Dict[int, List[Tuple[torch.Tensor, torch.Tensor]]] = {}
        #: Memory of what has no gradient, which isn't used for something else meanwhile.
        self.constants: Dict[int, Any] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (),
                           kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if torch.compiler.is_dynamo_compiling():  # what torch.cond and the like take
            result = func(*args, **kwargs)
            return result if self.is_on else without_gradients(result)
        return self._call(func, args, kwargs)

    def _call(self, func: Any, args: Any, kwargs: Any) -> Any:
        if func is torch.Tensor.detach and self.is_programs(sys._getframe(2)):
            return self._detach(args[0])
        if func is torch.Tensor.detach_:
            return args[0].copy_(args[0].detach().clone())
        if func == _set_data:
            return self._set_data(*args)
        if func == _requires_grad:
            return self._requires_grad(args[0])
        if func in _HOOKING:
            self.note(sys._getframe(1), "registers a hook on a tensor's gradient, which isn't called "
                      "where the program is compiled: it can't be differentiated")
        name = getattr(func, "__name__", "")
        changes = may_change(name, kwargs)
        if self.is_on and not (changes or self.links):
            return func(*args, **kwargs)
        given = [t for t in tree_leaves((args, kwargs)) if is_float(t)]
        before = {id(t): (_version(t), t.clone() if self._is_kept(changes, t) else None)
                  for t in given}
        result = func(*args, **kwargs)
        # Of a list that is changed PyTorch doesn't count it.
        is_list = changes and name.startswith("_foreach_")
        sure = {id(t) for t in tree_leaves(args[0])} if is_list else set()
        changed = [t for t in given if id(t) in sure or _version(t) != before[id(t)][0]]
        for tensor in changed:
            old = before[id(tensor)][1]
            if old is not None and old.shape == tensor.shape:  # not as unsqueeze_
                tensor.copy_(revise(old, tensor))
            elif self.is_on:
                self.constants.pop(memory_of(tensor), None)
        self._spread(changed)
        if self.is_on or changed:
            return result
        return tree_map_only(torch.Tensor, lambda tensor: self._without(tensor, given), result)

    def note(self, frame: types.FrameType, what: str) -> None:
        """Notes that the program does something because of which it has another derivative than
        what is recorded."""
        place = locations.innermost(frame)
        if threading.get_ident() == self.thread and place:
            self.own_derivatives.append(f"{place[0]}:{place[1]}: the program {what}")

    def _requires_grad(self, tensor: torch.Tensor) -> bool:
        """What the program sees where it asks: it is recorded without gradients, but does what it
        does with them if it is for a derivative."""
        caller = sys._getframe(2)
        while caller.f_back and caller.f_code.co_name == "__torch_function__":
            caller = caller.f_back
        if tensor.requires_grad or not self.is_on or not is_float(tensor) or \
                isinstance(tensor, torch.nn.Parameter) or not is_fake(tensor) or \
                memory_of(tensor) in self.constants or \
                not locations.is_own(caller.f_code.co_filename):
            return tensor.requires_grad
        if not self.is_differentiated:
            self.note(caller, "asks whether a tensor requires a gradient, and was recorded as one "
                      "without: give what is to be differentiated itself, not a trace of it")
        return self.is_differentiated

    def is_programs(self, frame: Optional[types.FrameType]) -> bool:
        """Whether code is of the program that is recorded: a decorated function counts as
        what calls it."""
        return threading.get_ident() == self.thread and _is_programs(frame)

    def _is_kept(self, changes: bool, tensor: torch.Tensor) -> bool:
        """Whether a tensor's gradient stays what it is, should it be changed now."""
        return changes and not self.is_on and memory_of(tensor) not in self.constants

    def _without(self, tensor: torch.Tensor, given: List[torch.Tensor]) -> torch.Tensor:
        """A result without gradient: a view of something given, or what is new."""
        if not is_float(tensor) or any(tensor is each for each in given):
            return tensor
        memory = memory_of(tensor)
        if any(memory == memory_of(each) for each in given):
            return self._detach(tensor)
        tensor = tensor.detach()
        self._note_constant(tensor)
        return tensor

    def _note_constant(self, tensor: torch.Tensor) -> None:
        memory = memory_of(tensor)
        if memory is not None:
            self.constants[memory] = tensor

    def _detach(self, tensor: torch.Tensor) -> torch.Tensor:
        memory = memory_of(tensor)
        if not is_float(tensor) or memory is None or memory in self.constants or \
                not is_fake(tensor):  # a tensor from outside the program, which stays known
            return tensor.detach()
        own = tensor.detach().clone()
        link = own, tensor
        for each in link:
            self.links.setdefault(memory_of(each), []).append(link)
        self._note_constant(own)
        return own

    def _set_data(self, tensor: torch.Tensor, value: torch.Tensor) -> None:
        """tensor.data = value"""
        if tensor.shape != value.shape or tensor.dtype != value.dtype:
            raise TraceError("the program gives a tensor's 'data' another size or type, which "
                             "isn't supported: make it a new tensor")
        tensor.copy_(revise(tensor, value) if is_float(tensor) else value)
        self._spread([tensor])

    def _spread(self, changed: List[torch.Tensor]) -> None:
        """Makes a change in what shares the memory by way of detached tensors."""
        queue, done = [memory_of(tensor) for tensor in changed] if self.links else [], set()
        while queue:
            memory = queue.pop()
            for link in self.links.get(memory, ()):
                if id(link) in done:
                    continue
                done.add(id(link))
                own, source = link
                if memory_of(own) == memory:
                    source.copy_(revise(source, own))
                    queue.append(memory_of(source))
                else:
                    own.copy_(source.detach())
                    queue.append(memory_of(own))


def is_float(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())


def _version(tensor: torch.Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


def memory_of(tensor: torch.Tensor) -> Any:
    """What tensors that share memory have in common; None where it isn't known."""
    try:
        return tensor.untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):
        return None


def without_gradients(value: Any) -> Any:
    """All tensors of a value detached."""
    return tree_map_only(torch.Tensor, lambda tensor: tensor.detach() if is_float(tensor) else tensor,
                         value)


def _is_programs(frame: Optional[types.FrameType]) -> bool:
    while frame and (frame.f_code.co_name in ("decorate_context", "__torch_function__") or
                     frame.f_globals.get("__name__", "").startswith(_BETWEEN)):
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "") if frame else ""
    return not (name + ".").startswith(_RECORDING)


def _switches(recorder: Recorder) -> Iterator[Tuple[type, str, Callable[..., Any]]]:
    """PyTorch's ways to switch gradients on and off, as what tells the recorder, too."""

    def entering(kind: type, name: str, is_on: Callable[..., bool]) -> Any:
        original = getattr(kind, name)

        def enter(self: Any, *args: Any, **kwargs: Any) -> Any:
            if recorder.is_programs(sys._getframe(1)):
                self.__dict__.setdefault("_dlc_before", recorder.is_on)
                recorder.is_on = is_on(self, *args, **kwargs)
            return original(self, *args, **kwargs)

        return kind, name, enter

    def leaving(kind: type, name: str) -> Any:
        original = getattr(kind, name)

        def leave(self: Any, *args: Any) -> Any:
            if "_dlc_before" in self.__dict__:
                recorder.is_on = self.__dict__.pop("_dlc_before")
            return original(self, *args)

        return kind, name, leave

    yield entering(torch.no_grad, "__enter__", lambda self: False)
    yield entering(torch.enable_grad, "__enter__", lambda self: True)
    yield entering(torch.inference_mode, "__enter__", lambda self: not self.mode)
    yield entering(torch.set_grad_enabled, "__init__", lambda self, mode: bool(mode))
    yield entering(torch.set_grad_enabled, "__enter__", lambda self: bool(self.mode))
    yield leaving(torch.set_grad_enabled, "__call__")
    for kind in (torch.no_grad, torch.enable_grad, torch.inference_mode, torch.set_grad_enabled):
        yield leaving(kind, "__exit__")


def _hooks(recorder: Recorder) -> Iterator[Tuple[type, str, Callable[..., Any]]]:
    """How PyTorch finds a module's hooks on gradients when it is called, as what tells the
    recorder, too."""

    def finding(name: str) -> Any:
        original = getattr(torch.nn.Module, name)

        def find(module: torch.nn.Module) -> Any:
            found = original(module)
            if any(found):
                recorder.note(sys._getframe(1), hook_sentence(module))
            return found

        return torch.nn.Module, name, find

    yield finding("_get_backward_hooks")
    yield finding("_get_backward_pre_hooks")


def hook_sentence(module: torch.nn.Module) -> str:
    return f"has a module, {type(module).__name__}, with a hook on its gradients, which isn't " \
        "called where the program is compiled: it can't be differentiated"


@contextlib.contextmanager
def recorded(program: Any, is_differentiated: bool) -> Iterator[List[str]]:
    """See above; gives sentences on why the derivative of what is recorded isn't that of the
    program, which are known when it ends."""
    recorder = Recorder(is_differentiated)
    if isinstance(program, torch.nn.Module):
        recorder.own_derivatives += [
            f"the program {hook_sentence(module)}" for module in program.modules()
            if getattr(module, "_backward_hooks") or getattr(module, "_backward_pre_hooks")]
    apply: Callable[..., Any] = getattr(torch.autograd.Function.apply, "__func__")

    def noting(cls: type, *args: Any, **kwargs: Any) -> Any:
        if recorder.is_programs(sys._getframe(1)):
            recorder.note(sys._getframe(1), f"calls the torch.autograd.Function {cls.__name__}, "
                          "whose own derivative isn't recorded: it can't be differentiated")
        return apply(cls, *args, **kwargs)

    def noting_switch(tx: Any, target_value: Any, *args: Any, **kwargs: Any) -> Any:
        name = tx.f_globals.get("__name__", "") + "."
        if target_value is False and not name.startswith(_RECORDING):
            recorder.own_derivatives.append(
                f"{tx.f_code.co_filename}:{tx.lineno}: what is computed without gradients in a "
                "part of a program that Dynamo reads (of torch.cond and loops; all of it with "
                "strict=True) can't be differentiated: use detach() there")
        return create(tx, target_value, *args, **kwargs)

    create: Any = GradModeVariable.create
    with contextlib.ExitStack() as stack:
        stack.enter_context(unittest.mock.patch.object(GradModeVariable, "create",
                                                       staticmethod(noting_switch)))
        for kind, name, call in [*_switches(recorder), *_hooks(recorder)]:
            stack.enter_context(unittest.mock.patch.object(kind, name, call))
        stack.enter_context(
            unittest.mock.patch.object(torch.autograd.Function, "apply", classmethod(noting)))
        stack.enter_context(recorder)
        yield recorder.own_derivatives
