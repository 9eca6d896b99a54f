# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Traces: recorded, saved, read again, compiled; .pt2 files."""

import importlib.util
import json
import unittest

import torch
from frontend import ROOT, FrontendTest, dlc


class Model(torch.nn.Module):
    """Nested arguments and results, a view updated in place, state."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)
        self.register_buffer("calls", torch.zeros(4))

    def forward(self, x, d):
        y = torch.tanh(self.linear(x))
        z = y.view(x.shape[0] * 2, -1)
        z.add_(1)
        self.calls.add_(1)
        return {"a": y.sum(dim=-1), "b": (z, d["k"] + 1.5 + self.calls)}


def example(rows=3):
    return torch.randn(rows, 4), {"k": torch.ones(4)}


def trace(model):
    batch = torch.export.Dim("batch", min=2, max=64)
    return dlc.trace(model, *example(), dynamic_shapes=({0: batch}, {"k": None}))


class Tied(torch.nn.Module):
    """Two tables with one weight."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Embedding(999, 64), torch.nn.Embedding(999, 64)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.first(x) * self.second(x + 1)


class TraceTest(FrontendTest):
    def test_structure_state_and_sizes(self):
        model = Model()
        compiled = dlc.compile(trace(model))
        for rows in (3, 7, 64):
            args = example(rows)
            self.assert_close(compiled(*args), model(*args))
        with self.assertRaisesRegex(dlc.RunError, "at most 64"):
            compiled(*example(65))

    def test_tied_weights_are_stored_once(self):
        tokens = torch.arange(20).reshape(4, 5)
        program = torch.export.export(Tied(), (tokens,)).run_decompositions()
        torch.export.save(program, self.folder / "m.pt2")
        self.assertEqual(list(dlc.trace(Tied(), tokens).weights), ["first.weight"])
        compiled = dlc.compile(self.folder / "m.pt2")
        self.assert_close(compiled(tokens), program.module()(tokens))
        compiled.save(self.folder / "m.so")
        self.assertLess((self.folder / "m.so").stat().st_size, 1.5 * 999 * 64 * 4)

    def test_recurrent_networks_take_any_number_of_steps(self):
        for kind, steps in ((torch.nn.LSTM, 1), (torch.nn.GRU, 0)):
            model = kind(4, 6, bidirectional=True, batch_first=steps == 1)
            compiled = dlc.compile(model, torch.randn(3, 5, 4), dynamic_shapes=(
                {steps: torch.export.Dim("steps", max=20)},))
            for length in (5, 1, 9):
                x = torch.randn(3, length, 4) if steps else torch.randn(length, 5, 4)
                self.assert_close(compiled(x), model(x))

    def test_saved_trace(self):
        model = Model()
        trace(model).save(self.folder / "m.json")
        x, d = example(5)
        expected = model(x, d)
        for again in (dlc.load_trace(self.folder / "m.json"), self.folder / "m.json"):
            self.assert_close(dlc.compile(again)(x, d), expected)

    def test_loaded_trace_saved_over_itself(self):
        path = self.folder / "m.json"
        model = Model()
        trace(model).save(path)
        loaded = dlc.load_trace(path)
        loaded.save(path)
        x, d = example(5)
        expected = model(x, d)
        for again in (loaded, path):
            self.assert_close(dlc.compile(again)(x, d), expected)

    def test_damaged_trace(self):
        path = self.folder / "bad.json"
        for text in ("{", "{}", '{"format": "dlc-trace", "version": {"major": 7, "minor": 0}}'):
            path.write_text(text)
            with self.assertRaises(dlc.TraceError):
                dlc.load_trace(path)
            with self.assertRaises(dlc.CompileError):
                dlc.compile(path)


@unittest.skipUnless(importlib.util.find_spec("jsonschema"), "no jsonschema")
class SchemaTest(FrontendTest):
    """What is saved is as docs/trace.schema.json says; what isn't is refused by it, too."""

    def setUp(self):
        super().setUp()
        from jsonschema import Draft202012Validator as Validator

        schema = json.loads((ROOT / "docs" / "trace.schema.json").read_text())
        Validator.check_schema(schema)
        self.validator = Validator(schema)

    def check(self, recorded):
        path = self.folder / "m.json"
        recorded.save(path)
        document = json.loads(path.read_text())
        self.validator.validate(document)
        dlc.load_trace(path)
        return document

    def test_programs(self):
        x, ones = torch.randn(3, 4), torch.ones(2)
        self.check(trace(Model()))
        self.check(dlc.trace(Tied(), torch.arange(20).reshape(4, 5)))
        self.check(dlc.trace(Nested(), {"x": ones, "y": ones}, 4, [ones, ones],
                             kwargs={"b": ones}))
        self.check(dlc.trace(lambda x, a=float("inf"), *, n=None: (x * 1j, a, x.shape[0]), x))
        self.check(dlc.trace(lambda x: torch.cond(x.sum() > 0, torch.sin, torch.cos, (x,)), x))
        half = torch.export.Dim("half", max=20)
        self.check(dlc.trace(lambda x: x.reshape(-1, 2).nonzero(), torch.randn(6),
                             dynamic_shapes=({0: 2 * half},)))
        energy = dlc.grad(lambda x, z: (x * z.abs()).sum(), argnums=(0, 1))
        self.check(energy.trace(x, x * 1j))
        self.check(dlc.directional(energy).trace((x, x * 1j), (x, x * 1j)))

    def test_what_is_refused(self):
        document = self.check(trace(Model()))
        for damage in ({"version": {"major": 2, "minor": 0}}, {"more": 1}, {"nodes": [{}]},
                       {"inputs": [{"value": "x", "name": "x", "weight": "w"}]}):
            self.assertFalse(self.validator.is_valid({**document, **damage}), damage)


