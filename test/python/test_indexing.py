# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Looking up, writing, counting and finding elements, compared with eager."""

import unittest

import torch
from frontend import FrontendTest, dlc


class IndexingTest(FrontendTest):
    def check(self, function, *args):
        compiled = dlc.compile(function, *args)
        self.assert_close(compiled(*args), function(*args))
        return compiled

    def test_by_flat_place(self):
        x, i = torch.randn(3, 4), torch.tensor([[0, 5], [-1, 7]])
        self.check(lambda x, i: (x.take(i), x.put(i, torch.ones(2, 2)),
                                 x.put(i, torch.ones(2, 2), accumulate=True)), x, i)

    def test_of_nothing(self):
        x, i = torch.empty(0), torch.empty(0, dtype=torch.int64)
        compiled = self.check(lambda x, i: (x.take(i), x.gather(0, i)), x, i)
        with self.assertRaises(dlc.RunError):
            compiled(x, torch.zeros(1, dtype=torch.int64))

    def test_counts_of_numbers(self):
        x, w = torch.tensor([1, 2, 5, 2]), torch.randn(4)
        compiled = self.check(lambda x, w: (torch.bincount(x), torch.bincount(x, w, minlength=4)),
                              x, w)
        x = torch.tensor([0, 0, 1, 0])
        self.assert_close(compiled(x, w), (torch.bincount(x), torch.bincount(x, w, minlength=4)))
        with self.assertRaisesRegex(dlc.RunError, "counts no negative numbers"):
            compiled(-x, w)
        self.check(lambda x: torch.bincount(x, minlength=2), torch.empty(0, dtype=torch.int64))

    def test_index_reduce(self):
        x, i, s = torch.randn(5, 3), torch.tensor([4, 0, 4]), torch.randn(3, 3)
        for reduce in ("prod", "mean", "amax", "amin"):
            self.check(lambda x, i, s: (x.index_reduce(0, i, s, reduce),
                                        x.index_reduce(0, i, s, reduce, include_self=False)),
                       x, i, s)

    def test_parts_written(self):
        x, d, s = torch.randn(4, 5), torch.randn(3), torch.randn(2, 2)
        self.check(lambda x, d, s: (x.diagonal_scatter(d, -1),
                                    x.as_strided_scatter(s, (2, 2), (3, 1), 2)), x, d, s)

    def test_equal_elements(self):
        x = torch.tensor([[3, 1, 1], [2, 2, 3], [3, 1, 1], [3, 1, 1]])

        def found(x):
            return (torch.unique(x, return_inverse=True, return_counts=True),
                    torch.unique(x, dim=0, return_counts=True),
                    torch.unique_consecutive(x, return_inverse=True, return_counts=True),
                    torch.unique_consecutive(x, dim=-2, return_counts=True),
                    torch.mode(x, 0), torch.mode(x, 1, keepdim=True))

        self.check(found, x)

    def test_sizes_that_data_decides(self):
        x, n = torch.randn(3, 4), torch.tensor([2, 0, 3])
        mask = torch.tensor([True, False, True, True])
        self.check(lambda x, mask, n: (torch.masked_select(x, mask),
                                       torch.repeat_interleave(x, n, dim=0),
                                       torch.nonzero_static(mask, size=2),
                                       torch.nonzero_static(mask, size=5, fill_value=7)),
                   x, mask, n)

    def test_histograms(self):
        x, w, e = torch.rand(4, 7), torch.rand(4, 7), torch.tensor([0.0, 0.2, 0.5, 1.0])
        self.check(lambda x, w, e: (torch.histogram(x, 5), torch.histogram(x, e, weight=w),
                                    torch.histogram(x, 4, range=(0.25, 0.75), density=True),
                                    torch.histogramdd(x[:, :2], (2, 3))), x, w, e)

    def test_extremes_of_booleans(self):
        x, y = torch.tensor([[True, False], [False, False]]), torch.tensor([True, False])
        self.check(lambda x, y: (x.amax(), x.amin(1), x.max(0), x.min(0), x.aminmax(dim=1),
                                 torch.maximum(x, y), torch.minimum(x, y), x.fmax(y)), x, y)

    def test_search_in_unsorted_sequence(self):
        s, v = torch.randn(3, 6), torch.randn(3, 2)
        self.check(lambda s, v: torch.searchsorted(s, v, sorter=s.argsort(-1)), s, v)

    def test_embedding_within_a_norm(self):
        w, i = 3 * torch.randn(6, 4), torch.tensor([0, 2, 2])
        self.check(lambda w, i: torch.nn.functional.embedding(i, w.clone(), max_norm=1.0), w, i)


if __name__ == "__main__":
    unittest.main()
