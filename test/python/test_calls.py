# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls of compiled models: arguments and results in any structure."""

import collections
import dataclasses
import unittest

import numpy as np
import torch
from frontend import FrontendTest, dlc

Pair = collections.namedtuple("Pair", ["first", "second"])


@dataclasses.dataclass
class Batch:
    ids: torch.Tensor
    mask: torch.Tensor = None


torch.export.register_dataclass(Batch, serialized_type_name="test_calls.Batch")


class StructureTest(FrontendTest):
    """What the compiled model takes and gives has the structure of the original's, when it
    was just compiled and when it was loaded."""

    def both(self, function, *args, **kwargs):
        compiled = dlc.compile(function, *args, kwargs=kwargs)
        compiled.save(self.folder / "m.so")
        return compiled, dlc.load(self.folder / "m.so")

    def check(self, function, *args, **kwargs):
        expected = function(*args, **kwargs)
        for model in self.both(function, *args, **kwargs):
            self.assert_close(model(*args, **kwargs), expected)

    def test_one_example_for_two_inputs(self):
        x = torch.ones(3)
        compiled = dlc.compile(lambda a, b: a - b, x, x)
        self.assert_close(compiled(x, 3 * x), -2 * x)

    def test_nested(self):
        x, y = torch.randn(3), torch.randn(3)
        self.check(lambda a, b: ([a["x"], (b + 1,)], {"s": a["l"][0][0] - b}),
                   {"x": x, "l": [(y,)]}, y)

    def test_dict_in_another_order(self):
        for model in self.both(lambda d: d["a"] - d["b"], {"a": torch.ones(2), "b": torch.zeros(2)}):
            self.assert_close(model({"b": torch.zeros(2), "a": torch.ones(2)}), torch.ones(2))

    def test_named_tuples(self):
        function = lambda p: Pair(p.first + 1, p.second * 2)  # noqa: E731
        pair = Pair(torch.ones(2), torch.ones(2))
        compiled, loaded = self.both(function, pair)
        self.assertIsInstance(compiled(pair), Pair)
        self.assertEqual(loaded(pair)._fields, ("first", "second"))
        self.assert_close(tuple(loaded(pair)), tuple(function(pair)))

    def test_dataclasses(self):
        def function(batch):
            return Batch(batch.ids + 1)

        compiled, loaded = self.both(function, Batch(torch.ones(2)))
        self.assert_close(compiled(Batch(torch.ones(2))).ids, torch.full((2,), 2.0))
        self.assert_close(loaded(Batch(torch.ones(2)))["ids"], torch.full((2,), 2.0))

    def test_none_and_constants(self):
        self.check(lambda x, y, n: (x + n, None, n, y), torch.ones(2), None, 3)

    def test_infinite_constants(self):
        x, inf = torch.ones(2), float("inf")
        compiled = dlc.compile(lambda x, a: (x + 1, inf, a), x, -inf)
        self.assertEqual(compiled(x, -inf)[1:], (inf, -inf))
        with self.assertRaisesRegex(TypeError, "argument 'a': .* compiled for -inf where 1.0 is given"):
            compiled(x, 1.0)

    def test_what_wrong_arguments_are_called(self):
        compiled = dlc.compile(lambda x, *rest: x * rest[0] * rest[1]["by"], torch.ones(2), 2,
                               {"by": 3})
        with self.assertRaisesRegex(TypeError, "^argument number 2: the model was compiled for 2"):
            compiled(torch.ones(2), 4, {"by": 3})
        with self.assertRaisesRegex(TypeError, r"^argument number 3\['by'\]: the model was"):
            compiled(torch.ones(2), 2, {"by": 4})
        with self.assertRaisesRegex(TypeError, "^argument number 2 should be a tensor or a number"):
            compiled(torch.ones(2), [2], {"by": 3})

    def test_numbers_as_results(self):
        for model in self.both(lambda x: (x.shape[0], x + 1), torch.ones(3)):
            self.assertEqual(model(torch.ones(3))[0], 3)

    def test_arguments_by_name(self):
        def function(x, scale, *, shift):
            return x * scale + shift

        x, scale, shift = torch.ones(2), torch.full((2,), 2.0), torch.full((2,), 3.0)
        for model in self.both(function, x, scale, shift=shift):
            self.assert_close(model(shift=shift, scale=scale, x=x), torch.full((2,), 5.0))
        for model in self.both(function, x, scale=scale, shift=shift):
            self.assert_close(model(x, scale, shift=shift), torch.full((2,), 5.0))

    def test_defaults(self):
        def function(x, mask=None, *, scale=2.0, bias=None):
            y = x * scale if mask is None else x * mask
            return y if bias is None else y + bias

        x, none = torch.ones(2), {"bias": None}
        for args, kwargs in (((x,), {}), ((x, None), none), ((x,), {"scale": 2.0})):
            for model in self.both(function, *args, **kwargs):
                for call in (model(x), model(x, None), model(x, mask=None, bias=None),
                             model(x=x, scale=2.0)):
                    self.assert_close(call, torch.full((2,), 2.0))
        compiled = dlc.compile(function, x)
        with self.assertRaisesRegex(TypeError, "compiled for scale=2.0, its default"):
            compiled(x, scale=3.0)
        with self.assertRaisesRegex(TypeError, "compiled for mask=None, its default"):
            compiled(x, mask=x)
        compiled = dlc.compile(function, x, x)
        with self.assertRaisesRegex(TypeError, "input 'mask' is missing: the example has a tensor"):
            compiled(x)
        compiled = dlc.compile(function, x, kwargs={"scale": 3.0})
        with self.assertRaisesRegex(TypeError, "compiled for 3.0 where 2.0 is given"):
            compiled(x)

    def test_numbers(self):
        compiled = dlc.compile(lambda x: x + 1, torch.zeros((), dtype=torch.int8))
        self.assertEqual(compiled(3), 4)
        for number in (300, 10**30):
            with self.assertRaisesRegex(TypeError, f"'x': {number} is out of the range of int8"):
                compiled(number)

    def test_no_tensor_arguments(self):
        compiled = dlc.compile(lambda: torch.arange(3))
        self.assert_close(compiled(), torch.arange(3))


