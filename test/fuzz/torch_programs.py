# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small PyTorch programs as traces and .pt2 files: what is damaged and imported.

python -m fuzz.torch_programs FOLDER COUNT, with test/ and python/ in the path: programs
of its own, and samples of COUNT entries of op_db (0: of all), real and complex. With all
of them every op that the importer has occurs: those that op_db lacks are called on small
tensors that fit their schemas.
"""

import collections
import itertools
import json
import logging
import math
import pathlib
import sys
import warnings

import torch
from torch._higher_order_ops.scan import scan
from torch.testing._internal.common_methods_invocations import op_db

import dlc
from conformance import torch as opinfo
from dlc import _library, tracer

#: One in so many entries becomes an archive, too.
ARCHIVE_EVERY = 4

#: What PyTorch can't save.
NO_ARCHIVES = {"sizes", "structure"}


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


class Recurrent(torch.nn.Module):
    """Cells that op_db lacks; loops over the steps of a tensor."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([
            torch.nn.LSTM(4, 4, 2, bidirectional=True), torch.nn.RNN(8, 4),
            torch.nn.RNN(4, 4, nonlinearity="relu", batch_first=True)])

    def forward(self, x):
        for layer in self.layers:
            x, _ = layer(x)
        carry, steps = scan(lambda c, x: (c + x, c * x), x[0].clone(), x)
        return carry, steps, torch._higher_order_ops.map(lambda x: x.sin() + 1, x)


class Sizes(torch.nn.Module):
    """Arithmetic on sizes and on numbers out of tensors."""

    def forward(self, x, scale):
        n, f = x.shape[0], scale.item()
        m = torch.sym_max(n * 2 - 1, 5) // 2 + torch.sym_min(n % 3, 1)
        torch._check(n * 2 < 1000)
        even = torch.sym_not(torch.sym_int(n / 2) == n)
        k = math.floor(n / 3) + math.ceil(n / 5) + round(n / 7)
        part = torch.cond(x.sum() > f, lambda x: x.sin(), lambda x: -x, (x,))
        is_odd = (n % 2 != 0) & (f < 7) | (f > 9)
        return x.new_ones(m, k + 1) * (torch.sym_float(n) + f), part, m - n, -n, even, is_odd


Pair = collections.namedtuple("Pair", "left right")


class Structure(torch.nn.Module):
    """Arguments and results in structures, constants, complex numbers, state."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x, parts, factor=2.0, mode=None):
        self.calls.add_(1)
        z = torch.complex(parts["a"][0], x)
        return Pair({"z": z, "n": x.shape[0]}, [x * factor, (self.calls + 1, 3, float("inf"), mode)])


def own_programs():
    """Name, module, arguments and dynamic shapes."""
    batch = torch.export.Dim("batch", min=2, max=64)
    x = torch.randn(4, 3, 8, 8)
    yield "network", Network().eval(), (x,), ({0: batch},)
    yield "statistics", Network().train(), (x,), None
    x = torch.randn(3, 4)
    yield "structure", Structure(), (x, {"a": [x], "b": Pair(x, None)}, 3.0), (
        {0: batch}, {"a": [{0: batch}], "b": Pair({0: batch}, None)}, None)
    yield "branches", Branches(), (torch.randn(3, 4), torch.tensor(3)), ({0: batch}, None)
    yield "recurrent", Recurrent().eval(), (torch.randn(3, 2, 4),), None
    yield "sizes", Sizes(), (torch.randn(4, 3), torch.tensor(1.5)), ({0: batch}, None)


def entries(count):
    """Two samples of each of so many entries of op_db, evenly chosen: in float32, or
    int64 where there is none, and in complex64 as well."""
    ops = list(op_db)
    for op in ops[::max(len(ops) // count, 1) if count else 1]:
        supported = op.supported_dtypes("cpu")
        dtypes = [t for t in (torch.float32, torch.int64) if t in supported][:1]
        dtypes += [t for t in (torch.complex64,) if t in supported]
        for dtype in dtypes:
            torch.manual_seed(0)
            try:
                samples = list(op.sample_inputs("cpu", dtype))
            except Exception:  # an entry that needs what isn't installed
                continue
            samples = samples[:1] + samples[len(samples) // 2:][:1] if samples[1:] else samples
            batch = opinfo.Batch(torch, op, samples)
            if batch.tensors:
                name = opinfo.entry_name(op) + (".complex" if dtype.is_complex else "")
                yield name, opinfo.as_module(torch, batch.run), batch.tensors, None


def argument_of(parameter, tensor):
    """An argument for a parameter of an op's schema."""
    kind = str(parameter.type)
    if parameter.has_default_value():
        return parameter.default_value
    plain = {"Tensor": tensor, "int": 1, "SymInt": 1, "float": 0.5, "number": 1, "bool": False,
             "List[Tensor]": [tensor, tensor], "List[int]": [1], "List[SymInt]": [1],
             "List[float]": [0.5], "str": "", "List[bool]": [False]}
    return plain.get(kind)


