# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every kind of tensor that a caller may have: its value, or one sentence."""

import copy
import threading
import unittest

import numpy as np
import torch
from frontend import FrontendTest, dlc


class Producer:
    """A tensor of a library that speaks DLPack, on a device of its own."""

    def __init__(self, array, device=1, problem=None):
        self.array, self.device, self.problem = array, device, problem

    def __dlpack_device__(self):
        return self.device, 0

    def __dlpack__(self, **options):
        if self.problem:
            raise self.problem
        return self.array.__dlpack__(**options)


class Subclass(torch.Tensor):
    pass


def doubled(x):
    return x + x


class InputsTest(FrontendTest):
    def setUp(self):
        super().setUp()
        self.double = dlc.compile(doubled, torch.ones(2, 3, 4))
        self.x = torch.randn(2, 3, 4)

    def refuse(self, sentence, value, model=None):
        with self.assertRaisesRegex(TypeError, sentence):
            (model or self.double)(value)

    def test_torch_layouts(self):
        image = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
        self.assert_close(dlc.compile(doubled, image)(image), doubled(image))
        big = torch.randn(4, 9, 8)
        for value in (self.x.transpose(0, 2).contiguous().transpose(0, 2), big[::2, 1::3, ::2],
                      big[1:3, 2:5, 3:7], torch.randn(3, 1).expand(2, 3, 4), self.x.flip(0)):
            self.assert_close(self.double(value), doubled(value))

    def test_ranks_and_empty_ones(self):
        for shape in ((), (0,), (3, 0, 2), (1,) * 12):
            x = torch.randn(shape)
            model = dlc.compile(doubled, x)
            self.assert_close(model(x), doubled(x))
            np.testing.assert_array_equal(model(x.numpy()), doubled(x.numpy()))
        rows = torch.export.Dim("rows", min=0)
        model = dlc.compile(doubled, torch.ones(3, 2), dynamic_shapes=({0: rows},))
        for count in (0, 1, 5):
            self.assert_close(model(torch.ones(count, 2)), torch.full((count, 2), 2.0))

    def test_element_types(self):
        for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.complex64,
                      torch.complex128, torch.uint8, torch.int16, torch.uint32):
            x = torch.tensor([0, 1, 2, 5]).to(dtype)
            model = dlc.compile(torch.Tensor.clone, x)
            self.assert_close(model(x[::2].repeat(2)), x[::2].repeat(2))
        flags = torch.tensor([True, False, True, True])
        self.assert_close(dlc.compile(torch.logical_not, flags)(flags), ~flags)

    def test_lazily_conjugated_and_negated(self):
        x = torch.randn(3, 2, dtype=torch.complex64)
        model = dlc.compile(doubled, x)
        self.assert_close(model(x.conj()), doubled(x.conj()))
        self.assert_close(model(x.t().contiguous().t()), doubled(x))
        negated = x.conj().imag
        self.assertTrue(negated.is_neg())
        self.assert_close(dlc.compile(doubled, torch.ones(3, 2))(negated), doubled(negated))

    def test_subclasses(self):
        for value in (torch.nn.Parameter(self.x, requires_grad=False),
                      self.x.as_subclass(Subclass)):
            result = self.double(value)
            self.assertIs(type(result), torch.Tensor)
            self.assert_close(result, doubled(self.x))
        weight = torch.nn.Parameter(self.x)
        self.refuse("'x': it requires a gradient", weight)
        with torch.no_grad():
            self.assert_close(self.double(weight), doubled(self.x))
        with torch.inference_mode():
            self.assert_close(self.double(self.x * 1), doubled(self.x))

    def test_forward_derivatives(self):
        forward = torch.autograd.forward_ad
        with forward.dual_level():
            self.assert_close(self.double(self.x), doubled(self.x))
            self.refuse("'x': it has a tangent.*dlc.jvp", forward.make_dual(self.x, self.x))

    def test_torch_tensors_without_plain_elements(self):
        quantized = torch.quantize_per_tensor(self.x, 0.1, 0, torch.qint8)
        nested = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
        for value, kind in ((quantized, "quantized"), (nested, "nested"),
                            (self.x.to_sparse(), "sparse"), (self.x.to("meta"), "on meta"),
                            (self.x.to_mkldnn(), "mkldnn")):
            with self.subTest(kind):
                self.refuse("^input 'x': ", value)

    def test_numpy_layouts(self):
        x = self.x.numpy()
        record = np.zeros((2, 3, 4), [("tag", np.int8), ("value", np.float32)])
        record["value"] = x
        for value in (np.asfortranarray(x), x[::-1, :, ::-1], x.astype(">f4"), record["value"],
                      np.broadcast_to(x[:1], x.shape), x.view(np.ndarray)):
            np.testing.assert_array_equal(self.double(value), doubled(value.astype(np.float32)))
        read_only = x.copy()
        read_only.flags.writeable = False
        result = self.double(read_only)
        np.testing.assert_array_equal(result, doubled(x))
        self.assertTrue(result.flags.writeable)

    def test_numpy_kinds_that_are_refused(self):
        for value, kind in ((np.zeros(3, "datetime64[s]"), "datetime64"),
                            (np.array(["a"]), "str"), (np.zeros(2, [("a", "f4")]), "void"),
                            (np.zeros(3, np.longdouble), "longdouble|float128")):
            self.refuse(f"'x': elements of type .*({kind}).* aren't supported", value)
        self.refuse("'x': it has elements that are masked",
                    np.ma.masked_array(self.x.numpy(), self.x.numpy() > 0))
        np.testing.assert_array_equal(self.double(np.ma.masked_array(self.x.numpy())),
                                      doubled(self.x.numpy()))

    def test_dlpack(self):
        x = self.x.numpy()
        for device in (1, 3):  # on the CPU, pinned
            np.testing.assert_array_equal(self.double(Producer(x, device)), doubled(x))
        self.refuse("'x': a tensor on the CPU is expected, not on DLPack's device 2:0",
                    Producer(x, 2))
        self.refuse(r"'x': its __dlpack__ gives nothing \(it is lent\)",
                    Producer(x, 1, BufferError("it is lent")))
        number = Producer(np.array([1 + 2j], np.complex64))
        model = dlc.compile(doubled, torch.ones(1, dtype=torch.complex64))
        np.testing.assert_array_equal(model(number), [2 + 4j])
        self.refuse("'x': real numbers are expected", number)

    def test_numbers(self):
        model = dlc.compile(doubled, torch.tensor(1j))
        for number in (2j, 2.0, 2, np.complex64(2j)):
            self.assertEqual(complex(model(number)), doubled(number))
        self.refuse("'x': real numbers are expected", 1j, dlc.compile(doubled, torch.tensor(1.0)))

    def test_what_is_no_tensor(self):
        for value in (None, "text", b"bytes", object(), range(3)):
            self.refuse("'x'", value)