class WrongCallTest(FrontendTest):
    """Each error names the argument."""

    def setUp(self):
        super().setUp()
        batch = torch.export.Dim("batch", min=2, max=8)
        self.model = dlc.compile(dlc.trace(
            lambda x, d, k=1: d["w"] * x.sum(1, keepdim=True) * k, torch.ones(3, 4),
            {"w": torch.ones(2)}, dynamic_shapes=({0: batch}, {"w": None})))
        self.x, self.d = torch.ones(3, 4), {"w": torch.ones(2)}

    def check(self, error, message, *args, **kwargs):
        with self.assertRaisesRegex(error, message):
            self.model(*args, **kwargs)

    def test_structure(self):
        self.check(TypeError, r"argument 'd' should be {w: tensor}, not {v}", self.x, {"v": self.x})
        self.check(TypeError, r"argument 'd' should be {w: tensor}, not a tuple of 1", self.x, (1,))
        self.check(TypeError, r"argument 'd'\['w'\] should be a tensor or a number, not {v}",
                   self.x, {"w": {"v": 1}})
        self.check(TypeError, "argument 'x' should be a tensor or a number, not a list of 1",
                   [self.x], self.d)

    def test_number_of_arguments(self):
        self.check(TypeError, "argument 'd' is missing", self.x)
        self.check(TypeError, "takes 2 arguments by position, but is given 3",
                   self.x, self.d, 1, 2)
        with self.assertRaisesRegex(TypeError, "takes 1 argument by position, but is given 2"):
            dlc.compile(torch.exp, self.x)(self.x, self.x)
        with self.assertRaisesRegex(TypeError, "threads is a number, .*not 'two'"):
            dlc.compile(torch.exp, self.x, threads="two")
        with self.assertRaisesRegex(TypeError, "threads is a number, .*not 'two'"):
            self.model.set_threads("two")
        self.check(TypeError, "takes no argument 'other'", self.x, self.d, other=1)
        self.check(TypeError, "takes no argument 'other'", self.x, other=1)

    def test_tensor(self):
        self.check(dlc.RunError, r"input 'x' should be float32\[\w+,4\], but is given as "
                   r"float32\[3,5\]", torch.ones(3, 5), self.d)
        self.check(dlc.RunError, r"input 'x' should be float32.* given as float64",
                   self.x.double(), self.d)
        self.check(dlc.RunError, "at most 8", torch.ones(9, 4), self.d)
        self.check(TypeError, "input 'x': a tensor is expected .* not a str", "x", self.d)
        self.check(TypeError, "input 'x': a tensor on the CPU is expected, not on meta",
                   self.x.to("meta"), self.d)
        self.check(TypeError, "input 'x': a dense tensor is expected", self.x.to_sparse(), self.d)
        self.check(TypeError, "input 'x': elements of type object",
                   np.array([None]), self.d)

    def test_gradient(self):
        x = self.x.clone().requires_grad_()
        self.check(TypeError, "input 'x': it requires a gradient", x, self.d)
        with torch.no_grad():
            self.assert_close(self.model(x, self.d), torch.full((3, 2), 4.0))

    def test_constant(self):
        model = dlc.compile(lambda x, n: x + n, self.x, 2)
        with self.assertRaisesRegex(TypeError, "compiled for 2 where 3 is given"):
            model(self.x, 3)

    def test_what_to_compile(self):
        with self.assertRaisesRegex(TypeError, "not int"):
            dlc.compile(3)
        with self.assertRaisesRegex(TypeError, "has been recorded"):
            dlc.compile(self.folder / "m.onnx", self.x)
        with self.assertRaises(FileNotFoundError):
            dlc.compile(self.folder / "m.onnx")


if __name__ == "__main__":
    unittest.main()