def results_of(op, tensor):
    """What an op gives for a tensor (of no memory), by what PyTorch knows; Nones where it
    takes no such tensor."""
    parameters = op._schema.arguments
    values = [argument_of(parameter, tensor) for parameter in parameters]
    try:
        results = op(*(v for v, p in zip(values, parameters) if not p.kwarg_only),
                     **{p.name: v for v, p in zip(values, parameters) if p.kwarg_only})
    except Exception:
        return [None] * len(op._schema.returns)
    return list(results) if isinstance(results, (list, tuple)) else [results]


def single(target):
    """A program of one node: an op on the first tensors that PyTorch takes, or with
    results of unknown types; None where the op isn't PyTorch's."""
    name, _, overload = target.removeprefix("aten.").partition(".")
    op = getattr(getattr(torch.ops.aten, name, None), overload, None)
    if op is None:
        return None
    shapes = [(3, 3), (2, 3, 4, 4), (2, 3, 4), (4,), (), (1, 2, 3, 4, 4), (2, 3, 4, 4)]
    for shape, dtype in itertools.product(shapes, [torch.complex64, torch.int64, torch.float32]):
        x = torch.empty(shape, dtype=dtype, device="meta")
        results = results_of(op, x)
        if results[:1] != [None]:
            break
    writer = tracer.GraphWriter()

    def encode(value):
        if isinstance(value, list):
            return [encode(element) for element in value]
        return {"value": "x"} if value is x else writer._argument(value)

    names = [f"y{i}" for i, _ in enumerate(results)]
    return {"format": "dlc-trace", "version": {"major": 1, "minor": 0}, "producer": "fuzz",
            "symbols": {}, "sources": [],
            "inputs": [{"value": "x", "name": "x", "type": writer._type(x)}],
            "nodes": [{"op": target,
                       "args": [[p.name, encode(argument_of(p, x))] for p in op._schema.arguments],
                       "results": [{"value": name, "type": r if r is None else writer._type(r)}
                                   for name, r in zip(names, results)]}],
            "outputs": [{"arg": {"value": name}, "name": name} for name in names]}


def write(folder, name, module, args, dynamic_shapes, with_archive):
    dlc.trace(module, *args, dynamic_shapes=dynamic_shapes).save(folder / f"{name}.json")
    if with_archive:
        with torch.no_grad():
            program = torch.export.export(module, tuple(args), dynamic_shapes=dynamic_shapes)
            torch.export.save(program.run_decompositions(), folder / f"{name}.pt2")


def main(argv):
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    folder, count = pathlib.Path(argv[0]), int(argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, *program in own_programs():
        write(folder, name, *program, name not in NO_ARCHIVES)
    hessian = dlc.directional(dlc.grad(lambda x: (x**3).sum()))
    hessian.trace((torch.randn(3),), (torch.randn(3),)).save(folder / "hessian.json")
    for i, (name, *program) in enumerate(entries(count)):
        try:
            write(folder, name, *program, i % ARCHIVE_EVERY == 0)
        except Exception as error:  # PyTorch or dlc refuses the entry: no seed
            print(f"{name}: {str(error).splitlines()[0][:200]}", file=sys.stderr)
            (folder / f"{name}.json").unlink(missing_ok=True)
    if not count:
        text = "".join(file.read_text() for file in folder.glob("*.json"))
        for target in sorted(_library.torch_ops()):
            if f'"{target}"' not in text and target.startswith("aten."):
                program = single(target)
                if program:
                    (folder / f"{target}.json").write_text(json.dumps(program))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
