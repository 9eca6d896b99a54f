# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensors in and out without a copy: PyTorch's, NumPy's, any that speaks DLPack."""

import gc
import importlib.util
import unittest

import numpy as np
import torch
from frontend import FrontendTest, dlc

from dlc import tensors


class Foreign:
    """A tensor of a library that speaks DLPack and nothing else."""

    def __init__(self, array, versioned=True):
        self.array, self.versioned = array, versioned

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __dlpack__(self, **options):
        if options and not self.versioned:
            raise TypeError("__dlpack__ takes no max_version")
        return self.array.__dlpack__(**options)


class TensorsTest(FrontendTest):
    def setUp(self):
        super().setUp()
        self.double = dlc.compile(lambda x: x * 2, torch.ones(3, 4))
        self.x = np.arange(12, dtype=np.float32).reshape(3, 4)

    def test_inputs_are_not_copied(self):
        kept = []
        for value, address in ((self.x, self.x.ctypes.data),
                               (torch.from_numpy(self.x), self.x.ctypes.data),
                               (Foreign(self.x), self.x.ctypes.data)):
            spec = tensors.Spec("x", "float32", "float32", 2, False)
            lent, = tensors.lend_all([value], [spec], kept)
            self.assertEqual(tensors.DLTensor.from_address(lent).data, address)

    def test_kinds(self):
        self.assertIsInstance(self.double(self.x), np.ndarray)
        self.assertIsInstance(self.double(torch.ones(3, 4)), torch.Tensor)
        for versioned in (True, False):
            result = self.double(Foreign(self.x, versioned))
            np.testing.assert_array_equal(result, self.x * 2)

    def test_layouts(self):
        transposed = np.ascontiguousarray(self.x.T).T
        read_only = self.x.copy()
        read_only.flags.writeable = False
        strided, backwards = np.zeros((3, 8), np.float32), self.x[::-1]
        strided[:, ::2] = self.x
        for value in (transposed, read_only, strided[:, ::2], Foreign(read_only)):
            np.testing.assert_array_equal(self.double(value), self.x * 2)
        np.testing.assert_array_equal(self.double(backwards), backwards * 2)
        np.testing.assert_array_equal(self.double(self.x.astype(">f4")), self.x * 2)
        expanded = torch.ones(4).expand(3, 4)
        self.assert_close(self.double(expanded), expanded * 2)
        self.assert_close(self.double(torch.ones(12)[::1].view(3, 4)[:, :]), expanded * 2)

    def test_results_live_as_long_as_they_are_used(self):
        for kind in (np.asarray, torch.from_numpy):
            result = self.double(kind(self.x))
            part = result[1:]
            del result
            gc.collect()
            self.double(kind(self.x + 1))
            np.testing.assert_array_equal(np.asarray(part), self.x[1:] * 2)
            part += 1  # and may be written to

    def test_results_outlive_the_model(self):
        result = dlc.compile(lambda x: x * 3, torch.ones(2))(np.ones(2, np.float32))
        gc.collect()
        np.testing.assert_array_equal(result, [3, 3])

    def test_element_types(self):
        for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.int64,
                      torch.uint8, torch.bool):
            x = torch.tensor([0, 1, 1, 0]).to(dtype)
            self.assert_close(dlc.compile(lambda x: x.clone(), x)(x), x)

    def test_empty(self):
        compiled = dlc.compile(lambda x: x * 2, torch.ones(0, 3))
        self.assertEqual(compiled(torch.ones(0, 3)).shape, (0, 3))
        self.assertEqual(compiled(np.ones((0, 3), np.float32)).shape, (0, 3))

    def test_shifts(self):
        def shift(x, s):
            return x << 2, x >> 1, x << s, x >> s, 3 << s

        x, s = torch.tensor([1, -7, 40]), torch.tensor([0, 3, 1])
        self.assert_close(dlc.compile(shift, x, s)(x, s), shift(x, s))

    def test_numbers(self):
        compiled = dlc.compile(lambda x, y: x + y, torch.tensor(1.0), torch.tensor([2.0]))
        y = np.ones(1, np.float32)
        for number in (2, 2.0, np.float32(2), np.array(2, np.float32), torch.tensor(2.0)):
            np.testing.assert_array_equal(np.asarray(compiled(number, y)), [3])
        with self.assertRaisesRegex(dlc.RunError, "float32.*float64"):
            compiled(np.float64(2), y)

    @unittest.skipUnless(importlib.util.find_spec("jax"), "JAX isn't installed")
    def test_jax(self):
        import jax

        result = self.double(jax.numpy.asarray(self.x))
        self.assertIsInstance(result, jax.Array)
        np.testing.assert_array_equal(np.asarray(result), self.x * 2)


if __name__ == "__main__":
    unittest.main()
