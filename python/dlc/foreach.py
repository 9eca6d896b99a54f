# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops on lists of tensors, as optimisers call them, taken apart to ops on each."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import torch

_ATEN: Any = torch.ops.aten
_PREFIX = "aten::_foreach_"

#: Those that the op on one tensor has by another name, or takes otherwise.
_ONE: Dict[str, Callable[..., Any]] = {
    "norm": lambda x, ord=2, dtype=None: torch.linalg.vector_norm(x, ord, dtype=dtype),
    "powsum": lambda x, ord=2, dtype=None: x.abs().pow(ord).sum(dtype=dtype),
    "max": lambda x: x.max(),
    "maximum": lambda x, other: x.clamp(min=other),
    "minimum": lambda x, other: x.clamp(max=other),
    "zero": torch.zeros_like,
    "copy": lambda x, source, non_blocking=False: source.to(x.dtype).expand(x.shape).clone(),
    "add": lambda x, other, alpha=1: torch.add(x, other, alpha=alpha),
    "sub": lambda x, other, alpha=1: torch.sub(x, other, alpha=alpha),
    "addcmul": lambda x, a, b, value=1: _scaled(torch.addcmul, x, a, b, value),
    "addcdiv": lambda x, a, b, value=1: _scaled(torch.addcdiv, x, a, b, value),
}


def _scaled(op: Any, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor, value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return op(x, value * a, b)
    return op(x, a, b, value=value)


def decompositions() -> Dict[Any, Callable[..., Any]]:
    """How to take each of them apart; what changes a list in place is made functional first."""
    table: Dict[Any, Callable[..., Any]] = {}
    for qualified in torch._C._dispatch_get_all_op_names():
        name, _, overload = qualified.partition(".")
        if not name.startswith(_PREFIX) or name.endswith("_") or "out" in overload:
            continue
        op = getattr(getattr(_ATEN, name.removeprefix("aten::")), overload or "default")
        one = name.removeprefix(_PREFIX)
        function = _ONE.get(one) or getattr(torch, one, None)
        if function:
            table[op] = _each(op, function)
    return table


def _each(op: Any, one: Callable[..., Any]) -> Callable[..., Any]:
    names = [parameter.name for parameter in op._schema.arguments]

    def taken_apart(*args: Any, **kwargs: Any) -> List[Any]:
        given = dict(zip(names, args), **kwargs)
        lists = {name: value for name, value in given.items() if isinstance(value, (list, tuple))}
        count = len(next(iter(lists.values())))
        if op._overloadname == "Tensor" and "scalars" in given:
            lists["scalars"] = given["scalars"].unbind()

        def of(i: int) -> Any:
            values = {name: lists[name][i] if name in lists else value
                      for name, value in given.items()}
            keywords = {k: values.pop(k) for k in ("alpha", "dtype") if k in values}
            return one(*values.values(), **keywords)

        return [of(i) for i in range(count)]

    return taken_apart
