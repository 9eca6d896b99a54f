# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a call from Python costs: a small language model by PyTorch eager, Inductor, and
dlc as `dlc.compile`, `torch.compile(backend="dlc")` and a loaded file with NumPy; all in
one process on one thread, taking turns, median of many calls.

    scripts/benchmark python-calls [--seconds 4] [--without-inductor]
"""

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from benchmark.turns import take_turns  # noqa: E402
from conformance import common  # noqa: E402

common.require_packages({"torch": "torch==2.13.0", "numpy": "numpy"})
sys.path.insert(0, str(common.ROOT / "python"))

import torch  # noqa: E402

import dlc  # noqa: E402
import dlc.dynamo  # noqa: E402

WIDTH, HEADS, LAYERS, LENGTH = 64, 4, 3, 16


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.norm2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.qkv, self.out = torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)
        self.mlp = torch.nn.Sequential(torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.GELU(),
                                       torch.nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
                   for part in self.qkv(self.norm(x)).chunk(3, -1))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/benchmark python-calls", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4, help="for each")
    parser.add_argument("--without-inductor", action="store_true")
    options = parser.parse_args(argv)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Embedding(256, WIDTH), *[Block() for _ in range(LAYERS)],
                                torch.nn.Linear(WIDTH, 256)).eval()
    tokens = torch.randint(0, 256, (1, LENGTH))
    array = tokens.numpy()
    compiled = dlc.compile(model, tokens, threads=1)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = pathlib.Path(folder) / "model.so"
        compiled.save(path)
        loaded = dlc.load(path, threads=1)
        runs = {"eager": (model, tokens), "`dlc.compile`": (compiled, tokens),
                "`dlc.load`, NumPy": (loaded, array),
                '`torch.compile(backend="dlc")`': (
                    torch.compile(model, backend="dlc", options={"threads": 1}), tokens),
                "the same, frozen": (
                    torch.compile(model, backend="dlc", options={"threads": 1, "freeze": True}),
                    tokens)}
        if not options.without_inductor:
            runs["`torch.compile`, Inductor"] = (torch.compile(model), tokens)
        expected = model(tokens)
        for name, (function, example) in runs.items():
            torch.testing.assert_close(torch.as_tensor(function(example)), expected,
                                       rtol=1e-4, atol=1e-4, msg=lambda m: f"{name}: {m}")
        calls = [lambda f=f, x=x: f(x) for f, x in runs.values()]
        medians = take_turns(calls, options.seconds, calls=20)
    print("| way | µs a call | eager's |\n|---|---:|---:|")
    for name, median in zip(runs, medians):
        print(f"| {name} | {1e6 * median:.0f} | {median / medians[0]:.2f} |")
    return 0
