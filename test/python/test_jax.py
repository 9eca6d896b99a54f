# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Higher derivatives of a small network: what dlc gives is what JAX gives, to 1e-6 in
f64. Skipped where there is no JAX."""

import importlib.util
import unittest

import frontend
import torch

import dlc

CLOSE = {"rtol": 1e-6, "atol": 1e-6}


def network(x, w1, b1, w2, tanh, log1p, exp):
    """A loss of two layers: tanh, and softplus on the way out."""
    hidden = tanh(x @ w1 + b1)
    return log1p(exp(tanh(hidden @ w2))).mean()


def by_torch(x, w1, b1, w2):
    return network(x, w1, b1, w2, torch.tanh, torch.log1p, torch.exp)


@unittest.skipUnless(importlib.util.find_spec("jax"), "there is no JAX")
class AgainstJax(frontend.FrontendTest):
    def setUp(self):
        super().setUp()
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        shapes = (5, 4), (4, 8), (8,), (8, 3)
        self.point = tuple(torch.randn(s, dtype=torch.float64) for s in shapes)
        self.direction = tuple(torch.randn(s, dtype=torch.float64) for s in shapes)

    def by_jax(self, x, w1, b1, w2):
        jnp = self.jax.numpy
        return network(x, w1, b1, w2, jnp.tanh, jnp.log1p, jnp.exp)

    def to_jax(self, tensors):
        return tuple(self.jax.numpy.asarray(t.numpy()) for t in tensors)

    def to_torch(self, value):
        import numpy

        return self.jax.tree_util.tree_map(lambda a: torch.from_numpy(numpy.array(a)), value)

    def test_hessian_vector_products(self):
        wrt, jax = (0, 1, 2, 3), self.jax
        _, expected = jax.jvp(jax.grad(self.by_jax, wrt), self.to_jax(self.point),
                              self.to_jax(self.direction))
        expected = self.to_torch(expected)
        gradient = dlc.grad(by_torch, argnums=wrt)
        with self.subTest("forward over reverse"):
            _, got = dlc.directional(gradient)(self.point, self.direction)
            self.assert_close(got, expected, **CLOSE)
        with self.subTest("reverse over reverse"):
            _, got = dlc.pullback(gradient)(self.point, self.direction)
            self.assert_close(got, expected, **CLOSE)

    def test_fourth_derivative(self):
        """Of the loss along a line."""
        start, slope = self.to_jax(self.point), self.to_jax(self.direction)
        derivative = lambda t: self.by_jax(*(p + t * d for p, d in zip(start, slope)))
        other = lambda t: by_torch(*(p + t * d for p, d in zip(self.point, self.direction)))
        for order in range(1, 5):
            derivative, other = self.jax.grad(derivative), dlc.grad(other)
            if order in (2, 4):
                expected = self.to_torch(derivative(0.3))
                got = other(torch.tensor(0.3, dtype=torch.float64))
                self.assert_close(got, expected.reshape(()), **CLOSE)


if __name__ == "__main__":
    unittest.main()
