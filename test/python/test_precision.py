# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a formula would lose in a narrow type, at its poles and in its tails."""

import math
import unittest

import torch
from frontend import FrontendTest

import dlc

F = torch.nn.functional


class PrecisionTest(FrontendTest):
    def check(self, function, *args, **tolerances):
        got = dlc.compile(function, *args)(*args)
        self.assert_close(got, function(*args), equal_nan=True, **tolerances)


class HalfTest(PrecisionTest):
    """Squares, sums and statistics leave the range and digits of 16 bits."""

    TOLERANCES = {"rtol": 1e-2, "atol": 1e-2}

    def test_variance(self):
        for x in ((torch.randn(2000) * 20).half(), (torch.randn(4, 2000) / 2 + 60).bfloat16()):
            self.check(lambda x: (x.var(), x.std(-1), torch.var_mean(x, -1)), x, rtol=2e-2, atol=0)

    def test_products_and_sums(self):
        """A product that is added to isn't rounded before."""
        for dtype in (torch.float16, torch.bfloat16):
            x, w, bias = (torch.randn(size).to(dtype) for size in ((40, 30), (50, 30), (50,)))
            exact = F.linear(x.double(), w.double(), bias.double()).to(dtype)
            own = torch.randn(40, 50).to(dtype)
            products = dlc.compile(lambda x, w, bias, own: (
                F.linear(x, w, bias), torch.addmm(bias, x, w.T),
                torch.baddbmm(own[None], x[None], w.T[None], beta=0.5, alpha=3)), x, w, bias, own)
            linear, added, batch = products(x, w, bias, own)
            # What is left is the order of f32's sums.
            for got in (linear, added):
                self.assertLess((got != exact).sum().item(), 0.01 * exact.numel())
            exact = (0.5 * own.double() + 3 * (x.double() @ w.double().T)).to(dtype)
            self.assertLess((batch[0] != exact).sum().item(), 0.01 * exact.numel())

    def test_batch_norm(self):
        x, ones = (torch.randn(64, 4) * 900).half(), torch.ones(4)
        self.check(
            lambda x, w: F.batch_norm(x, None, None, w, training=True),
            x, ones.half(), **self.TOLERANCES)
        self.check(lambda x, m, v: F.batch_norm(x, m, v), x, ones, ones * 1e5, **self.TOLERANCES)

    def test_other_norms(self):
        x = (torch.randn(2, 4, 64) * 900).half()
        self.check(lambda x: (F.instance_norm(x), F.group_norm(x, 2), F.layer_norm(x, (64,))), x,
                   **self.TOLERANCES)

    def test_rms_norm_without_epsilon(self):
        for dtype in (torch.float16, torch.bfloat16):
            x = (torch.randn(2, 64) * 1e-3).to(dtype)
            self.check(lambda x: F.rms_norm(x, (64,)), x, **self.TOLERANCES)

    def test_mean_of_scattered(self):
        zeros, index, x = torch.zeros(1).half(), torch.zeros(3000).long(), torch.ones(3000).half()
        for function in (lambda z, i, x: z.scatter_reduce(0, i, x, "mean"),
                         lambda z, i, x: z.index_reduce(0, i, x, "mean")):
            got = dlc.compile(function, zeros, index, x)(zeros, index, x)
            self.assert_close(got, torch.ones(1).half(), rtol=1e-3, atol=0)

    def test_uniform_is_below_one(self):
        for dtype in (torch.float16, torch.bfloat16):
            x = torch.ones(200000, dtype=dtype)
            drawn = dlc.compile(lambda x: torch.rand_like(x), x)(x)
            self.assertLess(drawn.max().item(), 1)
            self.assertGreater(drawn.max().item(), 0.99)


class FormulaTest(PrecisionTest):
    def test_logarithms_of_powers(self):
        twos = [2.0**k for k in range(-1074, 1024)]
        tens = [float(f"1e{k}") for k in range(-323, 309)]
        edges = [0.0, -1.0, math.inf, math.nan, 1 + 2**-52, 1 - 2**-53, 3.7]
        for dtype, two, ten in ((torch.float64, (-1074, 1024), (-323, 309)),
                                (torch.float32, (-149, 128), (-45, 39)),
                                (torch.float16, (-24, 16), (-4, 5))):
            x = torch.tensor(twos[two[0] + 1074:two[1] + 1074], dtype=dtype)
            got = dlc.compile(torch.log2, x)(x)
            self.assert_close(got, torch.arange(*two).to(dtype), rtol=0, atol=0)
            if dtype != torch.float16:
                x = torch.tensor(tens[ten[0] + 323:ten[1] + 323], dtype=dtype)
                normal = slice(16 if dtype == torch.float64 else 7, None)
                got = dlc.compile(torch.log10, x)(x)
                self.assert_close(got[normal], torch.arange(*ten).to(dtype)[normal], rtol=0, atol=0)
            x = torch.tensor(edges, dtype=dtype)
            self.check(lambda x: (x.log2(), x.log10()), x)
        x = torch.rand(10000, dtype=torch.float64) * 3
        self.check(lambda x: (x.log2(), x.log10()), x, rtol=1e-15, atol=0)

    def test_normal_quantiles(self):
        p = [0.0, 1e-300, 1e-40, 1e-10, 1e-5, 0.1353, 0.1354, 0.3, 0.5, 0.8, 0.87, 1 - 1e-6, 1.0,
             -0.1, 1.1, math.nan]
        self.check(torch.special.ndtri, torch.tensor(p, dtype=torch.float64), rtol=1e-13, atol=1e-15)
        self.check(torch.special.ndtri, torch.tensor(p), rtol=2e-6, atol=1e-7)

    def test_complex_roots(self):
        z = [3e38 + 0j, -3e38 + 1e38j, 1e-40 + 0j, 1e-44 + 1e-44j, 0j, -4 + 0j, 3 - 4j,
             complex(math.inf, 0), complex(1, math.inf), complex(-math.inf, 0)]
        self.check(torch.sqrt, torch.tensor(z))
        self.check(torch.sqrt, torch.tensor(z[:4], dtype=torch.complex128) * 1e-270)

    def test_complex_powers_of_zero(self):
        zero = torch.zeros(1, dtype=torch.complex64)
        self.check(lambda z: (z**-2.5, z**-2, z**2.5, z**0), zero)
        exponents = torch.tensor([-2.5 + 1j, 1j, 2 + 1j])
        self.check(lambda z, e: z**e, zero, exponents)

    def test_complex_quotients_by_zero(self):
        self.check(lambda a, b: a / b, torch.tensor([1 + 1j, 1 + 0j, -1 + 1j, 0j]),
                   torch.zeros(1, dtype=torch.complex64))


if __name__ == "__main__":
    unittest.main()