class AliasTest(FrontendTest):
    """Results are the caller's own, whatever the program returns."""

    def test_input_as_result(self):
        x = torch.ones(3)
        model = dlc.compile(lambda x: (x, x[1:], x), x)
        same, part, again = model(x)
        same += 1
        part += 2
        self.assert_close(x, torch.ones(3))
        self.assert_close(again, torch.ones(3))

    def test_one_tensor_given_twice(self):
        x, y = torch.randn(4), torch.randn(4)
        model = dlc.compile(lambda a, b: (a - 2 * b, b), x, y)
        self.assert_close(model(x, x), (-x, x))
        self.assert_close(model(x[1:].repeat(2)[:4], x), (x[1:].repeat(2)[:4] - 2 * x, x))

    def test_result_as_input(self):
        x = torch.randn(4)
        model = dlc.compile(lambda x: x * 2, x)
        y = x
        for _ in range(3):
            y = model(y)
        self.assert_close(y, 8 * x)

    def test_constant_as_result(self):
        weight = torch.ones(3)
        model = dlc.compile(lambda x: (weight, x + weight), torch.ones(3))
        model(torch.ones(3))[0].zero_()
        self.assert_close(model(torch.ones(3)), (torch.ones(3), torch.full((3,), 2.0)))


class ConstantsTest(FrontendTest):
    """What isn't a tensor in the example is a constant, of its kind."""

    def test_kinds(self):
        x = torch.ones(3, dtype=torch.int64)
        model = dlc.compile(lambda x, n: x * n, x, 2)
        self.assert_close(model(x, 2), 2 * x)
        self.assert_close(model(x, np.int64(2)), 2 * x)
        for other in (2.0, True, "2", x):
            with self.assertRaisesRegex(TypeError, "compiled for 2 where "):
                model(x, other)


class ThreadsTest(FrontendTest):
    def test_shared_model(self):
        """Callers of one model at once, of sizes of their own, and some with their own copy."""
        rows = torch.export.Dim("rows", min=2, max=500)
        weight = torch.randn(32, 32)
        model = dlc.compile(lambda x: torch.softmax(x @ weight, -1), torch.randn(3, 32),
                            dynamic_shapes=({0: rows},))
        wrong = []

        def call(seed, model):
            try:
                for i in range(10):
                    x = torch.randn(2 + 37 * seed + 7 * i, 32)
                    self.assert_close(model(x), torch.softmax(x @ weight, -1))
                    with self.assertRaisesRegex(dlc.RunError, "at least 2"):
                        model(x[:1])
            except Exception as error:
                wrong.append(error)

        models = [model, model, model, copy.deepcopy(model)]
        threads = [threading.Thread(target=call, args=pair) for pair in enumerate(models)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
