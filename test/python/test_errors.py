# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is refused is named, with the line of the user's program."""

import contextlib
import copy
import dataclasses
import functools
import io
import logging
import sys
import traceback
import unittest
import unittest.mock
import warnings

import numpy as np
import torch
from frontend import FrontendTest, dlc, line_of
from torch._higher_order_ops import scan


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


def gradient(x):
    return torch.func.grad(lambda y: (y * y).sum())(x)


class RunTimeTest(FrontendTest):
    """What fails at run time names the line of the program, too."""

    def refuse(self, model, line, sentence, *args):
        with self.assertRaisesRegex(dlc.RunError, rf"^model: {__file__}:{line}: {sentence}"):
            model(*args)

    def test_index(self):
        def function(x, i, j):
            a = x[i]
            return a, x[j]  # the same kernel

        x, good, bad = torch.randn(4, 3), torch.tensor([0, 3]), torch.tensor([0, 9])
        model = dlc.compile(function, x, good, good.clone())
        sentence = "an index of a gather is out of range$"
        self.refuse(model, line_of(function, 1), sentence, x, bad, good)
        self.refuse(model, line_of(function, 2), sentence, x, good, bad)
        self.assert_close(model(x, good, good), function(x, good, good))

    def test_pivot(self):
        def function(factors, pivots, b):
            return torch.linalg.lu_solve(factors, pivots, b)

        args = torch.eye(3), torch.tensor([1, 2, 3], dtype=torch.int32), torch.randn(3, 1)
        self.refuse(dlc.compile(function, *args), line_of(function, 1),
                    "a pivot is none of the matrix' rows$", args[0], 9 * args[1], args[2])

    def test_singular(self):
        def function(x):
            return torch.linalg.inv(x)

        self.refuse(dlc.compile(function, torch.eye(3)), line_of(function, 1),
                    r"node 'linalg_inv' \(aten.linalg_inv.default\): the matrix is singular$",
                    torch.zeros(3, 3))

    def test_assertion_that_torch_adds(self):
        def function(x, n):
            count = n.item()
            torch._check(count <= x.shape[0])
            return x[:count] * 2

        model = dlc.compile(function, torch.randn(5), torch.tensor(3))
        self.refuse(model, line_of(function, 1), "the assertion .* doesn't hold$",
                    torch.randn(5), torch.tensor(9))

    def test_messages_of_checks(self):
        for fits in (lambda n: n >= 2, lambda n: n > 1, lambda n: n < 9, lambda n: n != 9,
                     lambda n: n == 4):
            def function(n):
                count = n.item()
                torch._check(fits(count), lambda: "so many don't fit")
                return torch.zeros(count * count)

            model = dlc.compile(function, torch.tensor(4))
            for bad in ([x for x in (1, 9) if not fits(x)]):
                self.refuse(model, line_of(function, 1), "so many don't fit$", torch.tensor(bad))

    def test_dimension_that_is_not_there(self):
        n = torch.export.Dim("n")
        for shapes in (({5: n},), {"input": {5: n}}, [{5: n}]):
            with self.assertRaisesRegex(dlc.TraceError, "dynamic_shapes names dimension 5 of "
                                        "'input', which has 2$"):
                dlc.compile(torch.nn.ReLU(), torch.ones(2, 3), dynamic_shapes=shapes)

    def test_input(self):
        rows = torch.export.Dim("rows", min=2, max=64)
        model = dlc.compile(torch.nn.ReLU(), torch.randn(3, 2), dynamic_shapes=({0: rows},))
        with self.assertRaisesRegex(dlc.RunError, "^model: input .input. should be .*: the size of dimension 0 "
                                    "must be at most 64$"):
            model(torch.randn(65, 2))


    def test_sizes_that_follow_from_others(self):
        n = torch.export.Dim("n", min=2, max=64)
        x, y = torch.ones(3, 4), torch.ones(6, 4)
        same = dlc.compile(lambda x, y: x + y, x, x, dynamic_shapes=({0: n}, {0: n}))
        with self.assertRaisesRegex(dlc.RunError, "'y' should be float32.n,4., but is given as "
                                    "float32.4,4.: n, the size of dimension 0, must be 3, as "
                                    "dimension 0 of 'x' has$"):
            same(x, torch.ones(4, 4))
        double = dlc.compile(lambda x, y: torch.cat((x, x)) + y, x, y,
                             dynamic_shapes=({0: n}, {0: 2 * n}))
        self.assertEqual(double.signature["inputs"][1]["shape"], ["2*n", 4])
        self.assertEqual(double.signature["inputs"][0]["limits"], [[2, 64, 1], [0, None, 1]])
        with self.assertRaisesRegex(dlc.RunError, "input 'y': the size of dimension 0 must be 2.n, "
                                    "where n is the size of dimension 0 of input 'x'$"):
            double(x, x)


