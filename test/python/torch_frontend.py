# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Python package on PyTorch programs: what it compiles equals eager, and what it
refuses it names."""

import os
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "python"))
os.environ.setdefault("DLC_BUILD", str(ROOT / "build"))

import numpy as np  # noqa: E402
import torch  # noqa: E402

import dlc  # noqa: E402


class Model(torch.nn.Module):
    """Nested arguments and results, a view updated in place, state."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)
        self.register_buffer("calls", torch.zeros(4))

    def forward(self, x, d):
        y = torch.tanh(self.linear(x))
        z = y.view(x.shape[0] * 2, -1)
        z.add_(1)
        self.calls.add_(1)
        return {"a": y.sum(dim=-1), "b": (z, d["k"] + 1.5 + self.calls)}


def example(rows=3):
    return torch.randn(rows, 4), {"k": torch.ones(4)}


class TorchFrontend(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        os.environ["DLC_CACHE_DIR"] = str(self.folder / "cache")

    def trace(self, model):
        batch = torch.export.Dim("batch", min=2, max=64)
        return dlc.trace(model, *example(), dynamic_shapes=({0: batch}, {"k": None}))

    def test_structure_state_and_sizes(self):
        model = Model()
        compiled = dlc.compile(self.trace(model))
        for rows in (3, 7, 64):
            args = example(rows)
            torch.testing.assert_close(compiled(*args), model(*args))
        with self.assertRaisesRegex(dlc.RunError, "at most 64"):
            compiled(*example(65))
        with self.assertRaisesRegex(TypeError, "structure"):
            compiled(example()[0], {"other": torch.ones(4)})

    def test_reset_gives_state_its_first_value(self):
        compiled = dlc.compile(self.trace(Model()))
        first = compiled(*example())["b"][1]
        self.assertFalse(torch.equal(compiled(*example())["b"][1], first))
        compiled.reset()
        torch.testing.assert_close(compiled(*example())["b"][1], first)

    def test_saved_trace_and_artefact(self):
        model = Model()
        trace = self.trace(model)
        trace.save(self.folder / "m.json")
        x, d = example(5)
        expected = model(x, d)
        for again in (dlc.load_trace(self.folder / "m.json"), self.folder / "m.json"):
            torch.testing.assert_close(dlc.compile(again)(x, d), expected)
        dlc.compile(trace).save(self.folder / "m.so")
        result = dlc.load(self.folder / "m.so")(x.numpy(), {"k": d["k"].numpy()})
        self.assertIsInstance(result["a"], np.ndarray)
        np.testing.assert_allclose(result["a"], expected["a"].detach().numpy(), rtol=1e-5)

    def test_a_file_compiled_anew_is_loaded_anew(self):
        for factor in (2, 3):
            compiled = dlc.compile(lambda x: x * factor, torch.ones(3),
                                   output=self.folder / "again.so")
            torch.testing.assert_close(compiled(torch.ones(3)), torch.full((3,), float(factor)))

    def test_cache_is_found_again(self):
        f = lambda x: x + 1  # noqa: E731
        dlc.compile(f, torch.ones(3))
        files = sorted((self.folder / "cache").glob("*.so"))
        times = [f.stat().st_ctime_ns for f in files]
        inodes = [f.stat().st_ino for f in files]
        dlc.compile(f, torch.ones(3))
        again = sorted((self.folder / "cache").glob("*.so"))
        self.assertEqual([f.stat().st_ino for f in again], inodes)
        self.assertEqual(len(times), 1)

    def test_strided_inputs_are_taken_as_they_are(self):
        compiled = dlc.compile(lambda x: x * 2, torch.ones(3, 4))
        x = torch.randn(4, 3).t()
        torch.testing.assert_close(compiled(x), x * 2)

    def test_control_flow(self):
        def branch(x):
            return torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,))

        def loop(x):
            return torch._higher_order_ops.while_loop(
                lambda i, x: i < 5, lambda i, x: (i + 1, x * 1.5), (torch.tensor(0), x))

        for function in (branch, loop):
            compiled = dlc.compile(function, torch.ones(3))
            for x in (torch.ones(3), -torch.ones(3)):
                torch.testing.assert_close(compiled(x), function(x))

    def test_unsupported_op_names_the_line(self):
        def bad(x):
            return torch.linalg.svdvals(x)

        line = bad.__code__.co_firstlineno + 1
        with self.assertRaisesRegex(dlc.CompileError, rf"torch_frontend.py:{line}"):
            dlc.compile(bad, torch.randn(3, 4))

    def test_damaged_trace(self):
        path = self.folder / "bad.json"
        for text in ("{", "{}", '{"format": "dlc-trace", "version": {"major": 7, "minor": 0}}'):
            path.write_text(text)
            with self.assertRaises(dlc.TraceError):
                dlc.load_trace(path)
            with self.assertRaises(dlc.CompileError):
                dlc.compile(path)

    def test_pt2_is_what_the_trace_is(self):
        model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()).eval()
        x = torch.randn(3, 4)
        program = torch.export.export(model, (x,)).run_decompositions()
        torch.export.save(program, self.folder / "m.pt2")
        with torch.no_grad():
            torch.testing.assert_close(dlc.compile(self.folder / "m.pt2")(x), model(x))

    def test_dynamo_backend(self):
        from dlc.dynamo import backend

        model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh()).eval()
        fast = torch.compile(model, backend=backend, dynamic=True)
        with torch.no_grad():
            for rows in (3, 5, 9):
                x = torch.randn(rows, 4)
                torch.testing.assert_close(fast(x), model(x))


if __name__ == "__main__":
    unittest.main()
