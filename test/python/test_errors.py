# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is refused is named, with the line of the user's program."""

import functools
import unittest

import torch
from frontend import FrontendTest, dlc, line_of


@torch.library.custom_op("dlc_tests::unknown", mutates_args=())
def unknown(x: torch.Tensor) -> torch.Tensor:
    """An op that dlc doesn't import."""
    return x.clone()


@unknown.register_fake
def _(x):
    return torch.empty_like(x)


def refused(x):
    return unknown(x)


def wrapped(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)

    return inner


class LineTest(FrontendTest):
    """The innermost line of the user's own code, however it is called."""

    def check(self, model, line=line_of(refused, 1)):
        with self.assertRaisesRegex(dlc.CompileError, rf"^{__file__}:{line}: .*dlc_tests.unknown"):
            dlc.compile(model, torch.randn(3, 4))

    def test_function(self):
        self.check(refused)

    def test_lambda(self):
        f = lambda x: unknown(x) + 1  # noqa: E731
        self.check(f, line_of(f))

    def test_decorated_function_called_by_another(self):
        self.check(lambda x: wrapped(refused)(x) + 1)

    def test_function_called_by_a_module(self):
        class Module(torch.nn.Module):
            def forward(self, x):
                return torch.relu(refused(x))

        self.check(torch.nn.Sequential(torch.nn.Linear(4, 4), Module()))

    def test_method_that_is_not_forward(self):
        class Module(torch.nn.Module):
            def forward(self, x):
                return self.encode(x)

            def encode(self, x):
                return unknown(x)

        self.check(Module(), line_of(Module.encode, 1))

    def test_partial(self):
        self.check(functools.partial(lambda y, x: refused(x) * y, 2.0))

    def test_branch(self):
        self.check(lambda x: torch.cond(x.sum() > 0, refused, torch.exp, (x,)))


class Strided(torch.nn.Module):
    def forward(self, x):
        return torch.as_strided(x, (2, 2), (1, 2))


class NotRecordedTest(FrontendTest):
    """What PyTorch itself can't record."""

    def test_branch_on_data(self):
        def function(x):
            if x.sum() > 0:
                return x + 1
            return x

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: "
                                    "torch.export can't record the program: .*data-dependent"):
            dlc.compile(function, torch.ones(2))

    def test_error_of_the_program(self):
        def function(x):
            raise ValueError("no such thing")

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: "
                                    "torch.export can't record the program: no such thing$"):
            dlc.compile(function, torch.ones(2))

    def test_branch_that_gives_its_argument(self):
        def function(x):
            return torch.cond(x.sum() > 0, lambda x: x, lambda x: x + 1, (x,))

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: "
                                    "the program can't be recorded: cond_true might be aliasing"):
            dlc.compile(function, torch.ones(2))


class LayoutTest(FrontendTest):
    """as_strided looks behind a tensor, where there is only a compact copy here."""

    def sources(self, x):
        program = torch.export.export(Strided(), (x,)).run_decompositions()
        torch.export.save(program, self.folder / "m.pt2")
        return self.folder / "m.pt2", dlc.trace(Strided(), x)

    def test_contiguous(self):
        x = torch.randn(3, 4)
        for source in self.sources(x):
            torch.testing.assert_close(dlc.compile(source)(x), Strided()(x))

    def test_not_contiguous(self):
        for source in self.sources(torch.randn(4, 3).t()):
            line = line_of(Strided.forward, 1)
            place = rf"test_errors.py.*:{line}\b.*contiguous"
            with self.assertRaisesRegex(dlc.CompileError, place):
                dlc.compile(source)

    def test_part_of_another(self):
        class Part(torch.nn.Module):
            def forward(self, x):
                return torch.as_strided(x[4:], (3,), (1,), 0) + 0

        x = torch.arange(10.0)
        program = torch.export.export(Part(), (x,)).run_decompositions()
        torch.export.save(program, self.folder / "m.pt2")
        for source in (self.folder / "m.pt2", dlc.trace(Part(), x)):
            with self.assertRaisesRegex(dlc.CompileError, "a part of another"):
                dlc.compile(source)

    def test_beyond_the_part(self):
        with self.assertRaisesRegex(dlc.CompileError, "a part of another"):
            dlc.compile(lambda x: torch.as_strided(x[:4], (6,), (1,)) + 0, torch.arange(10.0))


if __name__ == "__main__":
    unittest.main()
