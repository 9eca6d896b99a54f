# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions that torch.export can't record, written so that it can.

Most of them look at elements to decide something that doesn't matter to the result
(whether to warn, or to raise), give a Python value where a tensor would do, or are one
op that exists for eager tensors only. While `substituted()` is active, calling such a
function calls the one here instead.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
import unittest.mock
from typing import Any, ContextManager, Dict, Iterator, Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from torch._higher_order_ops import while_loop
from torch._functorch import eager_transforms
from torch._subclasses.fake_tensor import is_fake
from torch.nn import _reduction
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from . import indexing, locations, recording
from ._errors import TraceError, warn

#: Without types in PyTorch.
_check: Any = torch._check
_broadcast_tensors: Any = torch.broadcast_tensors
_while_loop: Any = while_loop
_LOOPS: Any = torch.ops.higher_order
_is_alias: Any = getattr(torch._C, "_is_alias_of")


def equal(input: torch.Tensor, other: torch.Tensor) -> Any:
    return input.shape == other.shape and (input == other).all().item()


def allclose(input: torch.Tensor, other: torch.Tensor, rtol: float = 1e-05, atol: float = 1e-08,
             equal_nan: bool = False) -> Any:
    return torch.isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan).all().item()


def cov(input: torch.Tensor, *, correction: int = 1, fweights: Optional[torch.Tensor] = None,
        aweights: Optional[torch.Tensor] = None) -> torch.Tensor:
    """PyTorch's is taken apart where it looks at the weights' elements, to refuse some."""
    if input.dim() > 2 or input.dtype == torch.bool:
        raise ValueError("cov takes one or two dimensions of numbers")
    x = input.reshape(1, -1) if input.dim() < 2 else input
    weights = fweights if aweights is None else aweights
    if fweights is not None and aweights is not None:
        weights = fweights * aweights
    total: Any = x.shape[1] if weights is None else weights.sum()
    weighted = x if weights is None else x * weights
    x = x - (weighted.sum(1) / total).unsqueeze(1)
    freedom = total - correction
    if aweights is not None and correction != 0:
        freedom = total - correction * (weights * aweights).sum() / total  # type: ignore[operator]
    freedom = max(freedom, 0) if weights is None else freedom.clamp(min=0)
    product = x @ (x if weights is None else x * weights).t().conj()
    covariance: torch.Tensor = product / freedom
    return covariance.squeeze()


def corrcoef(input: torch.Tensor) -> torch.Tensor:
    c = cov(input)
    if c.dim() == 0:
        return c / c
    deviation = c.diagonal().real.sqrt() if c.is_complex() else c.diagonal().sqrt()
    c = c / deviation.reshape(-1, 1) / deviation
    if c.is_complex():
        return torch.complex(c.real.clamp(-1, 1), c.imag.clamp(-1, 1))
    return c.clamp(-1, 1)


def combinations(input: torch.Tensor, r: int = 2, with_replacement: bool = False) -> torch.Tensor:
    if r == 0:
        return input.new_empty(0)
    choose = itertools.combinations_with_replacement if with_replacement \
        else itertools.combinations
    places = list(choose(range(input.shape[0]), r))
    return input[torch.tensor(places, dtype=torch.int64, device=input.device).reshape(-1, r)]


def segment_reduce(data: torch.Tensor, reduce: str, *, lengths: Any = None,
                   indices: Optional[torch.Tensor] = None, offsets: Optional[torch.Tensor] = None,
                   axis: int = 0, unsafe: bool = False,
                   initial: Optional[float] = None) -> torch.Tensor:
    """PyTorch's is one op that can't be taken apart; here each segment is a row of a mask."""
    axis %= data.dim()
    count = data.shape[axis]
    if lengths is not None:
        ends = lengths.cumsum(-1)
        starts = ends - lengths
        if not unsafe:
            _check((lengths.sum(-1) == count).all().item(),
                         lambda: "the lengths don't add up to the dimension's size")
    elif offsets is not None:
        starts, ends = offsets[..., :-1], offsets[..., 1:]
    else:
        raise ValueError("segment_reduce needs lengths or offsets")
    place = torch.arange(count, device=data.device)
    inside = (place >= starts.unsqueeze(-1)) & (place < ends.unsqueeze(-1))
    inside = inside.reshape(*inside.shape, *[1] * (data.dim() - axis - 1))
    neutral = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf}[reduce]
    x = torch.where(inside, data.unsqueeze(axis), neutral)
    first = neutral if initial is None else initial
    if reduce == "prod":
        return x.prod(axis + 1) * first
    if reduce in ("max", "min"):
        return x.amax(axis + 1).clamp(min=first) if reduce == "max" \
            else x.amin(axis + 1).clamp(max=first)
    total = x.sum(axis + 1) + first
    if reduce == "sum":
        return total
    members = inside.sum(axis + 1)
    return torch.where(members == 0, math.nan if initial is None else initial, total / members)


