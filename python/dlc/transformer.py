# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ops as which PyTorch evaluates its own transformer layers, of smaller ones."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Tuple

import torch
import torch.nn.functional as F

_ATEN: Any = torch.ops.aten

#: What a mask says of: keys for each query, keys of each sequence, both for each head.
_OF_QUERIES, _OF_SEQUENCES = 0, 1


def _attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, embed_dim: int,
               num_head: int, qkv_weight: torch.Tensor, qkv_bias: torch.Tensor,
               proj_weight: torch.Tensor, proj_bias: torch.Tensor,
               mask: Optional[torch.Tensor] = None, need_weights: bool = True,
               average_attn_weights: bool = True,
               mask_type: Optional[int] = None) -> Tuple[torch.Tensor, Optional[torch.Tensor]]:
    """aten._native_multi_head_attention; what isn't zero in the mask is hidden."""
    def heads(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        y = F.linear(x, weight, bias)
        return y.reshape(*y.shape[:-1], num_head, -1).transpose(1, 2)

    weights, biases = qkv_weight.chunk(3), qkv_bias.chunk(3)
    q, k, v = (heads(x, w, b) for x, w, b in zip((query, key, value), weights, biases))
    seen = None
    if mask is not None:
        seen = mask.to(torch.bool).logical_not()
        if mask_type == _OF_SEQUENCES:
            seen = seen[:, None, None, :]
        elif mask_type == _OF_QUERIES:
            seen = seen[None, None]
    y = F.scaled_dot_product_attention(q, k, v, seen)
    result = F.linear(y.transpose(1, 2).flatten(2), proj_weight, proj_bias)
    if not need_weights:
        return result, None
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    if seen is not None:
        scores = scores.masked_fill(seen.logical_not(), float("-inf"))
    shares = scores.softmax(-1)
    return result, shares.mean(1) if average_attn_weights else shares


def _encoder_layer(src: torch.Tensor, embed_dim: int, num_heads: int, qkv_weight: torch.Tensor,
                   qkv_bias: torch.Tensor, proj_weight: torch.Tensor, proj_bias: torch.Tensor,
                   use_gelu: bool, norm_first: bool, eps: float, norm_weight_1: torch.Tensor,
                   norm_bias_1: torch.Tensor, norm_weight_2: torch.Tensor,
                   norm_bias_2: torch.Tensor, ffn_weight_1: torch.Tensor,
                   ffn_bias_1: torch.Tensor, ffn_weight_2: torch.Tensor,
                   ffn_bias_2: torch.Tensor, mask: Optional[torch.Tensor] = None,
                   mask_type: Optional[int] = None) -> torch.Tensor:
    """aten._transformer_encoder_layer_fwd"""
    def attend(x: torch.Tensor) -> torch.Tensor:
        return _attention(x, x, x, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight,
                          proj_bias, mask, False, True, mask_type)[0]

    def feed(x: torch.Tensor) -> torch.Tensor:
        activation = F.gelu if use_gelu else F.relu
        return F.linear(activation(F.linear(x, ffn_weight_1, ffn_bias_1)), ffn_weight_2, ffn_bias_2)

    def first(x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (embed_dim,), norm_weight_1, norm_bias_1, eps)

    def second(x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (embed_dim,), norm_weight_2, norm_bias_2, eps)

    if norm_first:
        x = src + attend(first(src))
        return x + feed(second(x))
    x = first(src + attend(src))
    return second(x + feed(x))


DECOMPOSITIONS: Dict[Any, Callable[..., Any]] = {
    _ATEN._native_multi_head_attention.default: _attention,
    _ATEN._transformer_encoder_layer_fwd.default: _encoder_layer,
}
