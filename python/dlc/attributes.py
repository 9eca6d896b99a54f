# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What of Python's a program changes when it is called: attributes, variables.

A recorded program is what one call computes: a counter, or a list of tensors, that each call
changes would be for ever as it was when the program was recorded. That is refused, unless a
call gives the same whether or not another has gone before: an attribute that keeps what
was computed once, or shows what was computed last, does no harm.
"""

from __future__ import annotations

import contextlib
import random
import sys
import types
import unittest.mock
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import torch
import torch.export._trace
import torch.utils._pytree as pytree

from . import locations
from ._errors import TraceError, warn
from .reached import Change, State, Tensors, is_same
from .tied import shared_memory


_is_alias: Any = getattr(torch._C, "_is_alias_of")


class Watch:
    """Finds what a program changes while it is recorded, and gives it its value back. Where
    Dynamo records it, strictly, it isn't run: a call shows then what it changes."""

    def __init__(self, program: Any, strict: bool) -> None:
        self.program, self.strict = program, strict
        self.found: Optional[Change] = None
        self.draws: Optional[str] = None
        self.most: Optional[int] = None

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """While it is active, torch.export looks after attributes by this."""
        if self.strict:
            yield
            return
        @contextlib.contextmanager
        def watched(root: torch.nn.Module) -> Iterator[None]:
            before, numbers = State(self.program), _generators()
            try:
                with _buffers_kept(root):
                    yield
            finally:
                self.found, self.most = next(before.changes(), None), before.most
                before.restore()
                self.draws = next((name for name, state in _generators().items()
                                   if state != numbers[name]), None)

        with unittest.mock.patch.multiple(torch.export._trace, _detect_attribute_assignment=watched,
                                          register_buffer_assignment_hook=_NoHook):
            yield

    @contextlib.contextmanager
    def tensors_kept(self) -> Iterator[None]:
        """Gives the tensors that aren't parameters and buffers their elements back when it ends."""
        self.tensors = Tensors(self.program)
        try:
            yield
        finally:
            self.tensors.restore()

    def changed_tensor(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Optional[TraceError]:
        """The error of such a tensor that a call changes; None where that isn't found."""
        self.tensors.restore()
        self._try(args, kwargs)
        name = self.tensors.changed()
        self.tensors.restore()
        if name is None:
            return None
        line = self._line(lambda: self.tensors.changed() is not None, args, kwargs)
        return TraceError(f"{line}the program changes the tensor that it refers to as '{name}', and a "
                          "compiled model keeps buffers only from call to call: make it a buffer of "
                          "a module (register_buffer)")

    def check(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Refuses what is changed if a call depends on those before it; warns of numbers drawn
        by generators that aren't PyTorch's."""
        if self.draws:
            numbers, name = _generators(), self.draws
            warn(self._line(lambda: _generators()[name] != numbers[name], args, kwargs) +
                 f"the program draws random numbers of {name}'s, which are constants of the "
                 "compiled program: draw them by torch.rand, or give them to it")
        before = State(self.program) if self.found or self.strict else None
        most = before.most if before else self.most
        if most:
            warn(f"the program refers to more than {most:,} objects of Python's: whether it changes "
                 "one of the others isn't known, and a compiled model keeps no such change")
        if not before:
            return
        try:
            error = self._try(args, kwargs)
            change = next(before.changes(), self.found if error else None)
            why = change and self._why(before, args, kwargs, error)
        finally:
            before.restore()
        if change and why:
            what, how = ("the attribute '{}' of its module", "it one") if change.is_attribute else \
                ("'{}'", "it a buffer of a module")
            raise TraceError(f"{self._line(change.is_so, args, kwargs)}the program changes "
                             f"{what.format(change.name)}, {why}, and a compiled model keeps buffers "
                             f"only from call to call: make {how} (register_buffer)")

    def _try(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Optional[Exception]:
        try:
            self._call(args, kwargs, torch.clone)
        except Exception as error:
            return error
        return None

    def _why(self, before: State, args: Sequence[Any], kwargs: Mapping[str, Any],
             error: Optional[Exception]) -> str:
        """Why a change isn't harmless; empty if it is, for a call gives the same results, and
        leaves the same behind, whether or not one on other inputs has gone before."""
        if error:
            reason = " ".join(str(error).split()) or type(error).__name__
            return f"which can't be tried, for a call of it fails ({reason})"
        for other in (_other, torch.clone):
            with contextlib.suppress(Exception):
                before.restore()
                expected = self._call(args, kwargs, other)
                alone = State(self.program)
                before.restore()
                self._call(args, kwargs, torch.clone)
                got = self._call(args, kwargs, other)
                if is_same(expected, got, by_value=True):
                    return "on which a later call may depend, if not the next (leave it out where " \
                        "none does)" if any(alone.changes(by_value=True)) else ""
                break
        return "on which later calls depend"

    def _call(self, args: Sequence[Any], kwargs: Mapping[str, Any], change: Any) -> List[Any]:
        """What a call gives that leaves inputs, buffers and generators as they are."""
        args, kwargs = pytree.tree_map_only(torch.Tensor, change, (tuple(args), dict(kwargs)))
        copies: Dict[int, torch.Tensor] = {}
        with contextlib.ExitStack() as stack:
            root = self.program
            for module in root.modules() if isinstance(root, torch.nn.Module) else ():
                for name, buffer in list(module._buffers.items()):
                    if buffer is not None:
                        stack.callback(module._buffers.__setitem__, name, buffer)
                        module._buffers[name] = copies.setdefault(id(buffer), buffer.clone())
            stack.callback(random.setstate, random.getstate())
            stack.callback(np.random.set_state, np.random.get_state())
            stack.enter_context(torch.no_grad())
            stack.enter_context(torch.random.fork_rng(devices=[]))
            torch.manual_seed(0)
            return pytree.tree_leaves(root(*args, **kwargs))

    def _line(self, is_so: Callable[[], bool], args: Sequence[Any],
              kwargs: Mapping[str, Any]) -> str:
        """"file.py:12: " of the line of the program by which something becomes so; empty where
        that isn't found."""
        place: Optional[locations.Place] = None
        last: Dict[types.FrameType, int] = {}

        def step(frame: types.FrameType, event: str, _: Any) -> Any:
            nonlocal place
            if not locations.is_own(frame.f_code.co_filename):
                return None
            if place is None and frame in last and is_so():
                place = frame.f_code.co_filename, last[frame]
            last[frame] = frame.f_lineno
            if event == "return":
                del last[frame]
            return step

        before, tracing = State(self.program), sys.gettrace()
        try:
            sys.settrace(step)
            self._try(args, kwargs)
        finally:
            sys.settrace(tracing)
            before.restore()
        return f"{place[0]}:{place[1]}: " if place else ""


class _NoHook:
    """In the place of torch.export's own, which knows the buffers of the root alone."""

    def __init__(self, root: torch.nn.Module, assigned: Dict[str, str]) -> None:
        pass

    def remove(self) -> None:
        pass


@contextlib.contextmanager
def _buffers_kept(root: torch.nn.Module) -> Iterator[None]:
    """While it is active, a buffer in `root` to which a call assigns a tensor is changed in
    place when the call ends: so it becomes state. Modules are known by their attributes: what
    torch.export runs for one that has two names has another identity."""
    inside = {id(vars(module)) for module in root.modules()}
    tied = _tied(root)
    calls: List[Dict[Tuple[int, str], Tuple[torch.nn.Module, torch.Tensor]]] = []

    def refuse(module: torch.nn.Module, name: str, value: Any) -> None:
        if id(vars(module)) in inside and module._parameters.get(name) is not None:
            raise TraceError(f"the program changes its parameter '{name}', which isn't supported; "
                             "a buffer is state")

    def assign(module: torch.nn.Module, name: str, value: Any) -> None:
        old = module._buffers.get(name)
        if old is not None and value is not old and id(vars(module)) in inside:
            check(module, name, old, value)

    def check(module: torch.nn.Module, name: str, old: torch.Tensor, value: Any) -> None:
        if value is None or value.dtype != old.dtype or value.shape != old.shape:
            raise TraceError(f"the program gives its buffer '{name}' another shape or element type, "
                             "and state has one for ever: make the buffer as large as it may become, "
                             "and write a part of it")
        if (id(vars(module)), name) in tied:
            first, second = tied[id(vars(module)), name]
            raise TraceError(shared_memory(first, second))

    def begin(_: Any, args: Any) -> None:
        calls.append({} if calls else {
            (id(vars(module)), name): (module, buffer) for module in root.modules()
            for name, buffer in module._buffers.items() if buffer is not None})

    def finish(_: Any, args: Any, results: Any) -> Any:
        changed = [(module, name, old) for (_, name), (module, old) in calls.pop().items()
                   if module._buffers.get(name) is not old]
        for module, name, old in changed:
            check(module, name, old, module._buffers.get(name))
        values = [getattr(module, name).clone() for module, name, _ in changed]
        results = pytree.tree_map_only(torch.Tensor, lambda x: x.clone() if any(
            _is_alias(x, old) for _, _, old in changed) else x, results)
        for value, (module, name, old) in zip(values, changed):
            module._buffers[name] = old.copy_(value)
        return results

    handles = [
        torch.nn.modules.module.register_module_parameter_registration_hook(refuse),
        torch.nn.modules.module.register_module_buffer_registration_hook(assign),
        root.register_forward_pre_hook(begin, prepend=True),
        root.register_forward_hook(finish)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _tied(root: torch.nn.Module) -> Dict[Tuple[int, str], Tuple[str, str]]:
    """The buffers that are one tensor with another, by their modules and names: both names."""
    places: Dict[int, List[Tuple[int, str, str]]] = {}
    for path, module in root.named_modules():
        for name, buffer in module._buffers.items():
            if buffer is not None:
                places.setdefault(id(buffer), []).append(
                    (id(vars(module)), name, f"{path}.{name}" if path else name))
    return {(module, name): (same[0][2], same[1][2])
            for same in places.values() if len(same) > 1 for module, name, _ in same}


def _generators() -> Dict[str, Any]:
    """The states of the generators of random numbers that aren't PyTorch's."""
    state: Any = np.random.get_state()
    kind, numbers, *rest = state
    return {"Python": random.getstate(), "NumPy": (kind, bytes(numbers.data), *rest)}


def _other(x: torch.Tensor) -> torch.Tensor:
    """An input like the example, of other elements: smaller ones, in another order."""
    flat = x.detach().flatten().roll(1)
    if x.is_floating_point() or x.is_complex():
        flat = flat * torch.linspace(0.5, 0.9, len(flat)).to(flat.dtype)
    elif len(flat) and torch.equal(flat, x.flatten()):
        flat[0] = flat[0] == 0
    return flat.reshape(x.shape)