def narrow(input: torch.Tensor, dim: int, start: Any, length: int) -> torch.Tensor:
    if not isinstance(start, torch.Tensor):
        return torch.narrow(input, dim, start, length)
    start = torch.where(start < 0, start + input.shape[dim], start)
    places = start + torch.arange(length, dtype=start.dtype, device=start.device)
    return input.index_select(dim, places)


def one_hot(input: torch.Tensor, num_classes: int = -1) -> torch.Tensor:
    """PyTorch's looks at the elements where it isn't told how many classes there are."""
    if num_classes != -1:
        return F.one_hot(input, num_classes)
    if input.numel() == 0:
        raise ValueError("one_hot of no elements needs num_classes")
    torch.ops.aten._assert_async.msg((input >= 0).all(), "one_hot's classes must be non-negative")
    count = (input.max() + 1).clamp(min=1).item()
    _check(count >= 1)
    return (input.unsqueeze(-1) == torch.arange(count, device=input.device)).to(torch.int64)


def masked_select(input: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    # By itself PyTorch takes input's size for the most there can be.
    return torch.masked_select(*_broadcast_tensors(input, mask))


def unique_consecutive(input: torch.Tensor, return_inverse: bool = False,
                       return_counts: bool = False, dim: Optional[int] = None) -> Any:
    if dim is not None and dim < 0:  # which gives a wrong shape
        dim += input.dim()
    return torch.unique_consecutive(input, return_inverse=return_inverse,
                                    return_counts=return_counts, dim=dim)


def unique(input: torch.Tensor, sorted: bool = True, return_inverse: bool = False,
           return_counts: bool = False, dim: Optional[int] = None) -> Any:
    if dim is not None and dim < 0:
        dim += input.dim()
    return torch.unique(input, sorted=sorted, return_inverse=return_inverse,
                        return_counts=return_counts, dim=dim)


def _reduced(loss: torch.Tensor, reduction: str) -> torch.Tensor:
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def gaussian_nll_loss(input: torch.Tensor, target: torch.Tensor, var: Any, full: bool = False,
                      eps: float = 1e-06, reduction: str = "mean") -> torch.Tensor:
    """PyTorch's branches on the elements of `var`, to refuse negative ones."""
    if isinstance(var, float):
        _check(var >= 0, lambda: "var has negative entry/entries")
        var = var * torch.ones_like(input)
    else:
        _check((var >= 0).all().item(), lambda: "var has negative entry/entries")
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif input.shape[:-1] != var.shape[:-1] or var.shape[-1] != 1:
            raise ValueError("var is of incorrect size")
    var = var.clone()
    with torch.no_grad():  # the gradient is that of what isn't clamped
        var.clamp_(min=eps)
    loss = 0.5 * (torch.log(var) + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


def linear_cross_entropy(input: torch.Tensor, linear_weight: torch.Tensor, target: torch.Tensor,
                         *, options: Any = None, **kwargs: Any) -> torch.Tensor:
    # Of the options this one counts: what narrow floats are computed in. The others are
    # about memory and gradients.
    dtype, wide = input.dtype, options.acc_dtype if options else None
    if options and options.acc_policy == "auto" and dtype in (torch.float16, torch.bfloat16):
        wide = wide or torch.float32

    def widened(value: Any) -> Any:
        is_float = isinstance(value, torch.Tensor) and value.is_floating_point()
        return value.to(wide or dtype) if is_float else value

    given = {name: widened(value) for name, value in kwargs.items()}
    return F.linear_cross_entropy(widened(input), widened(linear_weight), widened(target),
                                  **given).to(dtype)


def _padded(targets: torch.Tensor, lengths: Any, count: int, blank: int) -> torch.Tensor:
    """Rows of `count` labels, of targets that are rows already or lie one behind the
    other; `blank` where a row has ended."""
    if count == 0:
        return targets.new_zeros((lengths.shape[0], 0))
    place = torch.arange(count, device=lengths.device)
    if targets.dim() == 2:
        rows = targets[:, :count]
    else:
        starts = lengths.cumsum(0) - lengths
        rows = targets[(starts.unsqueeze(1) + place).clamp(max=targets.shape[0] - 1)]
    return torch.where(place < lengths.unsqueeze(1), rows, blank)


def _log_add(*terms: torch.Tensor) -> torch.Tensor:
    """Where all terms are −∞, what is added to them changes nothing: the gradient is 0, and
    that of a logarithm of 0 isn't asked for."""
    x = torch.stack(terms)
    is_any = x.amax(0) != -math.inf
    return torch.where(is_any, torch.where(is_any, x, 0).logsumexp(0), -math.inf)


def _negative_log_likelihood(log_probs: torch.Tensor, labels: torch.Tensor,
                             input_lengths: torch.Tensor, target_lengths: torch.Tensor,
                             blank: int) -> torch.Tensor:
    """How unlikely each row of labels is: the sum over all ways to spread it, with blanks
    between, over the time steps. `alpha[s]` is the logarithm of the probability of having
    come to place s of the row with its blanks; the recursion starts before the first
    step."""
    steps, batch, _ = log_probs.shape
    row = torch.full((batch, 2 * labels.shape[1] + 1), blank, dtype=labels.dtype,
                     device=labels.device)
    row[:, 1::2] = labels
    never = torch.full((batch, 2), -math.inf, dtype=log_probs.dtype, device=log_probs.device)
    # A blank may be left out between labels that differ.
    may_skip = F.pad(row[:, 2:] != row[:, :-2], (2, 0)) & (row != blank)
    emitted = log_probs.gather(2, row.expand(steps, -1, -1))
    goes_on = torch.arange(steps, device=log_probs.device).unsqueeze(1) < input_lengths
    start = torch.cat([torch.zeros_like(never[:, :1]),
                       torch.full_like(row[:, 1:], -math.inf, dtype=log_probs.dtype)], 1)

    def step(alpha: torch.Tensor, emitted: torch.Tensor, goes_on: torch.Tensor) -> torch.Tensor:
        before = torch.cat([never, alpha], 1)
        skipped = torch.where(may_skip, before[:, :-2], -math.inf)
        following = emitted + _log_add(alpha, before[:, 1:-1], skipped)
        return torch.where(goes_on.unsqueeze(1), following, alpha)

    def turn(t: torch.Tensor, alpha: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        now = [x.index_select(0, t.reshape(1)).squeeze(0) for x in (emitted, goes_on)]
        return t + 1, step(alpha, *now)

    first = torch.zeros((), dtype=torch.int64, device=log_probs.device)
    _, alpha = _while_loop(lambda t, alpha: t < steps, turn, (first, start))
    last = 2 * target_lengths.unsqueeze(1)
    ends = F.pad(alpha, (1, 0), value=-math.inf)
    return -_log_add(ends.gather(1, last + 1), ends.gather(1, last)).squeeze(1)


def _beside_ctc_loss(log_probs: torch.Tensor, input_lengths: torch.Tensor, loss: torch.Tensor,
                     zero_infinity: bool) -> torch.Tensor:
    """What gives the loss PyTorch's derivative: added to its own are the probabilities (that
    of log_softmax takes them off again), and NaN where it is infinite. The value is 0, or
    infinite where the loss is."""
    steps = torch.arange(log_probs.shape[0], device=log_probs.device).unsqueeze(1)
    total = torch.where(steps < input_lengths, log_probs.exp().sum(-1), 0).sum(0)
    is_infinite = loss == math.inf
    zero = torch.where(is_infinite, 0, total - total.detach())
    return zero if zero_infinity else zero - torch.where(is_infinite, 0 * total, 1).log()


def ctc_loss(log_probs: torch.Tensor, targets: torch.Tensor, input_lengths: Any,
             target_lengths: Any, blank: int = 0, reduction: Union[str, int] = "mean",
             zero_infinity: bool = False) -> torch.Tensor:
    """PyTorch's can't be taken apart, and its shapes follow from the lengths' elements; here
    a loop takes the steps of the recursion."""
    is_batched = log_probs.dim() == 3
    if not is_batched:
        log_probs = log_probs.unsqueeze(1)
        targets = targets.reshape(1, -1)
    count = targets.shape[-1]
    if isinstance(target_lengths, (list, tuple)):
        count = max(target_lengths, default=0)
    input_lengths, target_lengths = (
        torch.as_tensor(lengths, dtype=torch.int64, device=log_probs.device).reshape(-1)
        for lengths in (input_lengths, target_lengths))
    labels = _padded(targets.to(torch.int64), target_lengths, count, blank)
    loss = _negative_log_likelihood(log_probs, labels, input_lengths, target_lengths, blank)
    loss = loss + _beside_ctc_loss(log_probs, input_lengths, loss, zero_infinity)
    if zero_infinity:
        loss = torch.where(loss == math.inf, 0, loss)
    if not isinstance(reduction, str):
        reduction = ("none", "mean", "sum")[reduction]
    if reduction == "mean":
        loss = loss / target_lengths.clamp(min=1).to(loss.dtype)
    return _reduced(loss, reduction) if is_batched or reduction != "none" else loss.squeeze(0)


def multi_margin_loss(input: torch.Tensor, target: torch.Tensor, p: int = 1, margin: float = 1.0,
                      weight: Optional[torch.Tensor] = None, size_average: Optional[bool] = None,
                      reduce: Optional[bool] = None, reduction: str = "mean") -> torch.Tensor:
    """PyTorch's is taken apart into what has another derivative at the kink, and another shape
    where there is one sample."""
    if size_average is not None or reduce is not None:
        reduction = _reduction.legacy_get_string(size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    x = input.reshape(-1, input.shape[-1] if input.dim() else 1)
    label = target.reshape(-1, 1)
    excess = x - x.gather(1, label) + margin
    excess = torch.where(excess > 0, excess, 0)
    if p == 2:
        excess = excess * excess
    if weight is not None:
        excess = excess * weight[label]
    is_other = torch.arange(x.shape[1], device=x.device) != label
    loss = torch.where(is_other, excess, 0).mean(1)
    return _reduced(loss.reshape(target.shape), reduction)


def scan_op(body: Any, init: Sequence[Any], xs: Sequence[Any], additional_inputs: Any) -> Any:
    """PyTorch copies what goes into a scan, and can't copy a tensor from outside the program:
    that becomes one of its constants first."""
    if torch.compiler.is_dynamo_compiling():
        return _LOOPS.scan(body, init, xs, additional_inputs)
    own = [[x.clone() if isinstance(x, torch.Tensor) and not is_fake(x) else x for x in values]
           for values in (init, xs, additional_inputs)]
    return _LOOPS.scan(body, *own)


def while_loop_op(condition: Any, body: Any, carried: Sequence[Any], additional: Sequence[Any],
                  **kwargs: Any) -> Any:
    """PyTorch takes a tensor that is carried twice, or read in the loop besides, for one that
    the loop changes: a copy is carried then."""
    seen = [x for x in additional if isinstance(x, torch.Tensor)]
    own = []
    for x in carried:
        if isinstance(x, torch.Tensor):
            if any(_is_alias(x, other) for other in seen):
                x = x.clone()
            seen.append(x)
        own.append(x)
    return _LOOPS.while_loop(condition, body, tuple(own), tuple(additional), **kwargs)


def pack_padded_sequence(*_: Any, **__: Any) -> Any:
    raise TraceError("a packed sequence has as many rows as its tensors' elements say, which can't "
                     "be recorded: give the recurrent layer the padded tensor, and choose by the "
                     "lengths (torch.where, gather) what counts of its results")


def shown(self: torch.Tensor, **kwargs: Any) -> Any:
    """A tensor as text, of which its elements aren't a part."""
    place = locations.shown_by(sys._getframe(1))
    if place and recording.is_here():
        warn(f"{place[0]}:{place[1]}: the program shows a tensor, whose elements aren't known while "
             "it is recorded; a compiled model shows nothing")
    show: Any = torch.Tensor.__repr__
    return show(self, **kwargs)


def _copied(self: torch.Tensor) -> Any:
    """copy.copy of a tensor, which shares its memory."""
    if recording.is_here():
        return self.view_as(self)
    reduce: Any = self.__reduce_ex__
    make, args, *rest = reduce(4)
    copied = make(*args)
    if rest and rest[0]:
        copied.__dict__.update(rest[0])
    return copied


def _counts(forward: Any) -> Any:
    """A batch norm of momentum=None keeps the mean of all batches: PyTorch asks for their
    number, which isn't known when the program is recorded."""

    def counting(self: Any, input: torch.Tensor) -> torch.Tensor:
        if self.momentum is not None or not (self.training and self.track_running_stats):
            result: torch.Tensor = forward(self, input)
            return result
        self._check_input_dim(input)
        mean, variance = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        result = F.batch_norm(input, mean, variance, self.weight, self.bias, True, 1.0, self.eps)
        self.num_batches_tracked.add_(1)
        for running, fresh in ((self.running_mean, mean), (self.running_var, variance)):
            share = self.num_batches_tracked.to(fresh.dtype).reciprocal()
            running.copy_(running * (1 - share) + fresh * share)
        return result

    return counting


_SUBSTITUTES = {
    torch.Tensor.__setitem__: indexing.set_item,
    getattr(torch.Tensor.data, "__get__"): torch.Tensor.detach,
    torch.equal: equal, torch.Tensor.equal: equal,
    torch.allclose: allclose, torch.Tensor.allclose: allclose,
    getattr(torch, "_VF")._pack_padded_sequence: pack_padded_sequence,
    torch.Tensor.__repr__: shown,
    torch.cov: cov, torch.Tensor.cov: cov,
    torch.corrcoef: corrcoef, torch.Tensor.corrcoef: corrcoef,
    torch.combinations: combinations, torch.segment_reduce: segment_reduce,
    torch.narrow: narrow, torch.Tensor.narrow: narrow,
    F.one_hot: one_hot,
    torch.masked_select: masked_select, torch.Tensor.masked_select: masked_select,
    torch.unique: unique, torch.Tensor.unique: unique,
    torch.unique_consecutive: unique_consecutive,
    torch.Tensor.unique_consecutive: unique_consecutive,
    F.gaussian_nll_loss: gaussian_nll_loss,
    F.linear_cross_entropy: linear_cross_entropy,
    F.multi_margin_loss: multi_margin_loss,
    F.ctc_loss: ctc_loss, torch.ctc_loss: ctc_loss,
    _LOOPS.scan: scan_op,
}


class _Substitution(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (),
                           kwargs: Optional[Dict[str, Any]] = None) -> Any:
        return _SUBSTITUTES.get(func, func)(*args, **(kwargs or {}))


class _Loops(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (),
                           kwargs: Optional[Dict[str, Any]] = None) -> Any:
        if func is _LOOPS.while_loop:
            func = while_loop_op
        return func(*args, **(kwargs or {}))


#: What all of PyTorch's reverse-mode derivatives come down to.
_DERIVATIVES = ((torch.autograd, "grad"), (torch.autograd, "backward"),
                (eager_transforms, "grad_and_value_impl"), (eager_transforms, "_vjp_with_argnums"))


def _refused(derivative: Any) -> Any:
    """A derivative that other threads may ask for."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if recording.is_here():
            raise TraceError("PyTorch's gradients can't be recorded within a program; dlc.grad(f), "
                             "and its like, give the derivative of a whole one, compiled")
        return derivative(*args, **kwargs)

    return call


@contextlib.contextmanager
def substituted() -> Iterator[None]:
    """See above."""
    with contextlib.ExitStack() as stack:
        for module, name in _DERIVATIVES:
            stack.enter_context(unittest.mock.patch.object(
                module, name, _refused(getattr(module, name))))
        stack.enter_context(unittest.mock.patch.object(
            _BatchNorm, "forward", _counts(_BatchNorm.forward)))
        stack.enter_context(unittest.mock.patch.object(torch.Tensor, "__copy__", _copied,
                                                       create=True))
        stack.enter_context(_Substitution())
        yield


def taken_apart() -> ContextManager[Any]:
    """While it is active, recorded programs with loops can be taken apart."""
    return _Loops()
