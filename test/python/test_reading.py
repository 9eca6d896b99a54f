# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damaged traces, archives and compiled models: each is refused with a sentence."""

import copy
import json
import unittest

import torch
from frontend import FrontendTest, dlc


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, x, d, scale=2.0):
        y = self.linear(x) * scale
        return {"a": y.sum(dim=-1), "b": (y, d["k"] + 1.5)}


def trace():
    batch = torch.export.Dim("batch", min=2, max=64)
    return dlc.trace(Model(), torch.randn(3, 4), {"k": torch.ones(4)},
                     dynamic_shapes=({0: batch}, {"k": None}))


class TraceTest(FrontendTest):
    """`load_trace` checks everything: docs/trace.schema.json, and that metadata fit."""

    def setUp(self):
        super().setUp()
        self.path = self.folder / "m.json"
        trace().save(self.path)
        self.document = json.loads(self.path.read_text())

    def refuse(self, sentence, change):
        document = copy.deepcopy(self.document)
        change(document)
        self.path.write_text(json.dumps(document))
        for read, error in ((dlc.load_trace, dlc.TraceError), (dlc.compile, dlc.CompileError)):
            with self.assertRaisesRegex(error, sentence):
                read(self.path)

    def test_metadata(self):
        def leaves(document):
            return document["metadata"]["inputs"]

        self.refuse("in 'inputs' 1, of them 1 tensors; the program has 2 inputs",
                    lambda d: leaves(d).pop())
        self.refuse("an argument has a field 'const'", lambda d: leaves(d).append({"const": 1}))
        self.refuse("the arguments aren't a tuple and a dict",
                    lambda d: d["metadata"]["in_tree"]["tuple"].pop())
        self.refuse("the results are 3 in 'out_tree', and in 'outputs' 2",
                    lambda d: d["metadata"]["outputs"].pop())
        self.refuse("'out_tree' is missing", lambda d: d["metadata"].pop("out_tree"))
        self.refuse("result 0 isn't a number",
                    lambda d: d["metadata"]["outputs"].__setitem__(0, {"number": True}))
        self.refuse("'defaults' isn't an object", lambda d: d["metadata"].update(defaults=[1]))

    def test_symbols(self):
        self.refuse("the size 'batch' isn't one of the symbols", lambda d: d["symbols"].clear())
        self.refuse("'min' is missing", lambda d: d["symbols"]["batch"].clear())
        self.refuse("the maximum is less than the minimum",
                    lambda d: d["symbols"]["batch"].update(min=65))

    def test_weights(self):
        weights = self.path.with_suffix(".safetensors")
        weights.write_bytes(weights.read_bytes()[:-8])
        self.refuse("isn't where the header says", lambda d: None)
        weights.unlink()
        self.refuse("m.safetensors': No such file", lambda d: None)

    def test_weights_of_other_types(self):
        def weight(document, name):
            return next(i for i in document["inputs"] if i.get("weight") == name)

        self.refuse(r"weight 'linear.bias' should be f32\[1\], but is f32\[4\]",
                    lambda d: weight(d, "linear.bias")["type"].update(shape=[1]))
        self.refuse(r"weight 'linear.weight' should be f64\[4, 4\], but is f32\[4, 4\]",
                    lambda d: weight(d, "linear.weight")["type"].update(dtype="f64"))
        self.refuse("weight 'other': the program has none of this name",
                    lambda d: weight(d, "linear.bias").update(weight="other"))

    def test_nested_too_deep(self):
        self.path.write_text('{"format": "dlc-trace", "x": ' + "[" * 9999 + "]" * 9999 + "}")
        with self.assertRaisesRegex(dlc.TraceError, "nested more than 512 levels deep"):
            dlc.load_trace(self.path)

    def test_structure_nested_too_deep(self):
        def nest(tree, levels):
            for _ in range(levels):
                tree = {"tuple": [tree]}
            return tree

        self.refuse("structures are nested more than 64 levels deep",
                    lambda d: d["metadata"].update(out_tree=nest(d["metadata"]["out_tree"], 65)))

        class Nested(torch.nn.Module):
            def __init__(self, levels):
                super().__init__()
                self.levels = levels

            def forward(self, x):
                y = x + 1
                for _ in range(self.levels):
                    y = (y,)
                return y

        archive = self.folder / "m.pt2"
        torch.export.save(torch.export.export(Nested(64), (torch.ones(2),)), archive)
        dlc.compile(archive)
        torch.export.save(torch.export.export(Nested(65), (torch.ones(2),)), archive)
        with self.assertRaisesRegex(dlc.CompileError, "nested more than 64 levels deep"):
            dlc.compile(archive)

    def test_derivative_of_a_trace_without_structure(self):
        del self.document["metadata"]
        self.path.write_text(json.dumps(self.document))
        loaded = dlc.load_trace(self.path)
        with self.assertRaisesRegex(dlc.TraceError, "doesn't tell how its program is called"):
            dlc.grad(loaded).trace()


