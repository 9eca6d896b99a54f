# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Python objects that a program reaches, and how they were before it ran.

    before = State(program)      # a module, a function, anything that is called
    program(x)
    list(before.changes())       # [Change('seen[2]', ...)]
    before.restore()

Reached are modules with their attributes, containers, objects of the program's own, what a
method is bound to, and the variables of functions: enclosing ones, global ones that they
name, defaults. Each object is kept with its parts as they were, once, so that
cycles and depth don't matter. Tensors are parts only: what changes them in place is seen
where the program is recorded.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import functools
import operator
import random
import sys
import types
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Set, Tuple, Type

import numpy as np
import torch

from . import locations

#: What functools.lru_cache makes; what a program adds while it is recorded isn't for others.
_CACHE: Any = type(functools.lru_cache(maxsize=None)(len))
_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)
_SYMBOLIC = (torch.SymInt, torch.SymFloat, torch.SymBool)
#: What of a module itself belongs to a program, and in which of that attributes lie.
_OWN = {"training", "_parameters", "_buffers", "_non_persistent_buffers_set", "_modules",
        "_forward_hooks", "_forward_pre_hooks"}
_STANDARD = set(vars(torch.nn.Module())) - _OWN
_HOLDERS = ("_parameters", "_buffers", "_modules")
#: Whose objects aren't looked into.
_OTHERS = {"torch", "numpy", "dlc", *sys.stdlib_module_names} - {"__main__"}
#: How many objects are kept, how many bytes of an array, how deep two values are compared.
_MOST_OBJECTS, _MOST_BYTES, _DEPTH = 300_000, 1 << 24, 4


class _Kind(NamedTuple):
    """What is done with objects of a kind: their parts by name, a part's name in Python, made
    of the object's, and how to give them their parts back (none: they can't change)."""
    parts: Callable[[Any], Optional[Dict[Any, Any]]]
    name: Callable[[str, Any], str]
    restore: Optional[Callable[[Any, Dict[Any, Any]], None]] = None


def _item(path: str, key: Any) -> str:
    holder = path.rpartition(".")[2]
    if holder in _HOLDERS:
        return f"{path[:-len(holder)]}{key}"
    return f'{path}["{key}"]' if isinstance(key, str) else f"{path}[{key}]"


