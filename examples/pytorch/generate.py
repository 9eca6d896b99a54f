#!/usr/bin/env python3
# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small language model that generates bytes, its cache of keys and values state of the
compiled model: compiled, saved, run with and without PyTorch, compared with eager, all
on one thread.

    pip install ./python torch
    python examples/pytorch/generate.py [FOLDER]

FOLDER is where the compiled model stays, bytes.so and bytes.h; by default nothing does.
"""

import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
import torch

import dlc

LENGTH, WIDTH, HEADS, LAYERS = 128, 128, 4, 4


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.norm2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.qkv = torch.nn.Linear(WIDTH, 3 * WIDTH)
        self.out = torch.nn.Linear(WIDTH, WIDTH)
        self.mlp = torch.nn.Sequential(torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.GELU(),
                                       torch.nn.Linear(4 * WIDTH, WIDTH))
        for name in ("keys", "values"):
            self.register_buffer(name, torch.zeros(1, HEADS, LENGTH, WIDTH // HEADS))

    def forward(self, x, position, mask):
        q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
                   for part in self.qkv(self.norm(x)).chunk(3, -1))
        self.keys.index_copy_(2, position, k)
        self.values.index_copy_(2, position, v)
        y = torch.nn.functional.scaled_dot_product_attention(q, self.keys, self.values, mask)
        x = x + self.out(y.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class Model(torch.nn.Module):
    """The scores of the byte that follows `token`, which is at `position`."""

    def __init__(self):
        super().__init__()
        self.embed, self.place = torch.nn.Embedding(256, WIDTH), torch.nn.Embedding(LENGTH, WIDTH)
        self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.head = torch.nn.Linear(WIDTH, 256)

    def forward(self, token, position):
        x = self.embed(token) + self.place(position)
        mask = (torch.arange(LENGTH) <= position)[None, None, None]
        for block in self.blocks:
            x = block(x, position, mask)
        return self.head(x)[0, -1]


def generate(model, kind, start=ord("d"), count=100):
    """Bytes, each the likeliest after those before it."""
    token, generated = start, []
    for position in range(count):
        scores = model(kind([[token]]), kind([position]))
        token = int(scores.argmax())
        generated.append(token)
    return generated


def timed(name, *arguments, rounds=5):
    """What is generated, and how fast: the median of some rounds after one to warm up."""
    generated, times = generate(*arguments), []
    for _ in range(rounds):
        begin = time.perf_counter()
        generate(*arguments)
        times.append(time.perf_counter() - begin)
    print(f"{name}: {len(generated) / statistics.median(times):.0f} bytes/s")
    return generated


def main(folder):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = Model().eval()
    begin = time.perf_counter()
    compiled = dlc.compile(model, torch.tensor([[0]]), torch.tensor([0]), name="bytes",
                           threads=1)
    compiled.save(folder / "bytes.so")  # and bytes.h
    print(f"compiled in {time.perf_counter() - begin:.1f} s: {compiled}")
    with torch.no_grad():
        expected = timed("eager", model, torch.tensor)
        assert timed("dlc.compile", compiled, torch.tensor) == expected
        fast = torch.compile(model, backend="dlc", options={"threads": 1})
        assert timed("torch.compile", fast, torch.tensor) == expected
    loaded = dlc.load(folder / "bytes.so", threads=1)
    assert timed("loaded, NumPy", loaded, np.array) == expected
    loaded.reset()  # an empty cache of keys and values
    assert not loaded.state["blocks.0.keys"].any()
    assert generate(loaded, np.array) == expected
    print("all the same")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(pathlib.Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(pathlib.Path(folder))