class NamesTest(FrontendTest):
    """Symbolic sizes have the names that the user gave them."""

    def test_symbols(self):
        recorded = trace()
        self.assertIn("x: f32[batch, 4]", repr(recorded))
        self.assertEqual(recorded.document["symbols"], {"batch": {"min": 2, "max": 64}})
        self.assertIn("x: float32[batch, 4]", repr(dlc.compile(recorded)))

    def test_complex_and_open_results(self):
        rows = torch.export.Dim("rows", min=2)
        model = dlc.compile(lambda x: (x * 1j, x.nonzero()), torch.ones(3, 4),
                            dynamic_shapes=({0: rows},))
        self.assertRegex(repr(model), r"\(x: float32\[rows, 4\]\) -> output_0: "
                         r"complex64\[rows, 4\], output_1: int64\[\?, 2\]>$")

    def test_results(self):
        rows = torch.export.Dim("rows", min=3)
        recorded = dlc.trace(lambda x: (torch.cat([x, x[1:]]), x.flatten(), x[1:].T, x[::2]),
                             torch.ones(5, 4), dynamic_shapes=({0: rows},))
        shapes = [["2*rows-1", 4], ["4*rows"], [4, "rows-1"], ["(rows+1)//2", 4]]
        model = dlc.compile(recorded)
        self.assertEqual([o["shape"] for o in model.signature["outputs"]], shapes)
        path = self.folder / "sizes.so"
        model.save(path)
        self.assertEqual(dlc.load(path).signature["outputs"], model.signature["outputs"])
        self.assertIn("float32[2*rows-1,4]", path.with_suffix(".h").read_text())
        gradient = dlc.grad(lambda x: x.square().sum()).trace(
            torch.ones(5, 4), dynamic_shapes=({0: rows},))
        self.assertEqual(dlc.compile(gradient).signature["outputs"][0]["shape"], ["rows", 4])

    def test_constants(self):
        recorded = dlc.trace(lambda x, k: x * k, torch.ones(3), 2.5)
        self.assertIn("(x: f32[3], k=2.5)", repr(recorded))

    def test_derived_and_named_arguments(self):
        half, rows = torch.export.Dim("half", max=20), torch.export.Dim("rows", max=9)

        class Keywords(torch.nn.Module):
            def forward(self, x, *, z):
                return x + 1, z * 2

        recorded = dlc.trace(Keywords(), torch.ones(6), kwargs={"z": torch.ones(3, 5)},
                             dynamic_shapes={"x": {0: 2 * half}, "z": (rows, None)})
        shapes = [i["type"]["shape"] for i in recorded.document["inputs"]]
        self.assertEqual(shapes, [[["mul", 2, "half"]], ["rows", 5]])


class LoadTest(FrontendTest):
    """Files that are no compiled models."""

    def refuse(self, sentence, data):
        path = self.folder / f"{len(data)}.so"
        path.write_bytes(data)
        with self.assertRaisesRegex(dlc.LoadError, sentence):
            dlc.load(path)

    def test_files(self):
        self.refuse("isn't a compiled model: it is no shared object", b"")
        self.refuse("isn't a compiled model: it is no shared object", b"some text\n" * 20)
        dlc.compile(lambda x: x + 1, torch.ones(3), output=self.folder / "m.so")
        data = (self.folder / "m.so").read_bytes()
        for size in (64, 100, 1000, len(data) // 2):
            self.refuse("is cut short", data[:size])
        self.refuse("can't be loaded", data[:16] + b"\1\0" + data[18:])  # an object file

    def test_library_without_a_model(self):
        with self.assertRaisesRegex(dlc.LoadError, "isn't a compiled model: it has no 'dlc_model'"):
            dlc.load(torch._C.__file__)

    def test_damaged_in_the_cache(self):
        dlc.compile(lambda x: x + 1, torch.ones(3))
        for file in self.cached():
            file.unlink()  # it is mapped
            file.write_bytes(b"\x7fELF")
        self.assert_close(dlc.compile(lambda x: x + 1, torch.ones(3))(torch.ones(3)),
                          torch.full((3,), 2.0))


if __name__ == "__main__":
    unittest.main()
