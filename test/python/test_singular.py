# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives where formulas have an infinite one, and rows of embeddings that count less:
they are PyTorch's, and finite."""

import unittest

import frontend
import torch
import torch.nn.functional as F

import dlc

INDICES = torch.tensor([0, 1, 1, 3, 3, 3])
FACTORS = torch.arange(12.0, dtype=torch.float64).reshape(6, 2)


def bag(mode, **settings):
    def function(weight):
        # PyTorch divides by the frequency of another index, if more than the last is repeated.
        indices, offsets = torch.tensor([0, 1, 3, 3]), torch.tensor([0, 3])
        sums = F.embedding_bag(indices, weight, offsets, mode=mode, **settings)
        return (sums * FACTORS[:2] * sums).sum()
    return function


#: A function, at what point, and whether its second derivative is compared, too.
CASES = {
    "norm": (lambda x: x.norm(), [0, 0, 0], True),
    "norm of a row": (lambda x: torch.linalg.vector_norm(x, 2, 1).sum(), [[0, 0], [3, 4]], True),
    "norm 3": (lambda x: torch.linalg.vector_norm(x, 3, 1).sum(), [[0, 0], [0, 4]], False),
    "norm 1.5": (lambda x: torch.linalg.vector_norm(x, 1.5, 1).sum(), [[0, 0], [0, 4]], False),
    "norm 0.5": (lambda x: torch.linalg.vector_norm(x, 0.5, 1).sum(), [[1, 0], [2, 4]], False),
    "dist": (lambda x: torch.dist(x, x.detach()), [1, 1, 1], True),
    "cdist": (lambda x: torch.cdist(x, x.detach()).sum(), [[1, 1], [2, 0]], False),
    "pdist": (lambda x: F.pdist(x).sum(), [[1, 1], [2, 0], [1, 1]], False),
    "renorm": (lambda x: (x.renorm(2, 0, 1.0) * x).sum(), [[0, 0], [3, 4]], False),
    "std": (lambda x: x.std(), [1, 1, 1], False),
    "std_mean": (lambda x: sum(torch.std_mean(x, 1)).sum(), [[1, 1], [2, 4]], False),
    "normalize": (lambda x: (F.normalize(x) * x.exp()).sum(), [[0, 0], [1, 2]], True),
    "cosine_similarity": (lambda x: F.cosine_similarity(x, x.detach() + 1).sum(),
                          [[0, 0], [1, 2]], False),
    "bce": (lambda x: F.binary_cross_entropy(x, x.new_tensor([1, 0, 0, 1, 0.5]), reduction="sum"),
            [1, 0, 1, 0, 0.25], False),
    "bce of a sigmoid": (lambda x: F.binary_cross_entropy(x.sigmoid(), torch.ones_like(x)),
                         [40, -3], False),
    "bce by target": (lambda x: F.binary_cross_entropy(x.new_tensor([0.75, 0.25]), x,
                                                       x.new_tensor([2, 3])), [1, 0.5], False),
    "pinv": (lambda x: (torch.linalg.pinv(x) * x.exp().mT).sum(), [[1, 0], [0, 1], [0, 0]], True),
    "pinv of rank 2": (lambda x: (torch.linalg.pinv(x @ x.mT) * x[:, :1].exp()).sum(),
                       [[1, 0], [0, 1], [0, 0]], True),
    "lstsq": (lambda x: torch.linalg.lstsq(x, x.exp())[0].square().sum(),
              [[0, 2], [2, 0], [0, 0]], True),
    "sinc": (lambda x: torch.sinc(x).sum(), [0, 0.5, 1], False),
    "padding": (lambda w: (F.embedding(INDICES, w, padding_idx=1) * FACTORS * w[:1]).sum(),
                [[1, 2], [3, 4], [5, 6], [7, 8]], False),
    "frequency": (lambda w: (F.embedding(INDICES.reshape(2, 3), w, padding_idx=0,
                                         scale_grad_by_freq=True).reshape(6, 2) * FACTORS).sum(),
                  [[1, 2], [3, 4], [5, 6], [7, 8]], False),
    "bags": (bag("sum", scale_grad_by_freq=True, padding_idx=0),
             [[1, 2], [3, 4], [5, 6], [7, 8]], False),
    "means": (bag("mean", scale_grad_by_freq=True), [[1, 2], [3, 4], [5, 6], [7, 8]], False),
}

