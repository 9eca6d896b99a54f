# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A Llama: rotary positions, grouped queries, RMSNorm, SwiGLU; its key-value cache is
state, so that a program is fed a prompt of any length and then a token at a time."""

import torch
import torch.nn.functional as F
from torch import nn

from .model import Model, dim, enliven

LONGEST = 128


class Attention(nn.Module):
    def __init__(self, width, heads, groups, batch):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, groups * self.size, bias=False)
        self.value = nn.Linear(width, groups * self.size, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        shape = (batch, groups, LONGEST, self.size)
        self.register_buffer("keys", torch.zeros(shape))
        self.register_buffer("values", torch.zeros(shape))

    def forward(self, x, places, rotation):
        batch, length, _ = x.shape

        def split(t, heads):
            return t.view(batch, length, heads, self.size).transpose(1, 2)

        query = rotate(split(self.query(x), self.heads), rotation)
        self.keys.index_copy_(2, places, rotate(split(self.key(x), self.groups), rotation))
        self.values.index_copy_(2, places, split(self.value(x), self.groups))
        seen = torch.arange(LONGEST)[None] <= places[:, None]
        mixed = F.scaled_dot_product_attention(query, self.keys, self.values, attn_mask=seen,
                                               enable_gqa=True)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, -1))


def rotate(x, rotation):
    cos, sin = rotation
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin


class Layer(nn.Module):
    def __init__(self, width, heads, groups, batch):
        super().__init__()
        self.before = nn.RMSNorm(width)
        self.attention = Attention(width, heads, groups, batch)
        self.between = nn.RMSNorm(width)
        self.gate = nn.Linear(width, 3 * width, bias=False)
        self.up = nn.Linear(width, 3 * width, bias=False)
        self.down = nn.Linear(3 * width, width, bias=False)

    def forward(self, x, places, rotation):
        x = x + self.attention(self.before(x), places, rotation)
        y = self.between(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Llama(nn.Module):
    """Gives the next token's scores after each of the tokens, which follow those of the
    calls before."""

    def __init__(self, width=256, heads=8, groups=2, layers=4, vocabulary=500, batch=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(Layer(width, heads, groups, batch) for _ in range(layers))
        self.norm = nn.RMSNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        size = width // heads
        self.register_buffer("speeds", 10000 ** (-torch.arange(0, size, 2) / size))
        self.register_buffer("done", torch.zeros((), dtype=torch.int64))

    def forward(self, tokens):
        places = self.done + torch.arange(tokens.shape[1])
        angles = (places[:, None] * self.speeds).repeat(1, 2)
        rotation = angles.cos(), angles.sin()
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, places, rotation)
        self.done.add_(tokens.shape[1])
        return self.head(self.norm(x))


MODELS = [
    # A prompt, tokens one at a time, some more at once.
    Model("llama", lambda: enliven(Llama().eval()),
          lambda length: (torch.randint(0, 500, (2, length)),), ({1: dim("length", LONGEST)},),
          [(16,), (1,), (1,), (1,), (7,), (1,), (40,)], (LONGEST + 1,), str(LONGEST), state=True),
]
