# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Buffers that a program changes: state of the compiled model."""

import unittest

import torch
from frontend import FrontendTest, dlc


class Counter(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(2))

    def forward(self, x):
        self.calls.add_(1)
        return x + self.calls


class StateTest(FrontendTest):
    def test_reset_gives_the_first_value(self):
        compiled, x = dlc.compile(Counter(), torch.zeros(2)), torch.zeros(2)
        for _ in range(2):
            for count in (1.0, 2.0, 3.0):
                self.assert_close(compiled(x), torch.full((2,), count))
            compiled.reset()


if __name__ == "__main__":
    unittest.main()