class StateTest(FrontendTest):
    """What becomes of state and inputs is refused at its line."""

    def test_input_that_is_changed(self):
        def function(x):
            x.add_(1)
            return x * 2

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: the "
                                    "program changes its input 'x'"):
            dlc.compile(function, torch.ones(2))

    def test_input_that_a_pt2_file_changes(self):
        class Adds(torch.nn.Module):
            def forward(self, x):
                return x.add_(1) * 2

        program = torch.export.export(Adds(), (torch.ones(2),)).run_decompositions()
        torch.export.save(program, self.folder / "m.pt2")
        with self.assertRaisesRegex(dlc.CompileError, "changes its input 'x', .* return the new value"):
            dlc.compile(self.folder / "m.pt2")

    def test_type_of_state(self):
        class Module(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("sum", torch.zeros(3))

            def forward(self, x):
                self.sum = (self.sum + x).to(torch.float64)
                return x

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(Module.forward, 1)}: .*"
                                    "its buffer 'sum' another shape or element type"):
            dlc.compile(Module(), torch.ones(3))

    def test_training_of_a_recorded_program(self):
        with self.assertRaisesRegex(dlc.CompileError, "^no loss is called 'hinge'"):
            dlc.compile_training_step(torch.nn.Linear(3, 2), torch.ones(1, 3), loss="hinge",
                                      optimizer="sgd")


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
                                    "torch.export can't record the program: the program branches "
                                    "on a tensor's value.*torch.cond"):
            dlc.compile(function, torch.ones(2))

    def test_traceback_is_short(self):
        try:
            dlc.compile(lambda x: x if x.sum() > 0 else -x, torch.ones(2))
        except dlc.TraceError as error:
            self.assertLess(len(traceback.format_exception(error)), 10)

    def test_number_out_of_a_tensor(self):
        with self.assertRaisesRegex(dlc.TraceError, "test_errors.py:.* as a number of Python's"):
            dlc.compile(lambda x: [x + i for i in range(int(x[0]))], torch.ones(2))

    def test_transform_of_compiled_code(self):
        with self.assertRaisesRegex(dlc.TraceError, "as vmap, can't look into compiled code"):
            torch.func.vmap(dlc.grad(lambda x: x.sin().sum()))(torch.ones(2, 3))
        with self.assertRaisesRegex(TypeError, "'x': .*as vmap, can't look into compiled code"):
            torch.func.vmap(dlc.compile(lambda x: x * 2, torch.ones(3)))(torch.ones(2, 3))

    def test_assertion(self):
        def positive(x):
            torch._assert((x > 0).all(), "negative")
            return x

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(positive, 1)}: .*: "
                                    "torch._assert needs .* torch._assert_async"):
            dlc.compile(positive, torch.ones(3))

    def test_cache_of_transformers(self):
        class DynamicCache:
            pass

        with self.assertRaisesRegex(dlc.TraceError, "returns DynamicCache, .*use_cache=False"):
            dlc.compile(lambda x: (x, DynamicCache()), torch.ones(3))

    def test_no_pytorch(self):
        derivative = dlc.grad(torch.sum)
        step = dlc.compile_training_step(torch.nn.Linear(2, 2), torch.ones(1, 2), loss="mse",
                                         optimizer="sgd")
        recording, x = "^recording a PyTorch program needs PyTorch 2.13 .*ONNX files don't$", np.ones(2)
        with unittest.mock.patch.dict(sys.modules, torch=None):
            for call in (lambda: dlc.compile(abs, x), lambda: dlc.trace(abs, x),
                         lambda: derivative(x), lambda: derivative.trace(x),
                         lambda: dlc.vjp(abs, x), lambda: dlc.hessian(abs)(x)):
                with self.assertRaisesRegex(ModuleNotFoundError, recording):
                    call()
            with self.assertRaisesRegex(ModuleNotFoundError, r"^state_dict\(\) needs PyTorch"):
                step.state_dict()

    def test_change_in_a_branch(self):
        def change(x):
            return x.add_(1) * 2

        def function(x):
            return torch.cond(x.sum() > 0, change, lambda x: x + 1, (x,))

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(change, 1)}: .* changes "
                                    "a tensor in place that it is given: return the new value"):
            dlc.compile(function, torch.ones(2))

    def test_packed_sequence(self):
        def function(x, lengths):
            return torch.nn.utils.rnn.pack_padded_sequence(x, lengths).data

        for lengths in ([3, 2], torch.tensor([3, 2])):
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: .*"
                                        "recurrent layer the padded tensor"):
                dlc.compile(function, torch.ones(3, 2, 4), lengths)

    def test_memory_of_a_tensor(self):
        for function, reason in ((lambda x: copy.deepcopy(x) + 1, "reads a tensor's memory, as copy"),
                                 (lambda x: x * x.numpy().sum(), "takes a tensor to NumPy")):
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:\d+: .*{reason}"):
                dlc.compile(function, torch.ones(2))
        self.assert_close(dlc.compile(lambda x: copy.copy(x) + 1, torch.ones(2))(torch.zeros(2)),
                          torch.ones(2))

    def test_packed_weights(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = torch.ao.quantization.quantize_dynamic(
                torch.nn.Sequential(torch.nn.Linear(8, 8)), {torch.nn.Linear}, dtype=torch.qint8)
            with self.assertRaisesRegex(dlc.TraceError, "weights that only PyTorch's own code reads"):
                dlc.compile(model, torch.ones(2, 8))

    def test_error_of_the_program(self):
        def function(x):
            raise ValueError("no such thing")

        for strict in (False, True):
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: "
                                        "torch.export can't record the program: no such thing$"):
                dlc.trace(function, torch.ones(2), strict=strict)

    def test_branch_that_gives_its_argument(self):
        def function(x):
            return torch.cond(x.sum() > 0, lambda x: x, lambda x: x + 1, (x,))

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: "
                                    r"the program can't be recorded: .*return x\.clone\(\) there$"):
            dlc.compile(function, torch.ones(2))

    def test_branches_that_do_not_fit(self):
        for function, sentence in (
                (lambda x: torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x > 1, (x,)),
                 "expected same dtype but got torch.float32 and torch.bool"),
                (lambda x: torch.cond(x.sum() > 0, lambda x: (x + 1)[:, :2],
                                      lambda x: x.sin()[:, :2], (x,)),
                 r"isn't dense in memory: return its clone\(\) there$")):
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:\d+: .*{sentence}"):
                dlc.trace(function, torch.ones(2, 3))

    def test_step_that_gives_its_argument(self):
        with self.assertRaisesRegex(dlc.TraceError, "may return none of its inputs.*clone"):
            dlc.compile(lambda x: scan(lambda c, x: (c + x, c), x[0], x), torch.ones(3, 2))

    def test_branch_that_gives_a_number(self):
        def function(x):
            return torch.cond(x.sum() > 0, lambda x: x.sum().item(), lambda x: x[0].item(), (x,))

        with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:{line_of(function, 1)}: "
                                    "torch.export.*: in what torch.cond takes, .* <class 'float'>"):
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


