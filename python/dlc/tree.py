# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Structures of tuples, lists and dicts, as plain JSON.

"*" is a leaf, None itself; {"tuple": [...]}, {"list": [...]}, {"dict": [[key, ...], ...]}
and {"namedtuple": name, "fields": [...], "items": [...]} hold others.
"""

import collections


def flatten(value):
    """The leaves of a value, and its structure."""
    leaves = []
    return leaves, _flatten(value, leaves)


def _flatten(value, leaves):
    if value is None:
        return None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"namedtuple": type(value).__name__, "fields": list(value._fields),
                "items": [_flatten(v, leaves) for v in value]}
    if isinstance(value, tuple):
        return {"tuple": [_flatten(v, leaves) for v in value]}
    if isinstance(value, list):
        return {"list": [_flatten(v, leaves) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[k, _flatten(v, leaves)] for k, v in value.items()]}
    leaves.append(value)
    return "*"


def unflatten(structure, leaves):
    """The value of a structure whose leaves are given, in order."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure, leaves):
    if structure is None:
        return None
    if structure == "*":
        return next(leaves)
    if "tuple" in structure:
        return tuple(_unflatten(s, leaves) for s in structure["tuple"])
    if "list" in structure:
        return [_unflatten(s, leaves) for s in structure["list"]]
    if "dict" in structure:
        return {k: _unflatten(s, leaves) for k, s in structure["dict"]}
    kind = collections.namedtuple(structure["namedtuple"], structure["fields"])
    return kind(*[_unflatten(s, leaves) for s in structure["items"]])


def paths(structure, prefix=""):
    """A name for each leaf: its keys and positions, joined by underscores."""
    if structure is None:
        return []
    if structure == "*":
        return [prefix]
    if "dict" in structure:
        items = structure["dict"]
    else:
        items = enumerate(structure.get("tuple") or structure.get("list")
                          or structure.get("items") or [])
        if "fields" in structure:
            items = zip(structure["fields"], (s for _, s in items))
    return [name for key, inner in items
            for name in paths(inner, f"{prefix}_{key}" if prefix else str(key))]


def describe(structure):
    """The structure as one would write it: (*, {a: *})."""
    if structure is None:
        return "None"
    if structure == "*":
        return "*"
    if "tuple" in structure:
        return "(" + ", ".join(map(describe, structure["tuple"])) + ")"
    if "list" in structure:
        return "[" + ", ".join(map(describe, structure["list"])) + "]"
    if "dict" in structure:
        return "{" + ", ".join(f"{k}: {describe(s)}" for k, s in structure["dict"]) + "}"
    return structure["namedtuple"] + "(" + ", ".join(map(describe, structure["items"])) + ")"
