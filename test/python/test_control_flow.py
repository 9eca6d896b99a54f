# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Control flow that depends on tensors: torch.cond, while_loop, scan, map; nested, and
over parameters and other values of the program around it."""

import unittest

import torch
from frontend import FrontendTest, dlc
from torch._higher_order_ops import map as torch_map
from torch._higher_order_ops import scan, while_loop


class ControlFlowTest(FrontendTest):
    def check(self, model, *calls, **options):
        """Each call gives what eager gives."""
        compiled = dlc.compile(model, *calls[0], **options)
        with torch.no_grad():
            for args in calls:
                self.assert_close(compiled(*args), model(*args))

    def test_cond(self):
        self.check(lambda x: torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,)),
                   (torch.ones(3),), (-torch.ones(3),))

    def test_cond_with_several_results(self):
        self.check(lambda x, y: torch.cond(x.sum() > y.sum(), lambda x, y: (-x, y * 2),
                                           lambda x, y: (y + 1, x - 1), (x, y)),
                   (torch.ones(3), torch.zeros(3)), (-torch.ones(3), torch.zeros(3)))

    def test_cond_of_modules(self):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.left, self.right = torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)
                self.register_buffer("shift", torch.ones(2))

            def forward(self, x):
                offset = x.mean()
                return torch.cond(x.sum() > 0, lambda x: self.left(x) + self.shift,
                                  lambda x: self.right(x) * offset, (x,))

        self.check(Model(), (torch.ones(3, 4),), (-torch.ones(3, 4),))

    def test_nested_cond(self):
        def inner(x):
            return torch.cond(x[0] > 1, lambda x: x * 3, lambda x: x * 5, (x,))

        self.check(lambda x: torch.cond(x.sum() > 0, inner, lambda x: x - 1, (x,)),
                   *[(torch.full((2,), value),) for value in (2.0, 0.5, -1.0)])

    def test_while_loop(self):
        self.check(lambda i, x: while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * 1.5), (i, x)),
                   (torch.tensor(0), torch.ones(3)), (torch.tensor(9), torch.ones(3)))

    def test_while_loop_over_parameters(self):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = torch.nn.Linear(3, 3)

            def forward(self, i, x):
                return while_loop(lambda i, x: (i < 4) & (x.norm() < 50),
                                  lambda i, x: (i + 1, self.linear(x) + x), (i, x))

        self.check(Model(), *[(torch.tensor(0), torch.full((2, 3), v)) for v in (1.0, 20.0)])

    def test_while_loop_that_reads_what_it_carries(self):
        zero = torch.tensor(0)
        for function in (
                lambda x, n: while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y + x), (zero, x)),
                lambda x, n: while_loop(lambda i, y: i < n, lambda i, y: (i + n, y + x.shape[0]),
                                        (zero, x)),
                lambda x, n: while_loop(lambda i, y: i < 9, lambda i, y: (i + n, y + x.sum()),
                                        (n, x.view(-1))),
                lambda x, n: while_loop(lambda i, y, z: i < n, lambda i, y, z: (i + 1, y + z, z * 2),
                                        (zero, x, x))):
            self.check(function, (torch.randn(3), torch.tensor(4)))

            class Model(torch.nn.Module):
                def forward(self, x, n):
                    return function(x, n)

            args = torch.randn(3), torch.tensor(4)
            exported = torch.export.export(Model(), args)
            self.assert_close(dlc.compile(exported)(*args), function(*args))

    def test_cond_in_while_loop(self):
        def body(i, x):
            return i + 1, torch.cond(i % 2 == 0, lambda x: x * 2, lambda x: x - 1, (x,))

        self.check(lambda i, x: while_loop(lambda i, x: i < 5, body, (i, x)),
                   (torch.tensor(0), torch.ones(3)), (torch.tensor(3), torch.ones(3)))

    def test_scan(self):
        def step(carry, x):
            carry = torch.tanh(carry + x)
            return carry, carry * 2

        self.check(lambda init, xs: scan(step, init, xs),
                   (torch.zeros(4), torch.randn(6, 4)), (torch.ones(4), torch.randn(6, 4)))

    def test_scan_of_a_cell(self):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.cell = torch.nn.Linear(8, 4)

            def forward(self, init, xs):
                def step(h, x):
                    h = torch.tanh(self.cell(torch.cat([h, x], -1)))
                    return h, h.clone()

                return scan(step, init, xs)

        self.check(Model(), (torch.zeros(2, 4), torch.randn(5, 2, 4)))

    def test_scan_of_a_function_that_reads_tensors(self):
        weight, linear = torch.randn(4), torch.nn.Linear(4, 4)
        self.check(lambda x: scan(lambda c, x: (c * 0.5 + x, c + weight), weight, x),
                   (torch.randn(6, 4),))
        rows = torch.randn(6, 4)
        self.check(lambda c: scan(lambda c, x: (torch.tanh(linear(c) + x), x * 2), c, rows),
                   (torch.randn(4),))

    def test_map(self):
        self.check(lambda xs, y: torch_map(lambda x, y: x.sum() * y, xs, y),
                   (torch.randn(5, 3), torch.randn(2)))

    def test_rounds_of_open_sizes(self):
        sizes = ({1: torch.export.Dim("n", min=2, max=64)},)
        for function in (lambda x: torch_map(lambda row: torch.cat([row, row]), x),
                         lambda x: scan(lambda c, row: (c + row, c * row),
                                        torch.zeros_like(x[0]), x, dim=0)):
            self.check(function, (torch.randn(3, 4, 5),), (torch.randn(3, 6, 5),),
                       dynamic_shapes=sizes)

    def test_lstm_with_projections(self):
        for bias, both, layers in ((True, False, 2), (False, True, 1)):
            model = torch.nn.LSTM(4, 6, layers, bias=bias, proj_size=3, bidirectional=both).eval()
            self.check(model, (torch.randn(5, 2, 4),))
            state = (torch.randn(layers * (1 + both), 2, 3), torch.randn(layers * (1 + both), 2, 6))
            self.check(model, (torch.randn(5, 2, 4), state))

    def test_open_number_of_steps(self):
        def model(init, xs):
            return scan(lambda c, x: (c + x, c * x), init, xs)

        steps = torch.export.Dim("steps", min=2, max=32)
        self.check(model, *[(torch.zeros(3), torch.randn(n, 3)) for n in (4, 2, 9)],
                   dynamic_shapes=({}, {0: steps}))


if __name__ == "__main__":
    unittest.main()
