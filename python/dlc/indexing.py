# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""x[i] = y where i is a tensor without dimensions, or a slice between such: PyTorch takes their
values for numbers of Python's, which a program that is recorded doesn't have."""

from __future__ import annotations

from typing import Any, List, Tuple

import torch

_set_item: Any = torch.Tensor.__setitem__
_assert: Any = torch.ops.aten._assert_async.msg


def _is_place(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() == 0 and \
        not value.dtype.is_floating_point and not value.dtype.is_complex and \
        value.dtype != torch.bool


def _is_open(item: Any) -> bool:
    """Whether it is a slice from or to a tensor's value."""
    return isinstance(item, slice) and (_is_place(item.start) or _is_place(item.stop)) and \
        item.step in (None, 1)


def set_item(x: torch.Tensor, index: Any, value: Any) -> None:
    """As x[index] = value."""
    items = list(index) if isinstance(index, tuple) else [index]
    places, slices = list(filter(_is_place, items)), list(filter(_is_open, items))
    others = [item for item in items if not _is_place(item)]
    if not places and not slices:
        _set_item(x, index, value)
        return
    is_basic = all(item is None or item is Ellipsis or isinstance(item, slice) or
                   isinstance(item, (int, torch.SymInt)) and not isinstance(item, bool)
                   for item in others)
    if not is_basic and not slices:  # the tensors among them have dimensions
        _set_item(x, tuple(i.reshape(1) if _is_place(i) else i for i in items), value)
        return
    if not is_basic or len(slices) > 1:
        _set_item(x, index, value)
        return
    if not isinstance(value, torch.Tensor):
        value = torch.full((), value, dtype=x.dtype, device=x.device)
    value, (view, places, parts) = value.to(x.dtype), _view(x, items)
    if parts:
        dim, part = parts[0]
        value, more = _between(view, places, dim, part, value)
        places += more
    if not places:
        view.copy_(value)
        return
    _front(view, places).index_put_(tuple(at for _, at in places), value)


def _front(view: torch.Tensor, places: List[Any]) -> torch.Tensor:
    """A view whose first dimensions are those of the places."""
    return view.movedim([dim for dim, _ in places], list(range(len(places))))


def _view(x: torch.Tensor, items: List[Any]) -> Tuple[torch.Tensor, List[Any], List[Any]]:
    """The part of x that other indices choose; the dimensions in it of single places, and of
    slices that are open, with these."""
    used = sum(item is not None and item is not Ellipsis for item in items)
    places, slices, dim = [], [], 0
    for item in items:
        if item is Ellipsis:
            dim += x.dim() - dim - used
            continue
        used -= item is not None
        if item is None:
            x = x.unsqueeze(dim)
        elif _is_place(item):
            places.append((dim, item.reshape(1).to(torch.int64)))
        elif isinstance(item, slice):
            if _is_open(item):
                slices.append((dim, item))
            else:
                x = x[(slice(None),) * dim + (item,)]
        else:
            x = x.select(dim, item)
            continue
        dim += 1
    return x, places, slices


def _between(view: torch.Tensor, places: List[Any], dim: int, part: slice,
             value: torch.Tensor) -> Tuple[torch.Tensor, List[Any]]:
    """A value that is written to a slice of one dimension of a view, and to one place of some
    others: as a value for other places, and these besides `places`."""
    size, dims = view.shape[dim], [d for d, _ in places]

    def bound(given: Any) -> torch.Tensor:
        at = given if isinstance(given, torch.Tensor) else torch.full((), given)
        return torch.where(at < 0, at + size, at).clamp(0, size)

    start = bound(0 if part.start is None else part.start)
    stop = bound(size if part.stop is None else part.stop)
    rest = [n for d, n in enumerate(view.shape) if d not in dims]
    at = dim - sum(d < dim for d in dims)
    while value.dim() > len(rest):
        value = value.squeeze(0)
    length = value.shape[at - len(rest)] if value.dim() >= len(rest) - at else 1
    every = torch.arange(size, device=view.device)
    if length == 1:  # any number of elements: the others stay as they are
        is_in = ((every >= start) & (every < stop)).reshape([-1] + [1] * (len(rest) - at - 1))
        old = _front(view, places)[tuple(i for _, i in places)] if places else view
        return torch.where(is_in, value, old), []
    _assert(stop - start == length, "a slice is written that doesn't have as many elements")
    value = value.expand(*rest[:at], length, *rest[at + 1:]).movedim(at, 0)
    return value, [(dim, start + every[:length])]
