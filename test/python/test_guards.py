# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What torch.export takes for granted of open sizes, and sizes that follow from others."""

import json
import math
import os
import tempfile
import unittest

import torch
from frontend import FrontendTest, dlc

AUTO = torch.export.Dim.AUTO


class Model(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, y=None):
        return self.function(x) if y is None else self.function(x, y)


def by_parity(x):
    return x * 2 if x.shape[0] % 2 == 0 else x * 3


def by_length(x, y):
    return x.sum() * 2 if x.shape[0] > y.shape[0] else y.sum() * 3


def by_ratio(x):
    return x * 2 if x.shape[0] / 3 > 1.2 else x * 3


def checked(x):
    torch._check(x.shape[0] % 2 == 0)
    return x * 2


def by_magnitude(x):
    return x * 2 if round(x.shape[0] / 3) == 2 else x * 3


class GuardsTest(FrontendTest):
    def check(self, function, sizes, others, sentence):
        """Compiled for inputs of `sizes`, it refuses `others`; so does a .pt2 file."""
        inputs = [torch.ones(n) for n in sizes]
        shapes = {"x": {0: AUTO}, "y": {0: AUTO} if len(sizes) > 1 else None}
        shapes = {name: shapes[name] for name in list(shapes)[:len(sizes)]}
        model = Model(function)
        program = torch.export.export(model, tuple(inputs), dynamic_shapes=shapes)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.pt2")
            torch.export.save(program.run_decompositions(), path)
            for source in (dlc.compile(model, *inputs, dynamic_shapes=shapes),
                           dlc.compile(program), dlc.compile(path)):
                self.assert_close(source(*inputs), function(*inputs))
                with self.assertRaisesRegex(dlc.RunError, sentence):
                    source(*(torch.ones(n) for n in others))

    def test_branches(self):
        self.check(by_parity, [4], [5], r"recorded for \(x.shape\[0\] % 2\) == 0, which doesn't")
        self.check(by_parity, [5], [4], r"recorded for \(x.shape\[0\] % 2\) != 0, which doesn't")
        self.check(by_length, [5, 4], [4, 6], r"x.shape\[0\] > y.shape\[0\], which doesn't")
        self.check(by_ratio, [8], [3], r"\(x.shape\[0\] / 3\) > 1.2, which doesn't")

    def test_checks(self):
        self.check(checked, [4], [5], r"\(x.shape\[0\] % 2\) == 0, which doesn't")

    def test_inputs_in_lists(self):
        def first(xs):
            return by_parity(xs[0])

        compiled = dlc.compile(first, [torch.ones(4), torch.ones(3)],
                               dynamic_shapes=([{0: AUTO}, None],))
        self.assert_close(compiled([torch.ones(6), torch.ones(3)]), torch.ones(6) * 2)
        with self.assertRaisesRegex(dlc.RunError, r"\(xs\[0\].shape\[0\] % 2\) == 0"):
            compiled([torch.ones(5), torch.ones(3)])

    def test_ranges_are_no_guards(self):
        trace = dlc.trace(lambda x: x[2:5], torch.ones(8), dynamic_shapes=({0: AUTO},))
        self.assertNotIn("_assert_scalar", json.dumps(trace.document["nodes"]))

    def test_what_is_not_known(self):
        with self.assertRaisesRegex(dlc.TraceError, "holds only where .*round.*, as in the example"):
            dlc.compile(by_magnitude, torch.ones(6), dynamic_shapes=({0: AUTO},))
        program = torch.export.export(Model(by_magnitude), (torch.ones(6),),
                                      dynamic_shapes={"x": {0: AUTO}}).run_decompositions()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.pt2")
            torch.export.save(program, path)
            with self.assertRaisesRegex(dlc.DlcError, "holds only where .*round.*, as in its"):
                dlc.compile(path)


class SizesTest(FrontendTest):
    shapes = ({0: torch.export.Dim("n", min=8, max=100)},)

    def test_rounded_quotients(self):
        def halves(x):
            size = math.ceil(x.shape[0] / 2)
            return torch._higher_order_ops.map(lambda row: row * 2, x.new_ones(4, size))

        compiled = dlc.compile(halves, torch.ones(20), dynamic_shapes=self.shapes)
        for n in (9, 10, 21):
            self.assert_close(compiled(torch.ones(n)), halves(torch.ones(n)))

    def test_unknown_operations(self):
        def sizes(x):
            return (x.new_zeros(math.ceil(x.shape[0] / 2)), x.new_zeros(round(x.shape[0] / 3)),
                    torch.nn.functional.interpolate(x[None, None], scale_factor=1.5))

        trace = dlc.trace(sizes, torch.randn(20), dynamic_shapes=self.shapes)
        shapes = {result["value"]: result["type"]["shape"] for node in trace.document["nodes"]
                  for result in node["results"] if isinstance(result.get("type"), dict)}
        wanted = [shapes[output["arg"]["value"]] for output in trace.document["outputs"]]
        self.assertEqual(wanted, [[["floordiv", ["add", 1, "n"], 2]], [None], [1, 1, None]])
        compiled = dlc.compile(sizes, torch.randn(20), dynamic_shapes=self.shapes)
        self.assertEqual([y.shape for y in compiled(torch.ones(21))],
                         [y.shape for y in sizes(torch.ones(21))])
        self.assertNotRegex(json.dumps(compiled.signature), "ToInt|Float")


if __name__ == "__main__":
    unittest.main()