#: Functions whose derivatives are infinite at the ends of their domains and NaN outside.
ENDS = {
    "entr": torch.special.entr,
    "logit": torch.logit,
    "logit with eps": lambda x: torch.logit(x, 0.25),
    "ndtri": torch.special.ndtri,
}


class Singular(frontend.FrontendTest):
    def test_ends_of_domains(self):
        for name, function in ENDS.items():
            with self.subTest(name):
                x = torch.tensor([-1, 0, 0.125, 0.25, 0.5, 0.875, 1, 2], dtype=torch.float64,
                                 requires_grad=True)
                value = function(x)
                expected, = torch.autograd.grad(value.sum(), x)
                point, ones = x.detach(), torch.ones_like(x)
                got, pull_back = dlc.vjp(function, point)
                for slope in (pull_back(ones)[0], dlc.jvp(function, (point,), (ones,))[1]):
                    torch.testing.assert_close((got, slope), (value.detach(), expected),
                                               equal_nan=True)

    def test_first_and_second_derivatives(self):
        for name, (function, point, has_second) in CASES.items():
            with self.subTest(name):
                x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
                value = function(x)
                first, = torch.autograd.grad(value, x)
                got, gradient = dlc.value_and_grad(function)(x.detach())
                torch.testing.assert_close((got, gradient), (value.detach(), first))
                if has_second:
                    second = dlc.hessian(function)(x.detach())
                    self.assertTrue(second.isfinite().all())  # in PyTorch NaN at 0
                    expected = torch.autograd.functional.hessian(function, x.detach())
                    torch.testing.assert_close(
                        second, torch.where(expected.isfinite(), expected, second))

    def test_determinants(self):
        """By the determinants of what is left without a row and a column."""
        def gradient(x):
            n, rest = len(x), range(len(x))
            return torch.tensor([[(-1.0)**(i + j) * torch.linalg.det(
                x[[k for k in rest if k != i]][:, [k for k in rest if k != j]]).item()
                for j in range(n)] for i in range(n)], dtype=x.dtype)

        matrices = torch.tensor([[[1, 2, 3], [2, 4, 6], [1, 0, 1]], [[1, -1, 2], [2, -2, 4], [3, -3, 6]],
                                 [[0, 1, 0], [0, 2, 1], [0, 3, 5]], [[1, 2, 3], [0, 4, 6], [1, 0, 1]],
                                 [[0] * 3] * 3], dtype=torch.float64)
        for dtype in (torch.float64, torch.float32):
            x = matrices.to(dtype)
            value, got = dlc.value_and_grad(lambda x: torch.linalg.det(x).sum())(x)
            torch.testing.assert_close(value, torch.tensor(4.0, dtype=dtype))
            expected = torch.stack([gradient(matrix) for matrix in x])
            torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-8)
        for matrix in matrices[:4]:
            torch.testing.assert_close(
                dlc.hessian(torch.linalg.det)(matrix),
                torch.autograd.functional.hessian(torch.linalg.det, matrix), rtol=1e-6, atol=1e-8)

    def test_second_derivative_of_sinc(self):
        got = dlc.hessian(lambda x: torch.sinc(x).sum())(torch.zeros(1, dtype=torch.float64))
        self.assertAlmostEqual(got.item(), -torch.pi**2 / 3)

    def test_infinite_rows_by_frequency(self):
        weight = torch.tensor([[torch.inf, 1], [2, 3]])
        look_up = dlc.compile(lambda w: F.embedding(INDICES[:2], w, scale_grad_by_freq=True),
                              weight)
        torch.testing.assert_close(look_up(weight), weight)


if __name__ == "__main__":
    unittest.main()
