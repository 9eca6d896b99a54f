# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small PyTorch programs as traces and .pt2 files: what is damaged and imported.

python -m fuzz.torch_programs FOLDER COUNT, with test/ and python/ in the path.
"""

import logging
import pathlib
import sys
import warnings

import torch
from torch.testing._internal.common_methods_invocations import op_db

import dlc
from conformance import torch as opinfo


class Network(torch.nn.Module):
    """Weights, statistics that change, composites."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(4)
        self.linear = torch.nn.Linear(4, 8)
        self.rnn = torch.nn.GRU(8, 8, batch_first=True)

    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x))).mean(dim=-1).transpose(1, 2)
        y, _ = self.rnn(torch.nn.functional.gelu(self.linear(y)))
        return {"last": y[:, -1], "all": (torch.nn.functional.scaled_dot_product_attention(y, y, y),)}


class Branches(torch.nn.Module):
    """Control flow over captured weights."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, x, count):
        x = torch.cond(x.sum() > 0, lambda x: self.linear(x), lambda x: x * 2, (x,))
        _, x = torch.while_loop(lambda i, x: i < count, lambda i, x: (i + 1, self.linear(x).sin()),
                                (torch.zeros_like(count), x))
        return x


def own_programs():
    """Name, module, arguments and dynamic shapes."""
    batch = torch.export.Dim("batch", min=2, max=64)
    x = torch.randn(4, 3, 8, 8)
    yield "network", Network().eval(), (x,), ({0: batch},)
    yield "statistics", Network().train(), (x,), None
    yield "branches", Branches(), (torch.randn(3, 4), torch.tensor(3)), ({0: batch}, None)


def entries(count):
    """Some samples of entries of op_db, evenly chosen."""
    ops = [op for op in op_db if torch.float32 in op.supported_dtypes("cpu")]
    for op in ops[::max(len(ops) // count, 1)]:
        torch.manual_seed(0)
        try:
            samples = list(op.sample_inputs("cpu", torch.float32))[:3]
        except Exception:  # an entry that needs what isn't installed
            continue
        batch = opinfo.Batch(torch, op, samples)
        if batch.tensors:
            yield opinfo.entry_name(op), opinfo.as_module(torch, batch.run), batch.tensors, None


def write(folder, name, module, args, dynamic_shapes):
    dlc.trace(module, *args, dynamic_shapes=dynamic_shapes).save(folder / f"{name}.json")
    with torch.no_grad():
        program = torch.export.export(module, tuple(args), dynamic_shapes=dynamic_shapes)
        torch.export.save(program.run_decompositions(), folder / f"{name}.pt2")


def main(argv):
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    folder, count = pathlib.Path(argv[0]), int(argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, *program in own_programs():
        write(folder, name, *program)
    for name, *program in entries(count):
        try:
            write(folder, name, *program)
        except Exception as error:  # PyTorch or dlc refuses the entry: no seed
            print(f"{name}: {str(error).splitlines()[0][:200]}", file=sys.stderr)
            (folder / f"{name}.json").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
