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
        self.check(lambda x, i: (x.diagonal(), x[i], x[:, :0, i]), torch.empty(0, 2, 0), i)

    def test_out_of_range(self):
        """What eager refuses ends the run; what counts from the end in eager does here, too."""
        x, i = torch.arange(12.).reshape(3, 4), torch.tensor([[0, 1], [2, 0]])
        rows, labels = torch.tensor([0, 1]), torch.tensor([0, 3])
        functional = torch.nn.functional
        checked = [
            (lambda x, i: x.gather(1, i), i), (lambda x, i: x.scatter(1, i, x), i),
            (lambda x, i: x.scatter(1, i, 2.), i), (lambda x, i: x.scatter_add(1, i, x), i),
            (lambda x, i: x.scatter_reduce(1, i, x, "mean"), i),
            (lambda x, i: x.index_add(0, i, x[:2], alpha=2), rows),
            (lambda x, i: x.index_copy(0, i, x[:2]), rows),
            (lambda x, i: x.index_reduce(0, i, x[:2], "prod"), rows),
            (lambda x, i: functional.embedding(i, x), rows),
            (lambda x, i: functional.cross_entropy(x[:2], i), labels),
            (lambda x, i: functional.nll_loss(x[:2], i, reduction="none"), labels),
            (lambda x, i: functional.multi_margin_loss(x[:2], i), labels)]
        for number, (function, good) in enumerate(checked):
            with self.subTest(number=number):
                compiled = self.check(function, x, good)
                with self.assertRaisesRegex(dlc.RunError, "test_indexing.py.*out of range"):
                    compiled(x, good - 1)

        def from_end(x, i):
            return (x[i], x.index_put((i,), x[:2]), x.index_fill(0, i, 5.),
                    torch.take_along_dim(x[:2], i[:, None], 1))
        self.check(from_end, x, rows - 1)

    def test_slices_written(self):
        x, i = torch.arange(12).reshape(3, 4), torch.tensor([2, 2], dtype=torch.int32)

        def write(x, i):
            return (x.index_add(1, i, x[:, :2], alpha=3), x.index_copy(0, i.long(), x[:2]),
                    x[0, 0].index_add(0, i[0] * 0, x[1, 1]),
                    (x > 5).index_add(0, i, x[:2] > 0), x.index_fill(-1, i.long(), 7))
        self.check(write, x, i)

    def test_planes_unpooled(self):
        x, i = torch.randn(2, 3), torch.tensor([[0, 2, 5], [5, 1, 0]])
        compiled = self.check(lambda x, i: torch.nn.functional.max_unpool1d(x, i, 2), x, i)
        with self.assertRaises(dlc.RunError):
            compiled(x, i - 1)

    def test_largest_of_nothing(self):
        x, size = torch.ones(2, 3), torch.export.Dim("n", min=0)
        for function in (lambda x: x.max(), lambda x: x.amax(0), lambda x: x.min(0),
                         lambda x: x.argmax(0), lambda x: x.mode(0), lambda x: x.median(0)):
            with self.assertRaises(Exception):
                dlc.compile(function, x[:0])
            compiled = dlc.compile(function, x, dynamic_shapes=({0: size},))
            self.assert_close(compiled(x), function(x))
            with self.assertRaisesRegex(dlc.RunError, "no elements"):
                compiled(x[:0])

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


class WritingAtTensorsTest(FrontendTest):
    """x[i] = y where i is, or its slices' bounds are, tensors without dimensions."""

    def check(self, index, value, *places):
        def write(x, place):
            y = x.clone()
            y[index(place)] = value
            return y

        x = torch.randn(4, 5, 6)
        compiled = dlc.compile(write, x, torch.tensor(1))
        for place in places or (2, 1):
            self.assert_close(compiled(x, torch.tensor(place)), write(x, torch.tensor(place)))
        return compiled, x

    def test_places(self):
        every = slice(None)
        compiled, x = self.check(lambda i: i, torch.randn(5, 6), 3, -1)
        with self.assertRaisesRegex(dlc.RunError, "test_indexing.py.*out of range"):
            compiled(x, torch.tensor(4))
        self.check(lambda i: i, 7)
        self.check(lambda i: (every, i), torch.randn(4, 6), 4, -5)
        self.check(lambda i: (i, every, i), torch.randn(5))
        self.check(lambda i: (0, i, slice(1, 3)), torch.randn(2))
        self.check(lambda i: (..., None, i), torch.randn(4, 1, 1))
        self.check(lambda i: (i, torch.tensor([0, 2])), torch.randn(2, 6))

    def test_slices(self):
        every = slice(None)
        compiled, x = self.check(lambda i: (every, slice(i, i + 2)), torch.randn(4, 2, 6), 3, -4)
        with self.assertRaisesRegex(dlc.RunError, "doesn't have as many elements"):
            compiled(x, torch.tensor(4))
        self.check(lambda i: slice(i, i + 1), torch.randn(1, 5, 6), 3)
        self.check(lambda i: (i, slice(i, i + 2)), torch.randn(2, 6))
        self.check(lambda i: (every, i, slice(i, i + 3)), torch.randn(4, 3))
        self.check(lambda i: (slice(i, None), i), torch.randn(6))
        self.check(lambda i: (every, slice(i)), 3.0, 5, 9, -1)


if __name__ == "__main__":
    unittest.main()
