# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Edges of number types and of sizes' arithmetic, compared with eager."""

import math
import unittest

import torch
from frontend import FrontendTest, dlc


class NumbersTest(FrontendTest):
    def check(self, function, *args, **kwargs):
        compiled = dlc.compile(function, *args, **kwargs)
        self.assert_close(compiled(*args), function(*args), equal_nan=True)

    def test_numbers_as_booleans(self):
        m = torch.tensor([True, False])
        self.check(lambda m: (torch.full((2,), 2, dtype=torch.bool), m.masked_fill(~m, 2),
                              torch.full((2,), 0.5, dtype=torch.bool)), m)

    def test_sum_of_booleans(self):
        a, b = torch.tensor([True, False, False]), torch.tensor([False, True, False])
        self.check(lambda a, b: (torch.add(a, b), torch.add(a, b, alpha=False)), a, b)

    def test_floats_wrap_into_narrow_integers(self):
        x = torch.tensor([-1, 300, 255.9, -3.7, 70000, -200.5])
        self.check(lambda x: [x.to(t) for t in (torch.uint8, torch.int8, torch.int16)], x)

    def test_roots(self):
        x = torch.tensor([-math.inf, -0.0, 4.0])
        self.check(lambda x: (x ** 0.5, x ** -0.5, 1 / x ** 0.5), x)

    def test_median_of_nothing(self):
        self.check(lambda x: (x.median(), x.nanmedian()), torch.empty(0))
        self.check(lambda x: (x.median(), x.nanmedian()), torch.empty(0, dtype=torch.int64))

    def test_search_promotes(self):
        x, b = torch.tensor([2, 3]), torch.tensor([1.5, 2.5, 3.0, 3.5])
        for right in (False, True):
            self.check(lambda x, b: (torch.bucketize(x, b, right=right),
                                     torch.bucketize(3, b, right=right),
                                     torch.searchsorted(x, b, right=right),
                                     torch.searchsorted(x, 2.5, right=right),
                                     torch.searchsorted(b, torch.tensor(math.nan))), x, b)

    def test_sum_of_sizes(self):
        sizes = {0: torch.export.Dim("n", min=2, max=9)}
        for total in (lambda n: torch.sym_sum([n, 2 * n, 1]), lambda n: torch.sym_sum(n, 2 * n, 1)):
            self.check(lambda x: x.new_ones(total(x.shape[0])), torch.ones(4),
                       dynamic_shapes=(sizes,))

    def test_arithmetic_of_sizes(self):
        def function(x, y):
            n, m = x.shape[0], y.shape[0] - 9
            return (x + (n & 6), x + (n | 8), x + (n // -2), x + (n % -3), x + (-n // 3),
                    x + (n // m), x + (n % m), x + (-n // m), x + (-n % m))

        sizes = ({0: torch.export.Dim("n", min=2, max=64)}, {0: torch.export.Dim("m", min=2, max=8)})
        args = torch.zeros(7), torch.zeros(4)
        compiled = dlc.compile(function, *args, dynamic_shapes=sizes)
        for n in (3, 6, 7, 8):
            args = torch.zeros(n), torch.zeros(n - 1)
            self.assert_close(compiled(*args), function(*args))


if __name__ == "__main__":
    unittest.main()
