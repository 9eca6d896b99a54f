# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What TorchScript's ops mean on numbers, texts, lists and dicts; sizes may be symbolic.

An op is here under its name alone; `find` says whether its arguments are of the kind
that the entry is for."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any, Callable, Dict, Optional, Sequence

import torch
from torch.utils import _pytree

#: Without types in PyTorch.
_sym_ite: Any = torch.sym_ite

#: TorchScript's numbers for element types.
DTYPES = dict(enumerate((
    torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32,
    torch.float64, torch.complex32, torch.complex64, torch.complex128, torch.bool, torch.qint8,
    torch.quint8, torch.qint32, torch.bfloat16)))
_DTYPE_NUMBERS = {dtype: number for number, dtype in DTYPES.items()}
LAYOUTS = {0: torch.strided}
MEMORY_FORMATS = {0: torch.contiguous_format, 1: torch.preserve_format,
                  2: torch.channels_last, 3: torch.channels_last_3d}


def _set_item(container: Any, key: Any, value: Any) -> Any:
    container[key] = value
    return container


def _is_contiguous(x: torch.Tensor, memory_format: int = 0) -> bool:
    return x.is_contiguous(memory_format=MEMORY_FORMATS[memory_format])


def _append(values: Any, value: Any) -> Any:
    values.append(value)
    return values


def _extend(values: Any, others: Any) -> None:
    values.extend(others)


def _slice(values: Any, start: Any = None, end: Any = None, step: Any = 1) -> Any:
    return values[slice(start, end, step)]


def _round(value: Any, digits: int = 0) -> float:
    return round(value, digits) if digits else float(round(value))


def _div(a: Any, b: Any) -> Any:
    return a / b


def _range_length(low: int, high: int, step: Any) -> int:
    return len(range(low, high, step))


def _format(text: str, *values: Any) -> str:
    return text.format(*values)


def _percent_format(text: str, *values: Any) -> str:
    return text % values


def _bool(value: Any) -> Any:
    return value if isinstance(value, torch.SymBool) else \
        value != 0 if isinstance(value, (torch.SymInt, torch.SymFloat)) else bool(value)


def _int(value: Any) -> Any:
    number: Any = torch.sym_int
    return _sym_ite(value, 1, 0) if isinstance(value, torch.SymBool) else number(value)


def _float(value: Any) -> Any:
    number: Any = torch.sym_float
    return number(_int(value) if isinstance(value, torch.SymBool) else value)


def _sum(values: Any) -> Any:
    return sum(values)


#: Without types in PyTorch.
_sym_min: Any = torch.sym_min
_sym_max: Any = torch.sym_max


def _smallest(*values: Any) -> Any:
    """min(a, b), min(list) or min(list, list)."""
    if isinstance(values[0], list):
        return functools.reduce(_sym_min, values[0]) if len(values) == 1 else min(*values)
    return _sym_min(*values)


def _largest(*values: Any) -> Any:
    """max(a, b), max(list) or max(list, list)."""
    if isinstance(values[0], list):
        return functools.reduce(_sym_max, values[0]) if len(values) == 1 else max(*values)
    return _sym_max(*values)


