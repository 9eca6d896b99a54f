# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random numbers in a graph of Dynamo's: drawn by PyTorch, from its own generator,
before the compiled code runs, which takes them as inputs."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import torch

from . import locations
from ._errors import DlcError

_ATEN = torch.ops.aten

#: Ops that take nothing but sizes and numbers.
_SIZED = {"aten.rand.default", "aten.randn.default", "aten.randint.default",
          "aten.randint.low", "aten.randperm.default"}
#: Ops that take of their first tensor nothing but its shape and element type.
_LIKE = {"aten.rand_like.default", "aten.randn_like.default", "aten.randint_like.default",
         "aten.randint_like.low_dtype", "aten.bernoulli.p", "aten.uniform.default",
         "aten.normal_functional.default", "aten.exponential.default", "aten.cauchy.default",
         "aten.log_normal.default", "aten.geometric.default", "aten.random.default",
         "aten.random.from", "aten.random.to"}


def _drop_out(x: torch.Tensor, p: float,
              train: Optional[bool]) -> Tuple[torch.Tensor, torch.Tensor]:
    if train is False or p == 0:
        return x, torch.ones_like(x, dtype=torch.bool)
    mask = _ATEN.bernoulli.p(x, 1 - p).to(torch.bool)
    return torch.where(mask, x * (1 / (1 - p)) if p < 1 else x, 0), mask


def _bernoulli(probability: torch.Tensor, generator: Any = None) -> torch.Tensor:
    drawn: torch.Tensor = torch.rand_like(probability, dtype=torch.float32) < probability
    return drawn.to(probability.dtype)


def _multinomial(weights: torch.Tensor, count: int, replacement: bool = False,
                 generator: Any = None) -> torch.Tensor:
    if count == 1 or not replacement:
        race: torch.Tensor = weights / _ATEN.exponential.default(weights)
        return race.argmax(-1, keepdim=True) if count == 1 else race.topk(count).indices
    ends = weights.cumsum(-1)
    draw = torch.rand((*weights.shape[:-1], count), dtype=torch.float64)
    # In float64 the draws stay below the last end, which is 1.
    shares = (ends / ends[..., -1:]).to(torch.float64)
    found: torch.Tensor = torch.searchsorted(shares, draw, right=True)
    return found


def _normal(mean: Any, std: Any = 1.0, generator: Any = None) -> Any:
    example = mean if isinstance(mean, torch.Tensor) else std
    if isinstance(mean, torch.Tensor) and isinstance(std, torch.Tensor):
        example = mean + std
    return torch.randn_like(example) * std + mean


def _normal_of_size(mean: float, std: float, size: Any, generator: Any = None,
                    **options: Any) -> torch.Tensor:
    return torch.randn(size, **options) * std + mean


def _attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
               attn_mask: Optional[torch.Tensor] = None, dropout_p: float = 0.0,
               is_causal: bool = False, **options: Any) -> Any:
    if dropout_p == 0:
        return NotImplemented  # kept whole
    return _ATEN._scaled_dot_product_attention_math.default(
        query, key, value, attn_mask, dropout_p, is_causal, **options)[0]


def _rrelu(x: torch.Tensor, noise: torch.Tensor, lower: float = 1 / 8, upper: float = 1 / 3,
           training: bool = False, generator: Any = None) -> Any:
    if not training:
        return NotImplemented  # kept whole
    slope = torch.where(x <= 0, _ATEN.uniform.default(x, lower, upper), 1)
    return x * slope, slope


def _layer_by_layer(op: Any) -> Callable[..., Any]:
    """A recurrent network that drops out between its layers, as the layers, with time first,
    in which order eager draws."""

    def layers(input: torch.Tensor, hx: Any, params: Sequence[torch.Tensor], has_biases: bool,
               num_layers: int, dropout: float, train: bool, bidirectional: bool,
               batch_first: bool) -> Any:
        if not train or dropout == 0 or num_layers == 1:
            return NotImplemented  # kept whole
        x = input.transpose(0, 1) if batch_first else input
        is_lstm, directions = not isinstance(hx, torch.Tensor), 2 if bidirectional else 1
        count, last = len(params) // num_layers, []
        for layer in range(num_layers):
            if layer:
                x = torch.dropout(x, dropout, True)
            own = [state[layer * directions:(layer + 1) * directions]
                   for state in (hx if is_lstm else [hx])]
            x, *states = op(x, own if is_lstm else own[0],
                            params[layer * count:(layer + 1) * count], has_biases, 1, 0.0, train,
                            bidirectional, False)
            last.append(states)
        return (x.transpose(0, 1) if batch_first else x, *map(torch.cat, zip(*last)))

    return layers


