# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Complex numbers in compiled models."""

import unittest

import numpy as np
import torch
import torch.nn.functional as F
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

    def test_spread(self):
        self.check(lambda z: (z.var(), z.std(0), torch.var_mean(z, 1, correction=0, keepdim=True),
                              torch.std_mean(z)), self.z)

    def test_powers_of_matrices(self):
        self.check(lambda z: [torch.linalg.matrix_power(z[:, :3], k) for k in (0, 1, 2, 5)], self.z)

    def test_borders(self):
        self.check(lambda z: (F.pad(z, (1, 2), value=3), F.pad(z, (1, -1), "reflect"),
                              F.pixel_shuffle(z[None].unflatten(2, (2, 2)).transpose(1, 2)
                                              .reshape(1, 4, 1, 3), 2),
                              z.as_strided_scatter(z[0] * 2, (4,), (1,))), self.z)

    def test_what_is_made_of_other_ops(self):
        w = torch.randn(2, 3, 2, dtype=torch.complex64)
        self.check(lambda z, w: (z.logsumexp(1), F.conv1d(z, w),
                                 F.conv_transpose1d(z, w.transpose(0, 1)),
                                 torch.eye(3, dtype=z.dtype), torch.true_divide(z, 2),
                                 torch.stft(z.real.flatten(), 4, return_complex=True,
                                            window=torch.ones(4))),
                   self.z, w)

    def test_infinite_numbers(self):
        parts = [0.0, -0.0, 1.0, -2.0, 10.0, 1e-30, float("inf"), float("-inf")]
        z = torch.tensor([complex(a, b) for a in parts for b in parts])
        names = ("exp log sqrt rsqrt reciprocal sinh cosh sin cos tan tanh "
                 "asin acos atan asinh acosh atanh sigmoid").split()
        compiled = dlc.compile(lambda z: tuple(getattr(torch, name)(z) for name in names), z)
        for name, result in zip(names, compiled(z)):
            expected = torch.cat([getattr(torch, name)(z[i:i + 1]) for i in range(len(z))])
            for x, a, b in zip(z.tolist(), result.tolist(), expected.tolist()):
                # What sign an infinity of unknown angle has is open.
                close = [p == q or (p != p and q != q) or abs(p - q) <= 1e-4 * abs(q) + 1e-6
                         or (abs(p) == abs(q) == float("inf") and abs(x.imag) == float("inf"))
                         for p, q in ((a.real, b.real), (a.imag, b.imag))]
                self.assertTrue(all(close), f"{name}({x}) is {a}, not {b}")

    def test_products_and_places(self):
        def function(z, i):
            return (z.cumprod(1), z.cumprod(0)[:, :1], z[0, 0].cumprod(0), z[:0].cumprod(0),
                    (z * (z.real > 0)).nonzero(), torch.nn.functional.silu(z),
                    z.put(i, z[1, :2]), z.put(i, z[2, :2], accumulate=True))

        self.check(function, self.z, torch.tensor([0, -1]))

    def test_eigenvalues(self):
        for dtype in (torch.float32, torch.float64, torch.complex64):
            a = torch.randn(3, 5, 5, dtype=dtype)
            compiled = dlc.compile(lambda a: (torch.linalg.eig(a), torch.linalg.eigvals(a)), a)
            (values, vectors), alone = compiled(a)
            expected = torch.linalg.eig(a)
            self.assert_close(values, expected[0], atol=1e-4, rtol=1e-4)
            self.assert_close(alone, values)
            self.assert_close(vectors.abs(), expected[1].abs(), atol=1e-4, rtol=1e-4)
            self.assert_close(a.to(vectors.dtype) @ vectors, vectors * values[:, None],
                              atol=1e-5, rtol=1e-5)
        sizes = ({0: torch.export.Dim("n", min=2, max=64), 1: torch.export.Dim("n", min=2, max=64)},)
        a = torch.randn(4, 4, dtype=torch.float64)
        compiled = dlc.compile(lambda a: torch.linalg.eigvals(a), a, dynamic_shapes=sizes)
        a = torch.randn(6, 6, dtype=torch.float64)
        self.assert_close(compiled(a), torch.linalg.eigvals(a))

    def test_derivative_of_eigenvectors(self):
        def shares(a):
            values, vectors = torch.linalg.eig(a)
            return values.abs().sum() + (vectors.abs() ** 2)[0].sum()

        a = torch.randn(4, 4, dtype=torch.float64)
        want = a.clone().requires_grad_()
        shares(want).backward()
        self.assert_close(dlc.grad(shares)(a), want.grad)
        with self.assertRaisesRegex(dlc.RunError, "depends on their angle"):
            dlc.grad(lambda a: torch.linalg.eig(a)[1].imag[0].sum())(torch.tensor([[0., -2], [1, 0]]))

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

    def test_factorisations(self):
        for function in (torch.linalg.cholesky, torch.linalg.inv):
            with self.assertRaisesRegex(dlc.TraceError, rf"test_complex.py:\d+: torch.linalg."
                                        rf"{function.__name__[7:]} of complex matrices isn't supported"):
                dlc.trace(lambda z: function(z), torch.eye(3, dtype=torch.complex64))

    def test_spectrum(self):
        window = torch.hann_window(16)

        def function(x):
            spectrum = torch.stft(x, 16, hop_length=4, window=window, return_complex=True)
            return torch.istft(spectrum, 16, hop_length=4, window=window, length=64)

        self.check(function, torch.randn(2, 64))


if __name__ == "__main__":
    unittest.main()