class ExampleTest(FrontendTest):
    """Example inputs that don't fit, and what is said of them: one exception."""

    def check(self, message, model, *args, **options):
        with contextlib.redirect_stderr(io.StringIO()) as said, warnings.catch_warnings(record=True):
            with self.assertLogs("torch", "WARNING") as logged:
                logging.getLogger("torch").warning("a log that is there")
                with self.assertRaisesRegex(dlc.TraceError, message):
                    dlc.compile(model, *args, **options)
        self.assertEqual(len(logged.records), 1)
        self.assertEqual(said.getvalue(), "")

    def test_none(self):
        self.check(r"takes an example .*dlc.compile\(model, x\).*takes \(input.*'input'",
                   torch.nn.Linear(3, 3))
        self.check("takes an example .* takes \\(x, y\\): .*'x'", lambda x, y: x)

    def test_too_many(self):
        self.check(r"takes \(x\): too many", lambda x: x, torch.ones(2), torch.ones(3))

    def test_wrong_shape(self):
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 3))
        self.check("in its module '1', Linear.*same reduction dim", model, torch.ones(2, 4))

    def test_script(self):
        model = torch.jit.script(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 3)))
        self.check("takes an example .*'input'", model)
        self.check("linear can't be recorded: .*same reduction dim", model, torch.ones(2, 4))

    def test_branch_on_elements(self):
        self.check("test_errors.py:.*branches on a tensor's value.*torch.cond",
                   lambda x: x * 2 if x.sum() > 0 else x, torch.ones(3))

    def test_class(self):
        self.check("Linear is a class: make an instance", torch.nn.Linear, torch.ones(3))

    def test_unregistered_dataclass(self):
        @dataclasses.dataclass
        class Result:
            value: torch.Tensor

        self.check(r"torch.export.register_dataclass\(Result\)", Result, torch.ones(3))

    def test_meta_device(self):
        model = torch.nn.Linear(3, 3, device="meta")
        self.check("'weight' is on the device 'meta'", model, torch.ones(3, device="meta"))

    def test_array_of_objects(self):
        self.check("an array of object", lambda x: x, np.array([None]))

    def test_gradients_within(self):
        self.check(rf"test_errors.py:{line_of(gradient, 1)}: .*dlc.grad", gradient, torch.ones(3))
        self.check("test_errors.py:.*dlc.grad",
                   lambda x: torch.autograd.grad((x * x).sum(), x), torch.ones(3))
        self.check("test_errors.py:.*dlc.grad", lambda x: (x * x).sum().backward(), torch.ones(3))


