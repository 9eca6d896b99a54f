# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Complex numbers in compiled models."""

import unittest

import numpy as np
import torch
from frontend import FrontendTest, dlc


class ComplexTest(FrontendTest):
    def setUp(self):
        super().setUp()
        self.z = torch.randn(3, 4, dtype=torch.complex64)

    def check(self, function, *args):
        compiled = dlc.compile(function, *args)
        self.assert_close(compiled(*args), function(*args))
        return compiled

    def test_inputs_and_outputs(self):
        def function(z, x):
            return {"product": z * x, "length": z.abs(), "shifted": z + (1 - 2j)}

        x = torch.randn(4)
        compiled = self.check(function, self.z, x)
        for z in (self.z.t().contiguous().t(), self.z.conj().resolve_conj(), self.z.conj()):
            self.assert_close(compiled(z, x), function(z, x))
        arrays = compiled(self.z.numpy()[::1], x.numpy())
        self.assertEqual(arrays["product"].dtype, np.complex64)
        np.testing.assert_allclose(arrays["product"], self.z.numpy() * x.numpy(), rtol=1e-5)

    def test_weights(self):
        weight = torch.randn(4, dtype=torch.complex64)
        trace = dlc.trace(lambda z: z @ weight, self.z)
        trace.save(self.folder / "m.json")
        compiled = dlc.compile(dlc.load_trace(self.folder / "m.json"))
        self.assert_close(compiled(self.z), self.z @ weight)

    def test_open_sizes(self):
        class Model(torch.nn.Module):
            def forward(self, z):
                return torch.fft.ifft(z, dim=1).sum(0)

        rows = torch.export.Dim("rows")
        compiled = dlc.compile(Model(), self.z, dynamic_shapes=({0: rows},))
        for size in (2, 7):
            z = torch.randn(size, 4, dtype=torch.complex64)
            self.assert_close(compiled(z), Model()(z))

    def test_real_for_complex(self):
        compiled = dlc.compile(lambda z: z * 2, self.z)
        with self.assertRaisesRegex(TypeError, "input 'z': complex numbers are expected"):
            compiled(torch.view_as_real(self.z))
        compiled = dlc.compile(lambda x: x * 2, torch.view_as_real(self.z))
        with self.assertRaisesRegex(TypeError, "input 'x': real numbers are expected"):
            compiled(self.z)

    def test_spectrum(self):
        window = torch.hann_window(16)

        def function(x):
            spectrum = torch.stft(x, 16, hop_length=4, window=window, return_complex=True)
            return torch.istft(spectrum, 16, hop_length=4, window=window, length=64)

        self.check(function, torch.randn(2, 64))


if __name__ == "__main__":
    unittest.main()
