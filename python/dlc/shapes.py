# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Shapes of the results of ops that PyTorch finds out by taking them apart."""

from __future__ import annotations

import contextlib
import unittest.mock
from typing import Any, Iterator, Tuple

import torch
from torch import _meta_registrations
from torch._decomp import decomposition_table

_ATEN = torch.ops.aten


def _steps(input: torch.Tensor, hidden: torch.Tensor, bidirectional: bool,
           batch_first: bool) -> torch.Tensor:
    """The results' first one: what each step hands out, and the last states."""
    width = hidden.shape[-1] * (2 if bidirectional else 1)
    shape = (*input.shape[:2], width)
    # Not a transposed tensor: of a view AOTAutograd thinks that its base has the gradient.
    return input.new_empty_strided(shape, (width, input.shape[0] * width, 1)) if batch_first \
        else input.new_empty(shape)


def _differentiable(results: Tuple[torch.Tensor, ...], *inputs: Any) -> Any:
    """The results as those of an op that gives its inputs' gradients: only shapes matter."""
    tensors = [t for t in torch.utils._pytree.tree_leaves(inputs) if isinstance(t, torch.Tensor)]
    if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
        return tuple(result.requires_grad_() for result in results)
    return results


def _lstm(input: torch.Tensor, hx: Any, params: Any, has_biases: bool, num_layers: int,
          dropout: float, train: bool, bidirectional: bool,
          batch_first: bool) -> Any:
    results = (_steps(input, hx[0], bidirectional, batch_first),
               torch.empty_like(hx[0]),
               torch.empty_like(hx[1]))
    return _differentiable(results, input, hx, params)


def _rnn(input: torch.Tensor, hx: Any, params: Any, has_biases: bool, num_layers: int,
         dropout: float, train: bool, bidirectional: bool,
         batch_first: bool) -> Any:
    results = _steps(input, hx, bidirectional, batch_first), torch.empty_like(hx)
    return _differentiable(results, input, hx, params)


def _pooled(size: Any, kernel: int, before: int, after: int, stride: int, dilation: int,
            ceil_mode: bool) -> Any:
    """The size of what is pooled. PyTorch's own formula compares where it rounds up, which
    would take even or odd sizes only: a window must start in front of what is padded behind."""
    span = dilation * (kernel - 1) + 1
    if not ceil_mode:
        return (size + before + after - span) // stride + 1
    windows = (size + before + after - span + stride - 1) // stride + 1
    if stride + after <= span:  # always so
        return windows
    sym_min: Any = torch.sym_min
    return sym_min(windows, (size + before - 1) // stride + 1)


_SHAPES = {_ATEN.lstm.input: _lstm, _ATEN.gru.input: _rnn, _ATEN.rnn_tanh.input: _rnn,
           _ATEN.rnn_relu.input: _rnn}


@contextlib.contextmanager
def open_sizes() -> Iterator[None]:
    """While torch.export runs in this, recurrent networks take any number of steps (it would
    unroll them only to learn their results' shapes), and pooling that rounds up any size."""
    keys = torch._C.DispatchKey.CompositeImplicitAutograd, torch._C.DispatchKey.Autograd
    with contextlib.ExitStack() as stack:
        stack.enter_context(unittest.mock.patch.dict(decomposition_table, _SHAPES))
        stack.enter_context(unittest.mock.patch.object(
            _meta_registrations, "pooling_output_shape_pad_lr", _pooled))
        for op, shape in _SHAPES.items():
            stack.callback(op._dispatch_cache.clear)
            stack.enter_context(unittest.mock.patch.dict(op.py_kernels, dict.fromkeys(keys, shape)))
            op._dispatch_cache.clear()
        yield
