# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a program says where its torch._check fails.

torch.export keeps the condition of a check of numbers that data decide, and writes a
message of its own ("Runtime assertion failed for expression u0 >= 2 …").
"""

import contextlib
import unittest.mock
import weakref
from typing import Any, Callable, Dict, Iterator, List, MutableMapping, Optional, Tuple

import sympy  # type: ignore[import-untyped]
import torch

from . import recording

_check_with: Any = getattr(torch, "_check_with")

#: Of each program's symbols: the messages by their conditions.
_MESSAGES: MutableMapping[Any, Dict[str, str]] = weakref.WeakKeyDictionary()


def _conditions(check: Any) -> Iterator[Any]:
    """A check of symbols, and what torch.export requires because of it: of integers below 10
    it is that they are at most 9."""
    yield check
    if not isinstance(check, sympy.core.relational.Relational):
        return
    for check in (check, check.reversed):
        yield check
        left, right = check.args
        if isinstance(check, (sympy.StrictLessThan, sympy.Eq)):
            yield left <= right - int(isinstance(check, sympy.StrictLessThan))
        if isinstance(check, (sympy.StrictGreaterThan, sympy.Eq)):
            yield left >= right + int(isinstance(check, sympy.StrictGreaterThan))


@contextlib.contextmanager
def recorded() -> Iterator[None]:
    """While it is active, the messages of checks are kept; they are made when the program is
    recorded, so that what they do isn't part of it."""
    found: List[Tuple[Any, Callable[[], Any]]] = []

    def check_with(error_type: Any, cond: Any, message: Any) -> None:
        if isinstance(cond, torch.SymBool) and callable(message) and recording.is_here():
            found.append((cond.node, message))
        _check_with(error_type, cond, message)

    with unittest.mock.patch.object(torch, "_check_with", check_with):
        yield
    for node, message in found:
        with contextlib.suppress(Exception):  # it may look at elements
            text = str(message())
            messages = _MESSAGES.setdefault(node.shape_env, {})
            for condition in _conditions(node.expr):
                messages.setdefault(str(condition), text)


def message_of(node: torch.fx.Node) -> Optional[str]:
    """What the program says where the condition of an aten._assert_scalar doesn't hold; None
    where it says nothing."""
    condition: Any = node.args[0]
    value = condition.meta.get("val") if isinstance(condition, torch.fx.Node) else None
    if node.target is not torch.ops.aten._assert_scalar.default or \
            not isinstance(value, torch.SymBool):
        return None
    return _MESSAGES.get(value.node.shape_env, {}).get(str(value.node.expr))