class OpenSizeTest(FrontendTest):
    """Programs that don't work for all of the sizes that are said to be open."""

    def check(self, message, function, rows=3):
        batch = torch.export.Dim("batch", min=2, max=64)
        with self.assertRaisesRegex(dlc.TraceError, message) as caught:
            dlc.compile(function, torch.ones(rows, 8), dynamic_shapes=({0: batch},))
        self.assertNotIn("\n", str(caught.exception))

    def test_fixed_size(self):
        function = lambda x: x.reshape(3, 8) * 2  # noqa: E731
        self.check(f"^{__file__}:{line_of(function)}: .*only where batch is 3", function)

    def test_fixed_size_in_a_module(self):
        with self.assertRaisesRegex(dlc.TraceError, r"modules.linear\.py:\d+: .*only where k is 8"):
            dlc.trace(torch.nn.Linear(8, 4), torch.ones(3, 8),
                      dynamic_shapes=({1: torch.export.Dim("k", min=2)},))

    def test_branch(self):
        def function(x):
            return x * 2 if x.shape[0] > 10 else x

        self.check(rf"^{__file__}:{line_of(function, 1)}: .*batch = Dim\('batch', max=10\)",
                   function)

    def test_what_does_not_hold_for_all(self):
        def function(x):
            return torch.nn.functional.interpolate(x[None], scale_factor=0.7, mode="linear")

        rows, columns = torch.export.Dim("rows"), torch.export.Dim("columns", min=2, max=30)
        with self.assertRaisesRegex(dlc.TraceError,
                                    rf"^{__file__}:{line_of(function, 1)}: .*can't show that "
                                    r"trunc\(0.7\*columns\) >= 2 for all columns <= 30.*larger min"):
            dlc.compile(function, torch.ones(3, 8), dynamic_shapes=({0: rows, 1: columns},))
        columns = torch.export.Dim("columns", min=3, max=30)
        compiled = dlc.compile(function, torch.ones(3, 8), dynamic_shapes=({0: rows, 1: columns},))
        for size in (3, 11, 30):
            x = torch.randn(2, size)
            self.assert_close(compiled(x), function(x))

    def test_least_size_of_a_slice(self):
        n = torch.export.Dim("n", min=2, max=64)
        with self.assertRaisesRegex(dlc.TraceError, "give the Dim n a larger min, 3 or more$"):
            dlc.trace(lambda x: x[1:-1], torch.ones(4, 6), dynamic_shapes=({0: n},))
        n = torch.export.Dim("n", min=4, max=64)
        dlc.trace(lambda x: x[1:-1], torch.ones(4, 6), dynamic_shapes=({0: n},))

    def test_program_without_frames(self):
        with self.assertRaisesRegex(dlc.TraceError, "branches on a tensor's value"):
            dlc.trace(torch.is_nonzero, torch.ones(1))

    def test_examples(self):
        self.check("batch is 1 in the example.*2 or more", lambda x: x.exp(), 1)
        self.check("batch is 0 in the example.*2 or more", lambda x: x.exp(), 0)
        self.check("size of the example, 65, .* 2 to 64", lambda x: x.exp(), 65)


