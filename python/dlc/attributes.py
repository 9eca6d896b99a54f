# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Python attributes of modules that a program changes when it is called.

A recorded program is what one call computes: a counter, or a list of tensors, that each call
changes would be for ever as it was when the program was recorded. That is refused, unless a
call gives the same whether or not another has gone before: an attribute that keeps what
was computed once, or shows what was computed last, does no harm.
"""

from __future__ import annotations

import collections
import contextlib
import sys
import types
import unittest.mock
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import torch
import torch.export._trace
import torch.utils._pytree as pytree

from . import locations, recording
from ._errors import TraceError

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_CONTAINERS = (dict, list, tuple, collections.deque, set)
#: What a module itself consists of; its parameters and buffers are looked after elsewhere.
_STANDARD = set(vars(torch.nn.Module()))
#: How deep containers are looked into.
_DEPTH = 4


def _parts(value: Any) -> Optional[Dict[Any, Any]]:
    """What a container, or an object of the program's own, consists of; None for others."""
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, (list, tuple, collections.deque)):
        return dict(enumerate(value))
    if isinstance(value, set):
        return dict.fromkeys(value)
    own = not isinstance(value, (type, types.ModuleType, types.FunctionType, types.MethodType,
                                 torch.Tensor, torch.nn.Module)) \
        and type(value).__module__.partition(".")[0] not in ("torch", "builtins", "numpy")
    return dict(vars(value)) if own and hasattr(value, "__dict__") else None


class _Kept:
    """A value as it was: what it consists of is known, too."""

    def __init__(self, value: Any, depth: int = _DEPTH) -> None:
        self.value, self.parts = value, None
        parts = _parts(value) if depth else None
        if parts is not None:
            self.parts = {key: _Kept(part, depth - 1) for key, part in parts.items()}

    def changes(self, value: Any, by_value: bool = False) -> Iterator[str]:
        """Where another value differs, as what follows the value's name in Python. Tensors
        are compared by their elements, if asked for."""
        parts = _parts(value) if self.parts is not None else None
        if self.parts is None or parts is None or type(value) is not type(self.value):
            if not _is_same(self.value, value, by_value):
                yield ""
            return
        is_object = not isinstance(value, _CONTAINERS)
        for key in [*self.parts, *(key for key in parts if key not in self.parts)]:
            name = f".{key}" if is_object else f'["{key}"]' if isinstance(key, str) else f"[{key}]"
            if key not in parts or key not in self.parts:
                yield name
                continue
            yield from (name + rest for rest in self.parts[key].changes(parts[key], by_value))

    def restore(self) -> Any:
        """Gives the value its contents back."""
        if self.parts is None or not any(True for _ in self.changes(self.value)):
            return self.value
        parts = {key: part.restore() for key, part in self.parts.items()}
        if isinstance(self.value, (dict, set)):
            self.value.clear()
            self.value.update(parts)
        elif isinstance(self.value, (list, collections.deque)):
            self.value.clear()
            self.value.extend(parts.values())
        elif not isinstance(self.value, tuple):
            self.value.__dict__.clear()
            self.value.__dict__.update(parts)
        return self.value


def _is_same(a: Any, b: Any, by_value: bool) -> bool:
    if a is b:
        return True
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return by_value and a.shape == b.shape and a.dtype == b.dtype and \
            torch.allclose(a, b, equal_nan=True)
    return type(a) is type(b) and isinstance(a, _PLAIN) and (a == b or a != a and b != b)


class _Attributes:
    """The Python attributes of a module and those in it, as they are now."""

    def __init__(self, root: torch.nn.Module) -> None:
        self.modules = dict(root.named_modules())
        self.kept = {(path, name): _Kept(value) for path, module in self.modules.items()
                     for name, value in _attributes(module).items()}

    def changes(self, by_value: bool = False) -> Iterator[Tuple[str, str, str]]:
        """What has changed since: the module's path, the attribute's name and what follows."""
        for path, module in self.modules.items():
            for name, value in _attributes(module).items():
                kept = self.kept.get((path, name))
                rests = kept.changes(value, by_value) if kept else iter([""])
                yield from ((path, name, rest) for rest in rests)

    def restore(self) -> None:
        for path, module in self.modules.items():
            for name in _attributes(module).keys() - {n for p, n in self.kept if p == path}:
                del module.__dict__[name]
        for (path, name), kept in self.kept.items():
            self.modules[path].__dict__[name] = kept.restore()


