# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What torch.export can't record by itself, compared with eager."""

import unittest

import torch
import torch.nn.functional as F
from frontend import FrontendTest, dlc


class RecordableTest(FrontendTest):
    def check(self, function, *args):
        compiled = dlc.compile(function, *args)
        self.assert_close(compiled(*args), function(*args))
        return compiled

    def test_questions_of_tensors(self):
        def questions(x, y):
            return torch.equal(x, y), x.allclose(y, atol=1e-3), x.sum().item(), x.numel()

        x = torch.arange(4.0)
        compiled = self.check(questions, x, x + 1e-4)
        self.assertEqual(compiled(x, x), (True, True, 6.0, 4))

    def test_covariance(self):
        x, f, a = torch.randn(3, 5), torch.tensor([1, 2, 0, 1, 3]), torch.rand(5)
        self.check(lambda x, f, a: (x.cov(), torch.cov(x, fweights=f, aweights=a, correction=2),
                                    torch.cov(x[0]), x.corrcoef(), torch.corrcoef(x[0])), x, f, a)

    def test_combinations(self):
        self.check(lambda x: (torch.combinations(x), torch.combinations(x, 3, True)),
                   torch.randn(4))

    def test_segment_reduce(self):
        x, n = torch.randn(5, 2), torch.tensor([2, 0, 3])
        for reduce in ("sum", "mean", "prod", "max", "min"):
            compiled = self.check(lambda x, n: torch.segment_reduce(x, reduce, lengths=n, initial=1.0),
                                  x, n)
        with self.assertRaises(dlc.RunError):
            compiled(x, n + 1)

    def test_segment_reduce_of_the_last_axis(self):
        x, n = torch.randn(2, 5), torch.tensor([[2, 3], [1, 4]])
        compiled = dlc.compile(lambda x, n: torch.segment_reduce(x, "sum", lengths=n, axis=-1), x, n)
        self.assert_close(compiled(x, n), torch.segment_reduce(x, "sum", lengths=n, axis=1))

    def test_linear_cross_entropy_in_chunks(self):
        options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=2)
        x, w, t = torch.randn(8, 3).half() * 4, torch.randn(4, 3).half(), torch.randint(4, (8,))

        def loss(x, w, t):
            return F.linear_cross_entropy(x, w, t, reduction="none", options=options)

        compiled = dlc.compile(loss, x, w, t)
        self.assert_close(compiled(x, w, t), loss(x, w, t), atol=0, rtol=1e-3)

    def test_one_hot_of_as_many_classes_as_there_are(self):
        x = torch.tensor([[1, 0, 3], [2, 2, 1]])
        compiled = self.check(lambda x: (F.one_hot(x), F.one_hot(x[0, 0])), x)
        self.assertEqual(compiled(x * 3)[0].shape, (2, 3, 10))
        with self.assertRaisesRegex(dlc.RunError, "non-negative"):
            compiled(x - 1)

    def test_narrow_from_a_tensor(self):
        x = torch.randn(5, 3)
        compiled = self.check(lambda x, i: torch.narrow(x, 0, i, 2), x, torch.tensor(-3))
        with self.assertRaises(dlc.RunError):
            compiled(x, torch.tensor(4))

    def test_gaussian_loss_checks_its_variance(self):
        x, t, v = torch.randn(4, 3), torch.randn(4, 3), torch.rand(4, 1)
        compiled = self.check(lambda x, t, v: F.gaussian_nll_loss(x, t, v, full=True), x, t, v)
        with self.assertRaises(dlc.RunError):
            compiled(x, t, -v)

    def test_ctc_loss(self):
        x = torch.randn(12, 3, 5).log_softmax(-1)
        padded, flat = torch.randint(1, 5, (3, 4)), torch.randint(1, 5, (9,))
        lengths = torch.tensor([12, 10, 7]), torch.tensor([4, 3, 2])
        self.check(lambda x, t, i, o: (F.ctc_loss(x, t, i, o),
                                       F.ctc_loss(x, t, i, o, reduction="none")),
                   x, padded, *lengths)
        self.check(lambda x, t: F.ctc_loss(x, t, (12, 10, 7), (4, 3, 2), reduction="sum"), x, flat)

    def test_ctc_loss_of_padded_targets(self):
        x = torch.randn(12, 2, 5).log_softmax(-1)
        targets = torch.tensor([[1, 2, -100], [3, 3, 4]])
        self.check(lambda x, t: F.ctc_loss(x, t, (12, 12), (2, 3), reduction="none"), x, targets)

    def test_masked_scatter_of_nothing(self):
        x, no = torch.randn(2, 3), torch.zeros(3, dtype=torch.bool)
        compiled = self.check(torch.masked_scatter, x, no, torch.empty(0))
        with self.assertRaises(dlc.RunError):
            compiled(x, ~no, torch.empty(0))
        self.check(torch.masked_scatter, x, torch.tensor([True, False, True]), torch.randn(5))

    def test_ctc_loss_of_what_cannot_be(self):
        x, t = torch.randn(3, 1, 5).log_softmax(-1), torch.tensor([[1, 1, 1]])
        for zero in (False, True):
            self.check(lambda x, t: F.ctc_loss(x, t, (3,), (3,), zero_infinity=zero), x, t)

    def test_gradients_of_ctc_loss(self):
        """Of rows with repeated labels, one that can only just be spelt, and one that can't."""
        logits, t = torch.randn(7, 3, 5), torch.tensor([[1, 2, 2], [3, 3, 3], [4, 4, 4]])
        for lengths, zero in ((7, 5, 4), True), ((7, 5, 4), False), ((7, 7, 7), False):
            def loss(x, t):
                return F.ctc_loss(x, t, lengths, (3, 3, 3), zero_infinity=zero, reduction="sum")

            for x, f in ((logits.log_softmax(-1), loss),
                         (logits, lambda x, t: loss(x.log_softmax(-1), t))):
                leaf = x.clone().requires_grad_()
                expected, = torch.autograd.grad(f(leaf, t), leaf)
                self.assert_close(dlc.grad(f)(x, t), expected, equal_nan=True)

    def test_complex_number_of_python(self):
        with self.assertRaisesRegex(dlc.TraceError, r"complex number of Python's, .*torch\.tensor"):
            dlc.trace(lambda x: (x, 1 + 2j), torch.ones(3))


if __name__ == "__main__":
    unittest.main()