#: Ops on numbers, texts and containers of anything.
_PLAIN: Dict[str, Callable[..., Any]] = {
    "aten::add": operator.add, "aten::sub": operator.sub, "aten::mul": operator.mul,
    "aten::div": _div, "aten::floordiv": operator.floordiv, "aten::remainder": operator.mod,
    "aten::floor_divide": operator.floordiv, "aten::pow": operator.pow,
    "aten::neg": operator.neg, "aten::abs": abs, "prim::abs": abs, "aten::eq": operator.eq,
    "aten::ne": operator.ne, "aten::lt": operator.lt, "aten::le": operator.le,
    "aten::gt": operator.gt, "aten::ge": operator.ge, "aten::__and__": operator.and_,
    "aten::__or__": operator.or_, "aten::__xor__": operator.xor, "aten::__not__": torch.sym_not,
    "aten::__lshift__": operator.lshift, "aten::__rshift__": operator.rshift,
    "aten::Bool": _bool, "aten::Int": _int, "aten::Float": _float,
    "aten::IntImplicit": torch.sym_int, "aten::FloatImplicit": torch.sym_float,
    "aten::ScalarImplicit": lambda value: value, "prim::NumToTensor": lambda value: value,
    "aten::sqrt": math.sqrt, "aten::exp": math.exp, "aten::log": math.log, "aten::sin": math.sin,
    "aten::cos": math.cos, "aten::tanh": math.tanh, "aten::floor": math.floor,
    "aten::ceil": math.ceil, "aten::round": _round, "aten::log2": math.log2,
    "prim::min": _smallest, "prim::max": _largest,
    "aten::len": len, "aten::__getitem__": operator.getitem, "aten::_set_item": _set_item,
    "aten::__contains__": operator.contains, "aten::append": _append, "aten::extend": _extend,
    "aten::insert": list.insert, "aten::pop": lambda values, *at: values.pop(*at),
    "aten::clear": lambda values: values.clear(), "aten::reverse": list.reverse,
    "aten::copy": lambda values: values.copy(), "aten::list": list, "aten::slice": _slice,
    "aten::index": list.index, "aten::count": list.count, "aten::Delete": operator.delitem,
    "aten::keys": lambda values: list(values), "aten::values": lambda d: list(d.values()),
    "aten::items": lambda d: list(d.items()), "aten::get": dict.get, "aten::update": dict.update,
    "aten::setdefault": dict.setdefault, "aten::sum": _sum, "aten::__range_length": _range_length,
    "aten::__derive_index": lambda i, start, step: start + i * step,
    "aten::format": _format, "aten::percentFormat": _percent_format, "aten::str": str,
    "aten::lower": str.lower, "aten::upper": str.upper, "aten::startswith": str.startswith,
    "aten::endswith": str.endswith, "aten::join": str.join, "aten::split": str.split,
    "aten::replace": str.replace, "aten::strip": str.strip, "aten::is_scripting": lambda: True,
    "aten::__is__": operator.is_, "aten::__isnot__": operator.is_not,
}

#: Ops that ask about tensors.
_QUESTIONS: Dict[str, Optional[Callable[..., Any]]] = {
    "aten::dim": lambda x: x.dim(), "aten::numel": lambda x: x.numel(),
    "aten::len": lambda x: x.shape[0],
    "aten::size": lambda x, dim=None: list(x.shape) if dim is None else x.shape[dim],
    "aten::stride": lambda x, dim=None: list(x.stride()) if dim is None else x.stride(dim),
    "prim::shape": lambda x: list(x.shape), "prim::device": lambda x: x.device,
    "prim::dtype": lambda x: _DTYPE_NUMBERS[x.dtype], "prim::layout": lambda x: 0,
    "prim::is_cuda": lambda x: x.is_cuda, "prim::is_sparse": lambda x: x.is_sparse,
    "prim::is_quantized": lambda x: x.is_quantized, "prim::requires_grad": lambda x: False,
    "prim::is_nested": lambda x: False, "prim::is_mkldnn": lambda x: False,
    "aten::is_contiguous": _is_contiguous, "prim::data": lambda x: x.detach(),
    "aten::is_floating_point": lambda x: x.is_floating_point(),
    "aten::is_complex": lambda x: x.is_complex(), "aten::__is__": operator.is_,
    "aten::__isnot__": operator.is_not, "aten::requires_grad_": lambda x, *_: x,
    "aten::numpy_T": lambda x: x.T, "aten::cpu": lambda x: x, "aten::tolist": None,
}

#: Ops without effect here, or that are about how TorchScript compiles.
_SILENT = {"aten::warn", "prim::Print", "prim::Enter", "prim::Exit", "aten::set_grad_enabled",
           "prim::rangelist"}

