# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Structures of tuples, lists and dicts, as plain JSON.

"*" is a leaf, None itself; {"tuple": [...]}, {"list": [...]}, {"dict": [[key, ...], ...]} and
{"namedtuple": name, "fields": [...], "items": [...]} hold others. A dataclass counts as
a dict of those of its fields that aren't None.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import keyword
from typing import Any, Callable, Iterable, Iterator, List, Sequence, Tuple

import numpy as np

#: Python's own constants that JSON has.
_PLAIN = (bool, int, float, str, type(None))


def flatten(value: Any, structure: Any, name: str) -> List[Any]:
    """The leaves of a value that has a structure, in the structure's order. Where it has
    another one, a TypeError says at which part; `name` is the value's own."""
    leaves: List[Any] = []
    _flatten(value, structure, name, leaves)
    return leaves


def _flatten(value: Any, structure: Any, name: str, leaves: List[Any]) -> None:
    if structure == "*":
        if isinstance(value, (tuple, list, dict)):
            raise TypeError(f"{name} should be a tensor or a number, not {_what(value)}")
        leaves.append(value)
        return
    if structure is None:
        if value is not None:
            raise TypeError(f"{name} should be None, not {_what(value)}")
        return
    keys, parts = _children(structure)
    if "dict" in structure:
        if dataclasses.is_dataclass(value):
            fields = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
            value = {key: part for key, part in fields if part is not None}
        if not isinstance(value, dict) or {str(k) for k in value} != {str(k) for k in keys}:
            raise TypeError(f"{name} should be {describe(structure)}, not {_what(value)}")
        given = {str(key): part for key, part in value.items()}
        for key, part in zip(keys, parts):
            _flatten(given[str(key)], part, _name_of(structure, key, name), leaves)
        return
    kinds = (list, collections.deque) if "list" in structure else tuple
    if not isinstance(value, kinds) or len(value) != len(parts) or \
            list(getattr(value, "_fields", ())) != structure.get("fields", []):
        raise TypeError(f"{name} should be {describe(structure)}, not {_what(value)}")
    for key, inner, part in zip(keys, parts, value):
        _flatten(part, inner, _name_of(structure, key, name), leaves)


def _children(structure: Any) -> Tuple[Sequence[Any], Sequence[Any]]:
    """The names and the structures of what a structure holds."""
    if "dict" in structure:
        return [k for k, _ in structure["dict"]], [s for _, s in structure["dict"]]
    if "fields" in structure:
        return structure["fields"], structure["items"]
    parts = structure["tuple"] if "tuple" in structure else structure["list"]
    return range(len(parts)), parts


def _name_of(structure: Any, key: Any, name: str) -> str:
    """What a part of the value `name` is called in Python."""
    return f"{name}.{key}" if "fields" in structure else f"{name}[{key!r}]"


def names(structure: Any, name: str) -> List[str]:
    """What each leaf of the value `name` is called in Python."""
    if structure == "*" or structure is None:
        return [name] if structure else []
    return [leaf for key, part in zip(*_children(structure))
            for leaf in names(part, _name_of(structure, key, name))]


def _what(value: Any) -> str:
    """A value's structure, in short."""
    if value is None:
        return "None"
    if isinstance(value, dict):
        return "{" + ", ".join(str(k) for k in value) + "}"
    if hasattr(value, "_fields"):
        return f"{type(value).__name__}({', '.join(value._fields)})"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"of type {type(value).__name__}"


def unflatten(structure: Any, leaves: Iterable[Any]) -> Any:
    """The value of a structure whose leaves are given, in order."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Any, leaves: Iterator[Any]) -> Any:
    if structure == "*":
        return next(leaves)
    if structure is None:
        return None
    keys, parts = _children(structure)
    values = [_unflatten(part, leaves) for part in parts]
    if "dict" in structure:
        return dict(zip(keys, values))
    if "fields" in structure:
        return namedtuple(structure["namedtuple"], tuple(keys))(*values)
    return values if "list" in structure else tuple(values)


@functools.lru_cache(maxsize=None)
def namedtuple(name: str, fields: Tuple[str, ...]) -> Callable[..., Any]:
    """A class of that name; fields that Python has another use for are called _0, _1."""
    return collections.namedtuple(name + "_" * keyword.iskeyword(name), fields, rename=True)


def constant(json: Any) -> Any:
    """The constant that a leaf's JSON means: {"float": "inf"} is one that JSON lacks."""
    return float(json["float"]) if isinstance(json, dict) else json


def is_constant(value: Any, json: Any) -> bool:
    """Whether a value is the constant that a leaf's JSON means; 2 isn't 2.0, with which tensors
    become others."""
    expected = constant(json)
    value = value.item() if isinstance(value, np.generic) else value
    kind = next((kind for kind in _PLAIN if isinstance(value, kind)), None)
    both_nan = kind is float and value != value and expected != expected
    return both_nan or (type(expected) is kind and value == expected)


def paths(structure: Any, prefix: str = "") -> List[str]:
    """A name for each leaf: its keys and positions, joined by underscores."""
    if structure == "*":
        return [prefix]
    if structure is None:
        return []
    return [name for key, part in zip(*_children(structure))
            for name in paths(part, f"{prefix}_{key}" if prefix else str(key))]


def describe(structure: Any) -> str:
    """The structure as one would write it: (tensor, {a: tensor})."""
    if structure is None or structure == "*":
        return "tensor" if structure else "None"
    keys, parts = _children(structure)
    inner = [describe(part) for part in parts]
    if "dict" in structure:
        return "{" + ", ".join(f"{k}: {part}" for k, part in zip(keys, inner)) + "}"
    if "list" in structure:
        return "[" + ", ".join(inner) + "]"
    if "fields" in structure:
        parts = ", ".join(f"{k}={part}" for k, part in zip(keys, inner))
        return f"{structure['namedtuple']}({parts})"
    return "(" + ", ".join(inner) + ("," if len(inner) == 1 else "") + ")"