def _attribute(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _itself(path: str, _: Any) -> str:
    return path


def _restore_items(value: Any, parts: Dict[Any, Any]) -> None:
    kind: Any = next(kind for kind in (collections.OrderedDict, dict, set, list, collections.deque)
                     if isinstance(value, kind))
    kind.clear(value)
    if isinstance(value, dict):
        for key, part in parts.items():
            kind.__setitem__(value, key, part)
    elif isinstance(value, set):
        kind.update(value, parts)
    else:
        kind.extend(value, parts.values())


def _module_parts(module: torch.nn.Module) -> Dict[str, Any]:
    parts = {name: value for name, value in vars(module).items() if name not in _STANDARD}
    if isinstance(module, torch.nn.RNNBase):  # lists of its parameters
        parts.pop("_flat_weights", None)
        parts.pop("_flat_weight_refs", None)
    return parts


def _restore_module(module: torch.nn.Module, parts: Dict[str, Any]) -> None:
    for name in _module_parts(module).keys() - parts.keys():
        del vars(module)[name]
    vars(module).update(parts)


def _slots(value: Any) -> Dict[str, Any]:
    return {name: slot for owner in type(value).__mro__ for name, slot in vars(owner).items()
            if isinstance(slot, types.MemberDescriptorType)}


def _instance_parts(value: Any) -> Optional[Dict[str, Any]]:
    """The attributes of an object of the program's own."""
    if type(value).__module__.partition(".")[0] in _OTHERS:
        return None
    parts = dict(getattr(value, "__dict__", {}))
    for name, slot in _slots(value).items():
        with contextlib.suppress(AttributeError):
            parts[name] = slot.__get__(value)
    return parts


def _restore_instance(value: Any, parts: Dict[str, Any]) -> None:
    slots = _slots(value)
    for name in _instance_parts(value) or {}:
        if name not in parts:
            slots[name].__delete__(value) if name in slots else vars(value).pop(name)
    for name, part in parts.items():
        if name in slots:
            slots[name].__set__(value, part)
        else:
            vars(value)[name] = part


def _restore_namespace(value: Any, parts: Dict[str, Any]) -> None:
    vars(value).clear()
    vars(value).update(parts)


def _names(code: types.CodeType) -> Set[str]:
    """The names that a function, and those in it, look up in its module or in objects."""
    inner = (c for c in code.co_consts if isinstance(c, types.CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _is_users(file: Optional[str]) -> bool:
    """Whether a file isn't an installed package's."""
    return file is not None and locations.is_own(file) and not locations.is_installed(file)


def _function_parts(function: types.FunctionType) -> Optional[Dict[Tuple[str, str], Any]]:
    """The variables of a function by their kinds and names."""
    code = function.__code__
    if not locations.is_own(code.co_filename):
        return None
    parts: Dict[Tuple[str, str], Any] = {("code", function.__name__): code}
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        with contextlib.suppress(ValueError):  # one that is empty
            parts["cell", name] = cell.cell_contents
    defaults = function.__defaults__ or ()
    positional = code.co_varnames[:code.co_argcount]
    parts.update((("default", name), value)
                 for name, value in zip(positional[len(positional) - len(defaults):], defaults))
    parts.update((("default", name), value)
                 for name, value in (function.__kwdefaults__ or {}).items())
    parts.update((("attribute", name), value) for name, value in vars(function).items())
    if _is_users(code.co_filename):
        variables = function.__globals__
        parts.update((("global", name), variables[name])
                     for name in sorted(_names(code)) if name in variables)
    return parts


def _function_name(path: str, key: Tuple[str, str]) -> str:
    return f"{path or 'self'}.{key[1]}" if key[0] == "attribute" else key[1]


def _restore_function(function: types.FunctionType, parts: Dict[Tuple[str, str], Any]) -> None:
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    for kind, name in (_function_parts(function) or {}).keys() - parts.keys():
        if kind == "attribute":
            delattr(function, name)
        elif kind == "cell":
            del cells[name].cell_contents
        elif kind == "global":
            del function.__globals__[name]
    for (kind, name), part in parts.items():
        if kind == "attribute":
            vars(function)[name] = part
        elif kind == "cell":
            cells[name].cell_contents = part
        elif kind == "global":
            function.__globals__[name] = part


def _class_parts(owner: Type[Any]) -> Optional[Dict[str, Any]]:
    module = sys.modules.get(owner.__module__)
    if not _is_users(getattr(module, "__file__", None)):
        return None
    return {name: value for name, value in vars(owner).items() if not name.startswith("__")
            or isinstance(value, types.FunctionType)}


def _restore_class(owner: Type[Any], parts: Dict[str, Any]) -> None:
    now = _class_parts(owner) or {}
    for name in now.keys() - parts.keys():
        type.__delattr__(owner, name)
    for name, part in parts.items():
        if name not in now or now[name] is not part:
            type.__setattr__(owner, name, part)


def _array_parts(value: Any) -> Optional[Dict[str, Any]]:
    if isinstance(value, bytearray):
        return {"": bytes(value)}
    return {"": value.copy()} if value.nbytes <= _MOST_BYTES else None


def _restore_array(value: Any, parts: Dict[str, Any]) -> None:
    with contextlib.suppress(ValueError):  # one that is read-only
        value[... if isinstance(value, np.ndarray) else slice(None)] = parts[""]


_MODULE = _Kind(_module_parts, _attribute, _restore_module)
_INSTANCE = _Kind(_instance_parts, _attribute, _restore_instance)

#: The kinds by the classes whose instances they are about, in order.
_KINDS: Tuple[Tuple[Tuple[Type[Any], ...], Optional[_Kind]], ...] = (
    ((*_PLAIN, *_SYMBOLIC, torch.Tensor, types.ModuleType, types.CodeType), None),
    ((torch.nn.Module,), _MODULE),
    ((type,), _Kind(_class_parts, _attribute, _restore_class)),
    ((dict,), _Kind(lambda v: dict(dict.items(v)), _item, _restore_items)),
    ((list, collections.deque), _Kind(lambda v: dict(enumerate(v)), _item, _restore_items)),
    ((tuple,), _Kind(lambda v: dict(enumerate(v)), _item)),
    ((set,), _Kind(dict.fromkeys, _item, _restore_items)),
    ((types.FunctionType,), _Kind(_function_parts, _function_name, _restore_function)),
    ((types.MethodType,), _Kind(lambda v: {"__self__": v.__self__, "__func__": v.__func__},
                                lambda path, key: _attribute(path, key) if path else "self"
                                if key == "__self__" else "")),
    ((staticmethod, classmethod), _Kind(lambda v: {"": v.__func__}, _itself)),
    ((property,), _Kind(lambda v: {"": v.fget}, _itself)),
    ((functools.partial,), _Kind(lambda v: {"func": v.func, "args": v.args,
                                            "keywords": v.keywords}, _attribute)),
    ((_CACHE,), _Kind(lambda v: {"": v.__wrapped__, "entries": v.cache_info().currsize}, _attribute,
                      lambda v, parts: v.cache_clear())),
    ((np.ndarray, bytearray), _Kind(_array_parts, _itself, _restore_array)),
    ((random.Random,), _Kind(lambda v: {"": v.getstate()}, _itself,
                             lambda v, parts: v.setstate(parts[""]))),
    ((types.SimpleNamespace, argparse.Namespace),
     _Kind(lambda v: dict(vars(v)), _attribute, _restore_namespace)),
    ((object,), _INSTANCE),
)


@functools.lru_cache(maxsize=None)
def _kind_of_class(cls: Any) -> Optional[_Kind]:
    return next(kind for classes, kind in _KINDS if issubclass(cls, classes))


def _kind_of(value: Any) -> Optional[_Kind]:
    cls: Any = type(value)
    return _kind_of_class(cls)


def _parts(value: Any) -> Optional[Dict[Any, Any]]:
    """What an object consists of; None for those that aren't looked into."""
    kind = _kind_of(value)
    return kind.parts(value) if kind else None


class Change(NamedTuple):
    """A part that isn't as it was: what it is called in Python, whether it is an attribute of
    the program, a module, or of those in it, and a function that tells whether it is so."""
    name: str
    is_attribute: bool
    is_so: Callable[[], bool]


class _Object(NamedTuple):
    """An object as it was."""
    value: Any
    name: str
    is_attribute: bool
    parts: Dict[Any, Any]

    def changes(self, by_value: bool) -> Iterator[Any]:
        now = _parts(self.value) or {}
        if len(now) == len(self.parts) and all(map(operator.is_, self.parts.values(), now.values())) \
                and now.keys() == self.parts.keys():
            return
        for key in [*self.parts, *(key for key in now if key not in self.parts)]:
            if key not in now or key not in self.parts or \
                    not is_same(self.parts[key], now[key], by_value):
                yield key

    def is_changed(self, key: Any) -> bool:
        return key in self.changes(by_value=True)

    def restore(self) -> None:
        kind = _kind_of(self.value)
        if kind and kind.restore and any(True for _ in self.changes(False)):
            kind.restore(self.value, self.parts)


class State:
    """The objects that a program reaches, as they are now."""

    def __init__(self, program: Any) -> None:
        self.objects: Dict[int, _Object] = {}
        name = program.__name__ if isinstance(program, types.FunctionType) else \
            "self" if _kind_of(program) is _INSTANCE else ""
        left = collections.deque([(name, isinstance(program, torch.nn.Module), program)])
        while left and len(self.objects) < _MOST_OBJECTS:
            name, is_attribute, value = left.popleft()
            kind = _kind_of(value)
            if kind is None or id(value) in self.objects:
                continue
            parts = kind.parts(value)
            if parts is None:
                continue
            self.objects[id(value)] = _Object(value, name, is_attribute, parts)
            if kind in (_MODULE, _INSTANCE):
                left.append((type(value).__name__, False, type(value)))
            is_attribute = is_attribute and not isinstance(value, (type, types.FunctionType))
            if kind is _MODULE:  # are called by their names, not by attributes that have them
                left.extend((_attribute(name, path), is_attribute, inner)
                            for path, inner in value.named_modules() if path)
            left.extend((kind.name(name, key), is_attribute, part) for key, part in parts.items()
                        if _kind_of(part))
        #: How many objects are kept, where that isn't all.
        self.most = len(self.objects) if left else None

    def changes(self, by_value: bool = False) -> Iterator[Change]:
        """What isn't as it was. Tensors are compared by their elements, if asked for."""
        for known in self.objects.values():
            kind: Any = _kind_of(known.value)
            for key in known.changes(by_value):
                yield Change(kind.name(known.name, key), known.is_attribute,
                             functools.partial(known.is_changed, key))

    def restore(self) -> None:
        """Gives all objects their parts back."""
        for known in self.objects.values():
            known.restore()


class Tensors:
    """The tensors that a program reaches, but for parameters, buffers and large ones, with their
    elements as they are now."""

    def __init__(self, program: Any) -> None:
        found: Dict[int, Tuple[str, torch.Tensor]] = {}
        own: Set[int] = set()
        for known in State(program).objects.values():
            kind: Any = _kind_of(known.value)
            if kind is _MODULE:
                own.update(id(tensor) for holder in ("_parameters", "_buffers")
                           for tensor in known.value.__dict__[holder].values())
            found.update((id(part), (kind.name(known.name, key), part))
                         for key, part in known.parts.items() if _is_plain(part))
        self._kept = [(name, tensor, tensor.detach().clone())
                      for key, (name, tensor) in found.items() if key not in own]
        self._versions = [tensor._version for _, tensor, _ in self._kept]

    def changed(self) -> Optional[str]:
        """The name of one that was changed in place; None if there is none."""
        return next((name for (name, tensor, _), version in zip(self._kept, self._versions)
                     if tensor._version != version), None)

    def restore(self) -> None:
        """Gives those that were changed their elements back."""
        for i, (_, tensor, elements) in enumerate(self._kept):
            if tensor._version != self._versions[i] and tensor.shape == elements.shape:
                with torch.no_grad():
                    tensor.copy_(elements)
                self._versions[i] = tensor._version


def _is_plain(value: Any) -> bool:
    """Whether a value is a tensor whose elements can be kept."""
    return type(value) is torch.Tensor and value.is_cpu and value.layout == torch.strided and \
        not value.is_inference() and value.nbytes <= _MOST_BYTES


def is_same(a: Any, b: Any, by_value: bool, depth: int = _DEPTH) -> bool:
    """Whether two values are the same, or consist of the same parts. Tensors are compared by
    their elements, if asked for."""
    if a is b:
        return True
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        return by_value and _same_elements(a, b)
    if type(a) is not type(b) or isinstance(a, _SYMBOLIC):
        return False
    if isinstance(a, _PLAIN):
        return bool(a == b or a != a and b != b)
    with contextlib.suppress(Exception):  # what classes of the program's own raise
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b)
            return bool(a.dtype == b.dtype)
        parts, others = _parts(a), _parts(b)
        if parts is None or others is None or not depth:
            return bool(a == b)
        return parts.keys() == others.keys() and \
            all(is_same(part, others[key], by_value, depth - 1) for key, part in parts.items())
    return False


def _same_elements(a: Any, b: Any) -> bool:
    if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor) or \
            a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.is_floating_point() or a.is_complex():
        return torch.allclose(a, b, equal_nan=True)
    return torch.equal(a, b)