#: Ops on containers even where these hold tensors.
_CONTAINERS = {"aten::append", "aten::extend", "aten::insert", "aten::pop", "aten::clear",
               "aten::reverse", "aten::copy", "aten::list", "aten::_set_item", "aten::Delete",
               "aten::__getitem__", "aten::len", "aten::slice", "aten::keys", "aten::values",
               "aten::items", "aten::get", "aten::update", "aten::setdefault", "aten::add",
               "aten::mul"}

#: Ops that change the container which is their first argument.
CHANGES_CONTAINER = {"aten::append", "aten::extend", "aten::insert", "aten::pop", "aten::clear",
                     "aten::reverse", "aten::_set_item", "aten::Delete", "aten::update",
                     "aten::setdefault"}


def is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, torch.SymInt, torch.SymFloat, torch.SymBool))


def dtype_of(number: Any) -> torch.dtype:
    """The element type of a tensor that has a number's value."""
    if isinstance(number, (bool, torch.SymBool)):
        return torch.bool
    return torch.int64 if isinstance(number, (int, torch.SymInt)) else torch.float64


def as_tensor(value: Any) -> torch.Tensor:
    """A number as a tensor that a graph hands out."""
    if is_tensor(value):
        clone: torch.Tensor = value.clone()
        return clone
    if isinstance(value, torch.SymBool):
        value = _sym_ite(value, 1, 0)
        return torch.scalar_tensor(value, dtype=torch.int64) != 0
    return torch.scalar_tensor(value, dtype=dtype_of(value))


class Unset:
    """The value of a variable that has none: on some way through the program it is never
    read."""


UNSET = Unset()


def settled(value: Any, kind: str) -> Any:
    """A value of that type, which may be unset; for a number that isn't read, zero."""
    return {"int": 0, "bool": False, "float": 0.0}.get(kind, value) if value is UNSET else value


def truth(value: Any) -> Any:
    """A tensor as the truth of its element, as an i1 tensor without dimensions."""
    return value.reshape(()) if value.dtype == torch.bool else value.reshape(()) != 0


def item(value: Any) -> Any:
    """A tensor's element as a number; `Tensor.item` isn't for a loop's fake tensors."""
    return torch.ops.aten._local_scalar_dense.default(value.reshape(()))


#: Ops on tensors that give a Python number, or the truth of one.
_NUMBERS: Dict[str, Callable[..., Any]] = {
    "aten::Bool": truth, "aten::__not__": lambda x: ~truth(x),
    "aten::Int": lambda x: _PLAIN["aten::Int"](item(x)),
    "aten::Float": lambda x: _PLAIN["aten::Float"](item(x)),
    "aten::IntImplicit": item, "aten::FloatImplicit": item, "aten::ScalarImplicit": item,
    "aten::item": item, "aten::is_nonzero": truth,
}


def find(kind: str, args: Sequence[Any]) -> Optional[Callable[..., Any]]:
    """What an op does on these arguments; None where it is an op on tensors."""
    if kind in _SILENT:
        return lambda *_: None
    first = args[0] if args else None
    if kind in _PLAIN and not any(map(is_tensor, _pytree.tree_leaves(list(args)))):
        return _PLAIN[kind]
    if kind in _CONTAINERS and isinstance(first, (list, tuple, dict)):
        return _PLAIN[kind]
    if kind in ("aten::__is__", "aten::__isnot__"):
        return _PLAIN[kind]
    if kind in ("aten::__and__", "aten::__or__") and len(args) == 2 and \
            any(isinstance(a, (bool, torch.SymBool)) for a in args):
        return lambda a, b: _PLAIN[kind](as_tensor(a), as_tensor(b))
    if is_tensor(first):
        return _QUESTIONS.get(kind) or _NUMBERS.get(kind)
    return None