#: Ops whose random numbers depend on what is computed, as draws that don't, and arithmetic.
#: But for `bernoulli` and `rrelu` they are those that eager draws.
DECOMPOSITIONS: Dict[Any, Callable[..., Any]] = {
    _ATEN.native_dropout.default: _drop_out, _ATEN.bernoulli.default: _bernoulli,
    _ATEN.scaled_dot_product_attention.default: _attention,
    _ATEN.multinomial.default: _multinomial, _ATEN.normal.Tensor_float: _normal,
    _ATEN.normal.float_Tensor: _normal, _ATEN.normal.Tensor_Tensor: _normal,
    _ATEN.normal.float_float: _normal_of_size, _ATEN.rrelu_with_noise_functional.default: _rrelu,
    **{op: _layer_by_layer(op) for op in (_ATEN.lstm.input, _ATEN.gru.input, _ATEN.rnn_tanh.input,
                                          _ATEN.rnn_relu.input)},
}


def is_random(node: torch.fx.Node) -> bool:
    """Whether what a node gives follows the generator."""
    op: Any = node.target
    if node.op != "call_function" or not isinstance(op, torch._ops.OpOverload) or \
            torch.Tag.nondeterministic_seeded not in op.tags:
        return False
    # Attention and the recurrent networks draw only where they drop something out.
    names = [p.name for p in op._schema.arguments]
    given: Dict[str, Any] = dict(zip(names, node.args), **node.kwargs)
    if "p" in names and "train" in names:
        return given["p"] != 0 and given.get("train") is not False
    if "dropout_p" in names:
        return bool(given.get("dropout_p", 0))
    if "dropout" in names:
        return bool(given["dropout"] and given["train"])
    return True


class Draw:
    """A node's random numbers, drawn anew for each call. `evaluate` gives a size's
    value, given the call's inputs."""

    def __init__(self, node: torch.fx.Node, evaluate: Callable[[Any, Sequence[Any]], int]) -> None:
        op: Any = node.target
        self.op, self.evaluate = op, evaluate
        name = str(op)
        parameters = [p.name for p in op._schema.arguments]
        self.arguments: Dict[str, Any] = dict(zip(parameters, node.args), **node.kwargs)
        #: Numbers are drawn in the order in which the tensor lies in memory.
        self.like = self.arguments.pop("self").meta["val"] if name in _LIKE else None
        self.sizes = next((n for n in ("size", "n") if n in self.arguments), "")
        self.arguments.pop(self.sizes, None)
        computed = any(isinstance(v, torch.fx.Node) for v in self.arguments.values())
        if name not in _SIZED | _LIKE or computed:
            source = locations.source_of(node)
            where = f"{source[0]}:{source[1]}: " if source else ""
            raise DlcError(f"{where}the random numbers of {name} depend on what is "
                           "computed, which isn't supported")
        self.shape = tuple(node.meta["val"].shape)

    def __call__(self, inputs: Sequence[Any]) -> Any:
        shape = [self.evaluate(size, inputs) for size in self.shape]
        if self.like is not None:
            strides = [self.evaluate(stride, inputs) for stride in self.like.stride()]
            like = torch.empty_strided(shape, strides, dtype=self.like.dtype)
            if self.op is _ATEN.bernoulli.p:  # gives rows, where what it stands for doesn't
                return like.bernoulli_(self.arguments["p"])
            return self.op(like, **self.arguments)
        size = shape[0] if self.sizes == "n" else shape
        return self.op(**{self.sizes: size}, **self.arguments)