class Nested(torch.nn.Module):
    def forward(self, a, n, l, *, b):
        return {"s": a["x"] + b * n, "t": (a["y"], 3, None, [a["y"] + 1]), "l": l[0] - l[1]}


class Pt2Test(FrontendTest):
    """A program that torch.export.save wrote is what its trace is."""

    def save(self, model, *args, **kwargs):
        program = torch.export.export(model, args, kwargs).run_decompositions()
        torch.export.save(program, self.folder / "m.pt2")
        return self.folder / "m.pt2"

    def check(self, model, *args, **kwargs):
        compiled = dlc.compile(self.save(model, *args, **kwargs))
        traced = dlc.compile(model, *args, kwargs=kwargs)
        with torch.no_grad():
            self.assert_close(compiled(*args, **kwargs), model(*args, **kwargs))
        for part in ("inputs", "outputs"):
            self.assertEqual([t["name"] for t in compiled.signature[part]],
                             [t["name"] for t in traced.signature[part]])
        for part in ("in_tree", "out_tree", "inputs", "outputs"):
            self.assertEqual(compiled.signature["metadata"][part],
                             traced.signature["metadata"][part])
        return compiled

    def test_layers(self):
        self.check(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()).eval(),
                   torch.randn(3, 4))

    def test_structure(self):
        ones = torch.ones(2)
        compiled = self.check(Nested(), {"x": ones, "y": 2 * ones}, 4, [ones, ones], b=3 * ones)
        with self.assertRaisesRegex(TypeError, r"argument 'a' should be {x: tensor, y: tensor}"):
            compiled(ones, 4, [ones, ones], b=ones)

    def test_state(self):
        compiled = dlc.compile(self.save(Model(), *example()))
        x, d = example()
        first = compiled(x, d)["b"][1]
        self.assert_close(compiled(x, d)["b"][1], first + 1)

    def check_ops(self, x, *functions):
        """Many ops as one program, straight from torch.export and decomposed."""
        class All(torch.nn.Module):
            def forward(self, x):
                return tuple(f(x) for f in functions)

        program = torch.export.export(All(), (x,))
        for saved in (program, program.run_decompositions()):
            torch.export.save(saved, self.folder / "m.pt2")
            compiled = dlc.compile(self.folder / "m.pt2")
            self.assert_close(compiled(x), All()(x), equal_nan=True)

    def test_parts_written_and_dimensions_moved(self):
        self.check_ops(
            torch.randn(3, 4),
            lambda x: x.slice_scatter(torch.ones(2, 4), 0, 1, 3),
            lambda x: x.slice_scatter(torch.ones(3, 2), 1, 0, 4, 2),
            lambda x: x.slice_scatter(torch.ones(3, 2), 1, -2),
            lambda x: (x.unfold(1, 2, 1), x.unfold(0, 2, 3), x.sum().unfold(0, 1, 1)),
            lambda x: (x.movedim(0, 1), x[None, :, :, None].movedim((0, -1), (2, 0))),
            lambda x: (x.unflatten(1, (2, -1)), x.unflatten(0, (3, 1))),
            lambda x: torch.meshgrid(x[0], x[:, 0], x.sum(), indexing="xy"),
            lambda x: torch.broadcast_tensors(x, x[0], x[:, :1]),
            lambda x: (x.repeat_interleave(2, 0), x.repeat_interleave(3)),
            lambda x: x.detach() + torch.tensor([1., 2, 3, 4]))

    def test_products_and_norms(self):
        inf, norm = float("inf"), torch.linalg.vector_norm
        self.check_ops(
            torch.randn(3, 4),
            lambda x: torch.einsum("ij,jk,kl", x, x.T, x),
            lambda x: torch.einsum("...ii->...i", x[:, :3]),
            lambda x: torch.einsum("ba,...a->...b", x, x),
            lambda x: (norm(x), norm(x, 3, (0, 1)), norm(x, 0, 0), norm(x, 1, -1), norm(x, inf)),
            lambda x: (norm(x, -inf, 1, keepdim=True), norm(x.half(), 2, 0), norm(x, -2, 0)))

    def test_losses(self):
        loss, huber = torch.nn.functional.cross_entropy, torch.nn.functional.huber_loss
        label, weight = torch.tensor([0, 1, -100]), torch.rand(4)
        share = torch.softmax(torch.randn(3, 4), -1)
        self.check_ops(
            torch.randn(3, 4),
            lambda x: (loss(x, label), loss(x[0], torch.tensor(2)), loss(x, label - label - 100)),
            lambda x: loss(x, label, weight, label_smoothing=.1),
            lambda x: loss(x, label, reduction="none", label_smoothing=.2),
            lambda x: loss(x, label.abs() % 4, weight, ignore_index=1, reduction="sum"),
            lambda x: loss(x.T[None].expand(2, 4, 3), label[None].expand(2, 3)),
            lambda x: loss(x, share, weight, label_smoothing=.1),
            lambda x: loss(x, share, reduction="none"),
            lambda x: (huber(x, x * 2), huber(x, x * 3, reduction="none", delta=.5)))

    def test_infinite_constants(self):
        class Infinite(torch.nn.Module):
            def forward(self, x, a):
                return x.masked_fill(x > 1, -float("inf")), float("inf"), a

        self.check(Infinite(), torch.ones(2), -float("inf"))

    def test_updates_in_place(self):
        program = torch.export.export(Model(), example())
        torch.export.save(program, self.folder / "m.pt2")
        with self.assertRaisesRegex(dlc.CompileError, "aten.add_.Tensor.*run_decompositions"):
            dlc.compile(self.folder / "m.pt2")


if __name__ == "__main__":
    unittest.main()
