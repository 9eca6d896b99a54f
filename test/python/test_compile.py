# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiling in this process: saved, loaded, with other threads going on."""

import errno
import logging
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

import numpy as np
import torch
from frontend import ROOT, FrontendTest, dlc

from dlc import dynamo  # noqa: F401


def deep(layers=12):
    """Something that takes a while to compile and to run."""
    return torch.nn.Sequential(*[torch.nn.Sequential(torch.nn.Conv2d(8, 8, 3, padding=1),
                                                     torch.nn.GELU()) for _ in range(layers)])


class Ticker:
    """A thread that counts as long as it gets the interpreter's lock: the longest it had
    to wait for it."""

    def __enter__(self):
        self.longest, self.stop, self.ticks = 0.0, False, 0
        self.thread = threading.Thread(target=self.tick)
        self.thread.start()
        return self

    def tick(self):
        last = time.perf_counter()
        while not self.stop:
            time.sleep(0.001)
            now = time.perf_counter()
            self.longest, last = max(self.longest, now - last), now
            self.ticks += 1

    def __exit__(self, *_):
        self.stop = True
        self.thread.join()


class SaveTest(FrontendTest):
    def test_saved_and_loaded(self):
        def function(x, d):
            return {"a": (x * d["k"]).sum(-1)}

        x, d = torch.randn(5, 4), {"k": torch.arange(4.0)}
        dlc.compile(function, x, d).save(self.folder / "m.so")
        result = dlc.load(self.folder / "m.so")(x.numpy(), {"k": d["k"].numpy()})
        self.assertIsInstance(result["a"], np.ndarray)
        np.testing.assert_allclose(result["a"], function(x, d)["a"].numpy(), rtol=1e-5)

    def test_named_after_the_file(self):
        compiled = dlc.compile(lambda x: x * 2, torch.ones(3))
        for name in ("first", "second"):
            compiled.save(self.folder / f"{name}.so")
            header = (self.folder / f"{name}.h").read_text()
            self.assertIn(f"{name}_run(", header)
            self.assertEqual(dlc.load(self.folder / f"{name}.so").signature["name"], name)

    def test_one_tensor_as_two_inputs(self):
        example, x, y = torch.ones(3), torch.randn(3), torch.randn(3)
        compiled = dlc.compile(lambda a, b: a - 2 * b, example, example)
        self.assert_close(compiled(x, y), x - 2 * y)
        gradients = dlc.grad(lambda a, b: (a * b * b).sum(), argnums=(0, 1))
        self.assert_close(gradients(x, x), (x * x, 2 * x * x))
        self.assert_close(gradients(x, y), (y * y, 2 * x * y))

    def test_own_buffer_as_input(self):
        model = torch.nn.BatchNorm1d(3).eval()
        self.assert_close(dlc.compile(lambda x: x + model.running_var, model.running_var)(
            torch.zeros(3)), torch.ones(3))

        class Own(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("own", torch.ones(3))

            def forward(self, x):
                return x * 2 + self.own

        model = Own()
        self.assert_close(dlc.compile(model, model.own)(torch.zeros(3)), torch.ones(3))

    def test_name_given_beforehand(self):
        compiled = dlc.compile(lambda x: x * 2, torch.ones(3), name="twice")
        compiled.save(self.folder / "twice.so")
        self.assertIn("twice_run(", (self.folder / "twice.h").read_text())
        self.assertEqual((self.folder / "twice.so").read_bytes(), self.cached()[0].read_bytes())

    def test_what_was_loaded_is_copied(self):
        dlc.compile(lambda x: x * 2, torch.ones(3)).save(self.folder / "a.so")
        dlc.load(self.folder / "a.so").save(self.folder / "b.so")
        self.assert_close(dlc.load(self.folder / "b.so")(torch.ones(3)), torch.full((3,), 2.0))

    def test_weights_that_changed_since(self):
        model = torch.nn.Linear(2, 2)
        compiled = dlc.compile(model, torch.ones(2))
        with torch.no_grad():
            model.weight.add_(1)
        with self.assertRaisesRegex(dlc.DlcError, "changed since it was compiled"):
            compiled.save(self.folder / "m.so")

    def test_output(self):
        for factor in (2, 3):
            compiled = dlc.compile(lambda x: x * factor, torch.ones(3),
                                   output=self.folder / "again.so")
            self.assert_close(compiled(torch.ones(3)), torch.full((3,), float(factor)))
            self.assertIn("again_run(", (self.folder / "again.h").read_text())
        self.assertEqual(self.cached(), [])

    @unittest.skipUnless(shutil.which("cc"), "no C compiler")
    def test_header_serves_c(self):
        dlc.compile(lambda x: x * 2, torch.ones(3)).save(self.folder / "twice.so")
        (self.folder / "main.c").write_text("""
            #include "twice.h"
            int main(void) {
              float x[3] = {1, 2, 3}, y[3];
              int64_t shape[] = {3};
              DLTensor in = twice_input_x(x, shape), out = twice_output_output(y, shape);
              const DLTensor *inputs[] = {&in};
              DLTensor *outputs[] = {&out};
              return twice_run(inputs, outputs) != DLC_OK || y[2] != 6;
            }""")
        subprocess.run(["cc", "main.c", "./twice.so", "-Wl,-rpath,$ORIGIN", "-o", "main"],
                       cwd=self.folder, check=True)
        subprocess.run(["./main"], cwd=self.folder, check=True)

    def test_exported_program(self):
        program = torch.export.export(torch.nn.Linear(2, 2), (torch.ones(2),))
        with torch.no_grad():
            self.assert_close(dlc.compile(program)(torch.ones(2)), program.module()(torch.ones(2)))


class ThreadsTest(FrontendTest):
    def test_lock_is_released(self):
        trace = dlc.trace(deep().eval(), torch.randn(1, 8, 64, 64))
        begin = time.perf_counter()
        with Ticker() as compiling:
            compiled = dlc.compile(trace)
        seconds = time.perf_counter() - begin
        x = torch.randn(1, 8, 64, 64)
        with Ticker() as running:
            for _ in range(20):
                compiled(x)
        self.assertLess(compiling.longest, max(0.5 * seconds, 0.2))
        self.assertGreater(compiling.ticks, 10)
        self.assertGreater(running.ticks, 3)

    def test_callers_at_once(self):
        compiled = dlc.compile(lambda x: torch.softmax(x @ x.T, -1), torch.randn(64, 64))
        inputs = [torch.randn(64, 64) for _ in range(4)]
        results = [None] * 4

        def call(i):
            for _ in range(20):
                results[i] = compiled(inputs[i])

        threads = [threading.Thread(target=call, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for x, y in zip(inputs, results):
            self.assert_close(y, torch.softmax(x @ x.T, -1))

    def test_compilers_at_once(self):
        errors = []

        def compile(factor):
            try:
                self.assert_close(dlc.compile(traces[factor])(torch.ones(2)),
                                  torch.full((2,), float(factor)))
            except Exception as error:
                errors.append(error)

        traces = {n: dlc.trace(lambda x, n=n: x * n, torch.ones(2)) for n in (2, 3)}
        threads = [threading.Thread(target=compile, args=(n,)) for n in (2, 3, 2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

    def run_in_threads(self, *functions):
        """Runs them at once, each in a thread of its own: what they raise."""
        errors = []

        def run(function):
            try:
                function()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(function,)) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return errors

    def test_what_others_do_while_one_records(self):
        x, model = torch.ones(3), dlc.compile(torch.exp, torch.ones(3))
        model.save(self.folder / "exp.so")
        loaded = dlc.load(self.folder / "exp.so")
        weight, errors = torch.ones(3, requires_grad=True), []

        def call():
            self.assert_close(model(x), x.exp())
            self.assert_close(torch.from_numpy(loaded(x.numpy())), x.exp())

        def train():
            (weight * 2).sum().backward()

        def not_train():
            no_grad.__enter__()

        def program(x):
            errors.extend(self.run_in_threads(call, train, not_train))
            return x * 2

        no_grad = torch.no_grad()
        trace = dlc.trace(program, x)
        self.assertEqual(errors, [])
        self.assertNotIn("aten.detach.default", trace.ops)
        self.assert_close(weight.grad, torch.full((3,), 2.0))

    def test_recorders_at_once(self):
        def record(factor, refused=False):
            def program(x):
                time.sleep(0.01)  # lets others run
                return bool(x.sum()) if refused else torch.nn.functional.linear(x, x) * factor

            for _ in range(3):
                if refused:
                    with self.assertRaisesRegex(dlc.TraceError, "branches on a tensor"):
                        dlc.trace(program, torch.ones(2))
                else:
                    self.assert_close(dlc.compile(program, torch.ones(2))(torch.ones(2)),
                                      torch.tensor(2.0 * factor))

        def capture():
            self.assert_close(torch.compile(lambda x: x.cos() + 1, backend="dlc")(torch.ones(2)),
                              torch.ones(2).cos() + 1)

        self.assertEqual(self.run_in_threads(lambda: record(2), lambda: record(3), capture,
                                             lambda: record(0, True)), [])


class ProgressTest(FrontendTest):
    def test_callback(self):
        phases = []
        dlc.compile(lambda x: x + 1, torch.ones(2), progress=lambda *phase: phases.append(phase))
        self.assertEqual([name for name, _ in phases][:2], ["import", "simplify"])
        self.assertIn("link", phases[-1][0])

    def test_an_error_of_the_callback_ends_it(self):
        for name, error in (("import", OSError("mine")), ("object+link", KeyError("mine")),
                            ("simplify", KeyboardInterrupt())):
            def stop(phase, _, name=name, error=error):
                seen.append(phase)
                if phase == name:
                    raise error

            for output in (None, self.folder / "m.so"):
                seen = []
                with self.assertRaises(type(error)) as raised:
                    dlc.compile(lambda x: x + 1, torch.ones(2), progress=stop, output=output)
                self.assertIs(raised.exception, error)
                self.assertEqual([seen[-1], seen.count("import")], [name, 1])
            self.assertEqual([path for path in self.folder.rglob("*") if path.is_file()], [])

    def test_files_that_cannot_be_written(self):
        with self.assertRaises(OSError) as raised:
            dlc.compile(torch.sin, torch.ones(2), output="/dev/full")
        self.assertEqual((raised.exception.errno, raised.exception.filename),
                         (errno.ENOSPC, "/dev/full"))
        with self.assertRaisesRegex(ValueError, "m.h', which is the name of its header"):
            dlc.compile(torch.sin, torch.ones(2)).save(self.folder / "m.h")

    def test_signals(self):
        def interrupt(phase, _):
            if phase == "simplify":
                os.kill(os.getpid(), signal.SIGINT)

        # A process in the background may be born to ignore it.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        with self.assertRaises(KeyboardInterrupt):
            dlc.compile(lambda x: x + 1, torch.ones(2), progress=interrupt,
                        output=self.folder / "m.so")
        self.assertEqual(list(self.folder.glob("m.*")), [])

    def test_logger(self):
        with self.assertLogs("dlc", logging.DEBUG) as logs:
            dlc.compile(lambda x: x + 2, torch.ones(2))
        self.assertRegex(logs.output[-1], r"link: 0\.\d+ s")


class NothingElseTest(FrontendTest):
    """Compiling starts no process, and writes no file but the result."""

    PROGRAM = """
import json, sys
sys.path.insert(0, {package!r})
import dlc
trace = dlc.load_trace({trace!r})
print("begin", flush=True)
dlc.compile(trace)
print("end", flush=True)
"""

    @unittest.skipUnless(shutil.which("strace"), "no strace")
    def test_system_calls(self):
        dlc.trace(torch.nn.Linear(3, 3), torch.ones(3)).save(self.folder / "m.json")
        program = self.PROGRAM.format(package=str(ROOT / "python"), trace=str(self.folder / "m.json"))
        log = self.folder / "log"
        run = subprocess.run(
            ["strace", "-f", "-o", log, "-e", "trace=execve,openat,open,creat,fork,vfork,write",
             sys.executable, "-c", program], env=dict(os.environ, TMPDIR=str(self.folder / "none")),
            capture_output=True, text=True)
        if "PTRACE" in run.stderr and run.returncode:
            self.skipTest("strace isn't allowed here")
        self.assertEqual(run.returncode, 0, run.stderr)
        calls = log.read_text().split('"begin')[1].split('"end')[0]
        self.assertEqual(re.findall(r"\b(?:execve|v?fork)\(.*", calls), [])
        written = {pathlib.Path(path).parent for path in
                   re.findall(r'"([^"]+)", [A-Z_|]*(?:O_WRONLY|O_RDWR|O_CREAT)', calls)}
        self.assertLessEqual(written, {self.folder / "cache", pathlib.Path("/dev")})


class ExampleTest(FrontendTest):
    """Examples of other libraries than PyTorch."""

    def test_numpy(self):
        x = np.arange(6, dtype=np.float32).reshape(2, 3)
        read_only = x.copy()
        read_only.flags.writeable = False
        for example in (x, x[::-1], x.astype(">f4"), read_only):
            compiled = dlc.compile(lambda d, n: d["x"] * n, {"x": example}, np.int64(2))
            result = compiled({"x": x}, 2)
            self.assertIsInstance(result, np.ndarray)
            np.testing.assert_array_equal(result, 2 * x)
        self.assert_close(dlc.compile(torch.sin, x)(torch.ones(2, 3)), torch.ones(2, 3).sin())


if __name__ == "__main__":
    unittest.main()