def _attributes(module: torch.nn.Module) -> Dict[str, Any]:
    own = {name: value for name, value in vars(module).items() if name not in _STANDARD}
    if isinstance(module, torch.nn.RNNBase):  # lists of its parameters
        own.pop("_flat_weights", None)
        own.pop("_flat_weight_refs", None)
    return own


class Watch:
    """Finds what a program changes while it is recorded, and gives it its value back. Where
    Dynamo records it, strictly, it isn't run: calls show then what it changes."""

    def __init__(self, root: torch.nn.Module, strict: bool) -> None:
        self.root, self.strict = root, strict
        self.found: List[Tuple[str, str, str]] = []
        self.places: Dict[Tuple[int, str], locations.Place] = {}

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """While it is active, torch.export looks after attributes by this."""
        if self.strict:
            yield
            return
        assign = torch.nn.Module.__setattr__

        def noting(module: torch.nn.Module, name: str, value: Any) -> None:
            if recording.is_here():
                place = locations.innermost(sys._getframe(1))
                if place:
                    self.places[id(module), name] = place
            assign(module, name, value)

        @contextlib.contextmanager
        def watched(root: torch.nn.Module) -> Iterator[None]:
            before = _Attributes(root)
            try:
                yield
            finally:
                self.found = list(before.changes())
                before.restore()

        with unittest.mock.patch.object(torch.nn.Module, "__setattr__", noting), \
                unittest.mock.patch.object(torch.export._trace, "_detect_attribute_assignment",
                                           watched):
            yield

    def check(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Refuses what was found if a call depends on those before it."""
        if self.strict:
            before = _Attributes(self.root)
            with contextlib.suppress(Exception):
                _call(self.root, args, kwargs, torch.clone)
            self.found = list(before.changes())
            before.restore()
        if not self.found or _is_independent(self.root, args, kwargs):
            return
        path, name, rest = self.found[0]
        module = self.root.get_submodule(path)
        code = getattr(type(module).forward, "__code__", None)
        place = self.places.get((id(module), name)) or \
            (code and locations.is_own(code.co_filename) and
             (code.co_filename, code.co_firstlineno))
        where = f"{place[0]}:{place[1]}: " if place else ""
        raise TraceError(f"{where}the program changes the attribute '{path and path + '.'}{name}"
                         f"{rest}' of its module, on which later calls depend, and a compiled model "
                         "keeps buffers only from call to call: make it one (register_buffer)")


def _is_independent(root: torch.nn.Module, args: Sequence[Any],
                    kwargs: Mapping[str, Any]) -> bool:
    """Whether a call gives the same results, and leaves the attributes the same, whether or
    not another has gone before. The inputs of that are the example's, in another order."""
    before = _Attributes(root)
    try:
        for other in (_rolled, torch.clone):
            with contextlib.suppress(Exception):
                expected = _call(root, args, kwargs, other)
                alone = _Attributes(root)
                before.restore()
                _call(root, args, kwargs, torch.clone)
                got = _call(root, args, kwargs, other)
                return not any(_Kept(expected).changes(got, True)) and \
                    not any(True for _ in alone.changes(True))
            before.restore()
    finally:
        before.restore()
    return False


def _rolled(x: torch.Tensor) -> torch.Tensor:
    return x.flatten().roll(1).reshape(x.shape)


def _call(root: torch.nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any],
          change: Any) -> List[Any]:
    """What a call gives that leaves inputs, buffers and the generator as they are."""
    args, kwargs = pytree.tree_map_only(torch.Tensor, change, (tuple(args), dict(kwargs)))
    buffers = {name: buffer.clone() for name, buffer in root.named_buffers()}
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return pytree.tree_leaves(torch.func.functional_call(root, buffers, args, dict(kwargs)))
