# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The cache of compiled models."""

import os
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

import torch
from frontend import ROOT, FrontendTest, dlc

from dlc import cache, compiler

COMPILE = """
import sys
sys.path.insert(0, {package!r})
import dlc
model = dlc.compile(dlc.load_trace({trace!r}))
import numpy as np
assert (model(np.ones(2, np.float32)) == 3).all()
"""

COMPILE_MANY = """
import sys
sys.path.insert(0, {package!r})
import dlc, numpy as np
for factor in (2, 3, 4) * 4:
    model = dlc.compile({folder!r} + f"/{{factor}}.json")
    assert (model(np.ones(2, np.float32)) == factor).all()
"""


def times(factor):
    return dlc.trace(lambda x: x * factor, torch.ones(2))


class CacheTest(FrontendTest):
    def compilations(self, *models):
        """How many of these are compiled when each is asked for."""
        with unittest.mock.patch.object(compiler._library, "compile_file",
                                        side_effect=compiler._library.compile_file) as spy:
            for model in models:
                dlc.compile(model)
            return spy.call_count

    def test_found_again(self):
        self.assertEqual(self.compilations(times(2), times(2), times(3), times(2)), 2)
        self.assertEqual(len(self.cached()), 2)

    def test_weights_count(self):
        model = torch.nn.Linear(2, 2)
        first = dlc.trace(model, torch.ones(2))
        self.assertEqual(self.compilations(first, dlc.trace(model, torch.ones(2))), 1)
        with torch.no_grad():
            model.bias.add_(1)
        self.assertEqual(self.compilations(dlc.trace(model, torch.ones(2))), 1)

    def test_bounded(self):
        self.compilations(times(2))
        size = self.cached()[0].stat().st_size
        with unittest.mock.patch.dict(os.environ, DLC_CACHE_SIZE=str(2 * size + size // 2)):
            kept = dlc.compile(times(3))
            time.sleep(0.01)
            self.assertEqual(self.compilations(times(2), times(4)), 1)
            self.assertEqual(len(self.cached()), 2)
            self.assertEqual(self.compilations(times(2), times(4)), 0)
            self.assertEqual(self.compilations(times(3)), 1)
        self.assert_close(kept(torch.ones(2)), torch.full((2,), 3.0))  # though it was removed
        kept.save(self.folder / "kept.so")
        self.assert_close(dlc.load(self.folder / "kept.so")(torch.ones(2)), torch.full((2,), 3.0))

    def test_nothing_kept(self):
        with unittest.mock.patch.dict(os.environ, DLC_CACHE_SIZE="0"):
            for factor in (2, 3):
                self.assert_close(dlc.compile(times(factor))(torch.ones(2)),
                                  torch.full((2,), float(factor)))
        self.assertEqual(list((self.folder / "cache").iterdir()), [])

    def test_folder_that_cannot_be(self):
        (self.folder / "file").touch()
        with unittest.mock.patch.dict(os.environ, DLC_CACHE_DIR=str(self.folder / "file" / "x"),
                                      TMPDIR=str(self.folder)), \
                unittest.mock.patch.object(tempfile, "tempdir", None):
            with self.assertWarnsRegex(dlc.DlcWarning, "aren't kept.*file/x.*Not a directory"):
                model = dlc.compile(times(2))
            self.assert_close(model(torch.ones(2)), torch.full((2,), 2.0))
            self.assertEqual([path.name for path in self.folder.glob("dlc-*")], [])
            model.save(self.folder / "kept.so")
        self.assert_close(dlc.load(self.folder / "kept.so")(torch.ones(2)), torch.full((2,), 2.0))

    def test_folder_that_may_not_be_written_to(self):
        dlc.compile(times(2))
        with unittest.mock.patch.object(os, "access", lambda path, _: path != cache.folder()):
            with self.assertWarnsRegex(dlc.DlcWarning, "aren't kept.*may not be written"):
                self.assertEqual(self.compilations(times(3)), 1)
            self.assertEqual(self.compilations(times(2)), 0)

    def test_size_that_is_none(self):
        with unittest.mock.patch.dict(os.environ, DLC_CACHE_SIZE="many"), \
                self.assertRaisesRegex(dlc.DlcError, "DLC_CACHE_SIZE is 'many'"):
            dlc.compile(times(2))

    def test_clear(self):
        model = dlc.compile(times(2))
        cache.clear()
        self.assertEqual(list((self.folder / "cache").iterdir()), [])
        self.assert_close(model(torch.ones(2)), torch.full((2,), 2.0))

    def test_damaged_entry(self):
        dlc.compile(times(2))
        path, = self.cached()
        whole = path.read_bytes()
        for damaged in (b"", whole[:100], whole[:len(whole) // 2], b"\0" * len(whole)):
            path.unlink()  # it is mapped
            path.write_bytes(damaged)
            self.assert_close(dlc.compile(times(2))(torch.ones(2)), torch.full((2,), 2.0))
            self.assertEqual(path.stat().st_size, len(whole))

    def test_what_killed_processes_left(self):
        self.compilations(times(2))
        old, new = (self.folder / "cache" / f"{n}.so.abcdef.tmp" for n in ("old", "new"))
        old.touch()
        new.touch()
        os.utime(old, (0, 0))
        self.compilations(times(3))
        self.assertEqual((old.exists(), new.exists()), (False, True))

    def processes(self, count):
        times(3).save(self.folder / "m.json")
        program = COMPILE.format(package=str(ROOT / "python"), trace=str(self.folder / "m.json"))
        return [subprocess.Popen([sys.executable, "-c", program]) for _ in range(count)]

    def test_processes_at_once(self):
        self.assertEqual([p.wait() for p in self.processes(3)], [0, 0, 0])
        self.assertEqual(len(self.cached()), 1)

    def test_processes_that_remove_each_other_s(self):
        self.compilations(times(5))
        bound = self.cached()[0].stat().st_size * 3 // 2  # of one model
        for factor in (2, 3, 4):
            times(factor).save(self.folder / f"{factor}.json")
        program = COMPILE_MANY.format(package=str(ROOT / "python"), folder=str(self.folder))
        with unittest.mock.patch.dict(os.environ, DLC_CACHE_SIZE=str(bound)):
            running = [subprocess.Popen([sys.executable, "-W", "error", "-c", program])
                       for _ in range(4)]
            self.assertEqual([p.wait() for p in running], [0] * 4)
            self.compilations(times(6))
        self.assertEqual(len(self.cached()), 1)
        self.assertEqual([path.suffix for path in (self.folder / "cache").iterdir()
                          if path.suffix not in (".so", ".h")], [])

    def test_entry_that_is_removed_at_once(self):
        def compile_and_remove(*args, **options):
            text = compile_file(*args, **options)
            for path in self.cached():
                path.unlink()
            return text

        compile_file = compiler._library.compile_file
        with unittest.mock.patch.object(compiler._library, "compile_file", compile_and_remove):
            self.assert_close(dlc.compile(times(2))(torch.ones(2)), torch.full((2,), 2.0))

    def test_another_compiler_or_processor(self):
        self.assertEqual(self.compilations(times(2)), 1)
        other = self.folder / "libdlc.so"
        other.touch()
        with unittest.mock.patch.object(cache._library, "path", lambda: other):
            self.assertEqual(self.compilations(times(2)), 1)
        with unittest.mock.patch.object(cache, "_machine", lambda: b"flags: none"):
            self.assertEqual(self.compilations(times(2)), 1)
        self.assertEqual(self.compilations(times(2)), 0)
        self.assertIn(b"flags", cache._machine())
        self.assertNotIn(b"MHz", cache._machine())

    def test_header_that_was_removed(self):
        model = dlc.compile(times(2), name="twice")
        cache.header(model.path).unlink()
        model.save(self.folder / "twice.so")
        self.assertIn("twice_run(", (self.folder / "twice.h").read_text())

    def test_killed_process(self):
        for delay in (0.1, 0.2, 0.3, 0.4):
            process, = self.processes(1)
            time.sleep(delay)
            process.kill()
            process.wait()
        process, = self.processes(1)
        self.assertEqual(process.wait(), 0)

    def test_model_in_a_file_and_what_it_refers_to(self):
        model = torch.nn.Linear(2, 2)
        path = self.folder / "m.json"
        x = torch.ones(2)
        with torch.no_grad():
            for _ in range(2):
                dlc.trace(model, x).save(path)
                self.assertEqual(self.compilations(path, path), 1)
                self.assert_close(dlc.compile(path)(x), model(x))
                model.weight.add_(1)


if __name__ == "__main__":
    unittest.main()
