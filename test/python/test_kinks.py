# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives where a formula has a kink: at a function's own kinks PyTorch's conventions,
and where the function is smooth its derivatives to the second order."""

import unittest

import frontend
import torch
import torch.nn.functional as F

import dlc

nan = float("nan")


def t(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


X = t(-6, -3, -1, -0.5, 0, 0.5, 1, 3, 6)
Y = t(-6, 0, -1, 1, 0, 0.5, -1, 3, 9)
HOLED = t(-6, nan, -1, 1, 0, 0.5, nan, 3, 9)
SIGNS = t(1, -1, -1, 1, 1, -1, -1, -1, 1)
TIES = t(1, 2, 2, 3, 2)
ROWS = torch.tensor([[1.0, 2], [1, 3], [0, 3]], dtype=torch.float64)
WIDE = torch.tensor([[1.0, 2, 1], [2, 1, 0], [2, nan, -1]], dtype=torch.float64)
CORNER = torch.tensor([[0.0, 0], [3, 4]], dtype=torch.float64)
ZEROS = torch.zeros_like(X)

# Functions of one or more tensors, and where they are evaluated.
KINKS = {
    "clamp": (lambda x: x.clamp(-1, 1), X),
    "clamp by tensors": (lambda x, a, b: x.clamp(a, b), X, Y, Y.flip(0)),
    "clamp by a row": (lambda x, a, b: x.clamp(a, b), ROWS, t(1, 3), t(2)),
    "clamp by a tensor above": (lambda x, b: x.clamp(max=b), X, Y),
    "clamp by a tensor below": (lambda x, a: x.clamp(min=a), X, Y),
    "clamp_min": (lambda x: x.clamp_min(-1) + x.clamp_max(3), X),
    "relu6": (F.relu6, X),
    "relu6 at its upper bound": (F.relu6, t(0, 6, 7, nan)),
    "hardtanh": (F.hardtanh, X),
    "hardsigmoid": (F.hardsigmoid, X),
    "hardswish": (F.hardswish, X),
    "fmax": (lambda x, y: torch.fmax(x, y) + 2 * torch.fmax(y, x), X, HOLED),
    "fmin": (lambda x, y: torch.fmin(x, y) + 2 * torch.fmin(y, x), X, HOLED),
    "max along a dimension": (lambda x: x.max(0)[0], ROWS),
    "min along a dimension": (lambda x: x.min(1, keepdim=True)[0], ROWS),
    "the largest of all": (lambda x: x.max() + x.amax(0), TIES),
    "median of all": (lambda x: x.median(), TIES),
    "nanmedian of all": (lambda x: x.nanmedian(), t(1, 2, nan, 3, 2)),
    "median along a dimension": (lambda x: x.median(1)[0], ROWS),
    "adaptive_max_pool1d": (lambda x: F.adaptive_max_pool1d(x[None, None], 3),
                            t(1, 1, 2, 2, 0, 0, 3)),
    "fractional_max_pool2d": (lambda x: F.fractional_max_pool2d(
        x.reshape(1, 1, 3, 3), 2, output_size=2,
        _random_samples=torch.full((1, 1, 2), 0.5, dtype=torch.float64)), t(*[1] * 9)),
    "hinge_embedding_loss": (
        lambda x: F.hinge_embedding_loss(x, SIGNS, reduction="none"), X),
    "margin_ranking_loss": (
        lambda x, y: F.margin_ranking_loss(x, y, SIGNS, reduction="none"), X, Y),
    "multi_margin_loss": (lambda x: F.multi_margin_loss(x, torch.tensor([0, 1, 0])), ROWS),
    "multi_margin_loss squared": (
        lambda x: F.multi_margin_loss(x, torch.tensor([0, 1, 0]), p=2, weight=t(2, 3),
                                      reduction="none"), ROWS),
    "multi_margin_loss of a row": (
        lambda x: F.multi_margin_loss(x, torch.tensor(1), margin=0.5, reduction="none"), TIES),
    "multi_margin_loss at its kink": (
        lambda x: F.multi_margin_loss(x, torch.tensor([1, 0, 0]), reduction="none"), WIDE),
    "multilabel_margin_loss": (
        lambda x: F.multilabel_margin_loss(x, torch.tensor([[1, -1, 0], [0, 2, -1], [2, 0, 1]]),
                                           reduction="none"), WIDE),
    "embedding_bag": (
        lambda w: F.embedding_bag(torch.tensor([0, 1, 2, 1, 2, 0, 1, 2]), w,
                                  torch.tensor([0, 3, 5, 5]), mode="max"), WIDE),
    "embedding_bag with padding": (
        lambda w: F.embedding_bag(torch.tensor([0, 1, 2, 1, 2, 0, 0]), w,
                                  torch.tensor([0, 3, 5]), mode="max", padding_idx=0), WIDE),
    "median with NaN": (lambda x: x.median(), t(1, nan, 2, nan)),
    "complex abs at 0": (lambda x: torch.view_as_complex(x).abs(), CORNER),
    "complex sgn at 0": (
        lambda x: torch.view_as_real(torch.view_as_complex(x).sgn()), CORNER),
    "xlogy": (torch.xlogy, t(0, 0.5, 0), t(3, 1, 0.5)),
    "xlogy at 0": (lambda x: torch.xlogy(x, t(0, -1, nan)), t(0, 0, 0)),
    "xlog1py": (torch.special.xlog1py, t(0, 0.5, 0), t(3, 1, -0.5)),
    "erfcx": (torch.special.erfcx, t(-8, -1, 0, 1, 2, 8, 40)),
    "cdist by the largest": (lambda x, y: torch.cdist(x, y.flip(1), p=torch.inf), ROWS, ROWS),
    "pdist by the largest": (lambda x: F.pdist(x, p=torch.inf), ROWS),
}

SMOOTH = {
    "softplus": (lambda x: F.softplus(x) + F.softplus(x, 2, 1.5), X),
    "logsigmoid": (F.logsigmoid, X),
    "mish": (F.mish, X),
    "binary_cross_entropy_with_logits": (
        lambda x: F.binary_cross_entropy_with_logits(x, Y, reduction="none",
                                                     pos_weight=t(2)), X),
    "huber_loss": (lambda x: F.huber_loss(x, ZEROS, delta=2.0), X),
    "smooth_l1_loss": (lambda x: F.smooth_l1_loss(x, ZEROS, beta=2.0), X),
    "hypot": (torch.hypot, t(1, -2, 0, 3), t(1, 2, 1, 0)),
    "complex abs": (lambda x: torch.view_as_complex(x).abs(), ROWS - 1.0),
    "xlogy": (torch.xlogy, t(0, 0.5, 2), t(3, 1, 0.5)),
    "xlog1py": (torch.special.xlog1py, t(0, 0.5, 2), t(3, 1, -0.5)),
    "log_ndtr": (torch.special.log_ndtr, t(-40, -9, -3, -1, 0, 1, 9)),
    # PyTorch has them here though they aren't smooth: the second derivative is 0 at 0.
    "elu": (lambda x: F.elu(x) + F.elu(x, 2.0), X),
    "selu": (F.selu, X),
    "celu": (lambda x: F.celu(x, 1.5), X),
}


def weighed(y, offset):
    """A sum of all elements in which each has its own weight."""
    weights = torch.arange(y.numel(), dtype=y.dtype).reshape(y.shape) * 0.37 + offset
    return (y * weights).sum()


class Kinks(frontend.FrontendTest):
    def compare(self, table, order):
        """All gradients of a table's functions as one program, with autograd's."""
        cases = list(table.values())
        counts = [len(inputs) for _, *inputs in cases]

        def total(*xs):
            xs = iter(xs)
            return sum(weighed(f(*[next(xs) for _ in range(count)]), 1.0)
                       for (f, *_), count in zip(cases, counts))

        arguments = [x.clone() for _, *inputs in cases for x in inputs]
        gradient = dlc.grad(total, argnums=tuple(range(len(arguments))))
        if order == 1:
            got = gradient(*arguments)
        else:
            cotangents = tuple(torch.linspace(1, 2, x.numel(), dtype=x.dtype).reshape(x.shape)
                               for x in arguments)
            _, got = dlc.pullback(gradient)(tuple(arguments), cotangents)
        results, names = iter(got), iter(table)
        for (f, *inputs), name in zip(cases, names):
            xs = [x.clone().requires_grad_() for x in inputs]
            wanted = torch.autograd.grad(weighed(f(*xs), 1.0), xs, create_graph=order > 1)
            if order > 1:
                along = sum((g * torch.linspace(1, 2, x.numel(), dtype=x.dtype).reshape(x.shape)).sum()
                            for g, x in zip(wanted, xs))
                wanted = torch.autograd.grad(along, xs)
            for i, (x, right) in enumerate(zip(xs, wanted)):
                with self.subTest(function=name, argument=i):
                    # PyTorch takes hardsigmoid's 1/6 in f32.
                    self.assert_close(next(results), right, rtol=1e-6, atol=1e-9, equal_nan=True)

    def test_at_kinks(self):
        self.compare(KINKS, 1)

    def test_smooth_functions(self):
        self.compare(SMOOTH, 1)

    def test_second_order(self):
        self.compare(SMOOTH, 2)


if __name__ == "__main__":
    unittest.main()