class CompiledWithinTest(FrontendTest):
    """Compiled code is no part of a program that is recorded."""

    def check(self, function, sentence):
        for strict in (False, True):
            with self.assertRaisesRegex(dlc.TraceError, sentence) as caught:
                dlc.trace(function, torch.ones(3), strict=strict)
            self.assertRegex(str(caught.exception), rf"^{__file__}:{line_of(function)}: ")
            self.assertNotIn("\n", str(caught.exception))

    def test_model(self):
        model = dlc.compile(torch.exp, torch.ones(3))
        self.check(lambda x: model(x * 2) + 1, "calls <dlc.CompiledModel .*, which is compiled")

    def test_derivatives(self):
        force = dlc.grad(lambda x: (x * x).sum())
        self.check(lambda x: force(x).sin(), "calls <dlc.grad of .*, which is compiled code")
        self.check(lambda x: dlc.hessian(lambda y: y.exp().sum())(x), "calls <dlc.directional of")
        self.check(lambda x: dlc.vjp(torch.sin, x)[0], "compiles or records another")

    def test_recording(self):
        self.check(lambda x: dlc.compile(torch.sin, x)(x), "compiles or records another")


class FileTest(FrontendTest):
    def test_folder_that_is_not_there(self):
        path = self.folder / "none" / "m.so"
        trace = dlc.trace(torch.exp, torch.ones(3))
        model = dlc.compile(trace)
        model.save(self.folder / "m.so")
        for write in (lambda: trace.save(path), lambda: model.save(path),
                      lambda: dlc.load(self.folder / "m.so").save(path),
                      lambda: dlc.compile(trace, output=path),
                      lambda: dlc.compile(trace, output=self.folder / "x.so", header=path)):
            with self.assertRaises(FileNotFoundError) as caught:
                write()
            self.assertEqual(caught.exception.filename, str(path))
        with self.assertRaises(IsADirectoryError):
            model.save(self.folder)
        (self.folder / "file").touch()
        with self.assertRaises(NotADirectoryError):
            model.save(self.folder / "file" / "m.so")


class MetaTest(FrontendTest):
    """Tensors that are moved to where they have no elements."""

    def test_program(self):
        class Moved(torch.nn.Module):
            def forward(self, x):
                return x * 2, x.to("meta")

        program = torch.export.export(Moved(), (torch.ones(3),)).run_decompositions()
        torch.export.save(program, self.folder / "m.pt2")
        place = rf"test_errors.py.*:{line_of(Moved.forward, 1)}\b"
        for source in (self.folder / "m.pt2", dlc.trace(Moved(), torch.ones(3))):
            with self.assertRaisesRegex(dlc.CompileError, f"{place}.*device.* is 'meta', where"):
                dlc.compile(source)


class WarningTest(FrontendTest):
    def test_warning_of_the_compiler(self):
        with self.assertWarnsRegex(dlc.DlcWarning, "^'step' takes") as caught:
            dlc.compile_training_step(torch.nn.Linear(8, 8), torch.ones(2, 8), loss="mse",
                                      optimizer="sgd", memory="1B")
        self.assertEqual(caught.filename, __file__)

    def warnings(self, model, *args):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            dlc.compile(model, *args)
        self.assertTrue(all(w.filename == __file__ for w in caught), caught)
        return [str(w.message) for w in caught]

    def test_tensor_that_is_shown(self):
        def function(x):
            print(f"{x.sum()}", [x])
            return x * 2

        with contextlib.redirect_stdout(io.StringIO()):
            shown, = self.warnings(function, torch.ones(2))
        self.assertRegex(shown, rf"^{__file__}:{line_of(function, 1)}: the program shows a tensor")

    def test_training_mode(self):
        x = torch.randn(4, 3)
        model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(), torch.nn.Dropout(),
                                    torch.nn.BatchNorm1d(3))
        drops, normalises = self.warnings(model, x)
        self.assertRegex(drops, "random numbers .*native_dropout.*the same.* model.eval")
        self.assertRegex(normalises, "batch norm in training mode .* model.eval")
        self.assertEqual(self.warnings(model, x), [])  # once
        self.assertEqual(self.warnings(model.eval(), x), [])
        self.assertEqual(self.warnings(torch.nn.Dropout(0.0), x), [])
        function = lambda x: torch.nn.functional.dropout(x)  # noqa: E731
        self.assertRegex(self.warnings(function, x)[0], f"^{__file__}:{line_of(function)}: ")

    def test_nothing_of_pytorch(self):
        self.assertEqual(self.warnings(torch.nn.GRU(3, 4).eval(), torch.ones(2, 4, 3)), [])
        weight = torch.nn.Parameter(torch.ones(3))
        self.assertEqual(self.warnings(lambda x: x * weight, torch.ones(3)), [])


if __name__ == "__main__":
    unittest.main()
