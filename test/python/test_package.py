# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package installed: what the wheel holds, and that it stands alone."""

import doctest
import importlib
import importlib.util
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import unittest
import zipfile

import numpy as np
from frontend import ROOT, FrontendTest, dlc

MODEL = """
func.func @main(%x: tensor<?x3xf32> {dlc.name = "x"}) -> (tensor<?x3xf32> {dlc.name = "y"}) {
  %0 = dl.relu %x : tensor<?x3xf32> -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}
"""

WITHOUT_TORCH = """
import sys
sys.path[:0] = [{site!r}, {numpy!r}]
sys.modules["torch"] = None  # importing it fails
import dlc, numpy as np
assert dlc.__file__.startswith({site!r})
model = dlc.compile("relu.mlir")
model.save("relu.so")
x = np.array([[-1, 0, 1]], np.float32)
for each in (model, dlc.load("relu.so")):
    assert (each(x) == [[0, 0, 1]]).all()
    assert (each(x=x) == [[0, 0, 1]]).all()
"""

BY_NAME = """
import torch
fast = torch.compile(lambda x: x * 2, backend="dlc")
assert torch.equal(fast(torch.ones(3)), torch.full((3,), 2.0))
import dlc
assert dlc.__file__.startswith({site!r})
"""


@unittest.skipUnless(importlib.util.find_spec("setuptools"), "no setuptools to build a wheel")
class WheelTest(FrontendTest):
    def setUp(self):
        super().setUp()
        source = self.folder / "python"
        shutil.copytree(ROOT / "python", source, ignore=shutil.ignore_patterns("build", "*.egg*"))
        self.pip("wheel", "--no-deps", "--no-build-isolation", source, "-w", self.folder)
        self.wheel, = self.folder.glob("*.whl")
        self.site = self.folder / "site"
        self.pip("install", "--no-deps", "--no-index", "--target", self.site, self.wheel)
        self.environment = {k: v for k, v in os.environ.items() if k != "DLC_BUILD"}

    def pip(self, *arguments):
        subprocess.run([sys.executable, "-m", "pip", "-q", "--disable-pip-version-check",
                        *arguments], check=True, cwd=self.folder)

    def run_python(self, program):
        numpy = os.path.dirname(os.path.dirname(np.__file__))
        program = program.format(site=str(self.site), numpy=numpy)
        subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True,
                       cwd=self.folder, env=self.environment)

    def test_wheel(self):
        names = zipfile.ZipFile(self.wheel).namelist()
        self.assertIn("dlc/libdlc.so", names)
        self.assertIn("dlc/py.typed", names)
        self.assertRegex(self.wheel.name, r"-py3-none-.*x86_64|-py3-none-.*aarch64")
        (self.folder / "relu.mlir").write_text(MODEL)
        self.run_python(WITHOUT_TORCH)
        self.environment["PYTHONPATH"] = str(self.site)
        self.run_python(BY_NAME)


class DocumentationTest(FrontendTest):
    def test_examples_run(self):
        os.chdir(self.folder)
        self.addCleanup(os.chdir, ROOT)
        tried = doctest.testmod(dlc, optionflags=doctest.ELLIPSIS).attempted
        self.assertGreater(tried, 5)
        for module in pkgutil.iter_modules(dlc.__path__):
            module = importlib.import_module(f"dlc.{module.name}")
            tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
            self.assertEqual(tried.failed, 0, module.__name__)

    def test_page_runs(self):
        os.chdir(self.folder)
        self.addCleanup(os.chdir, ROOT)
        for path, least in (("docs/python.md", 7), ("docs/training.md", 2), ("docs/trace.md", 1),
                            ("README.md", 1)):
            with self.subTest(path):
                blocks = self.blocks(path, "python")
                self.assertGreaterEqual(len(blocks), least)
                exec("\n".join(blocks), {})
        node, = self.blocks("docs/trace.md", "json")
        self.assertEqual(json.loads((self.folder / "sum.json").read_text())["nodes"],
                         [json.loads(node)])

    def blocks(self, path, language):
        return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / path).read_text(),
                          re.MULTILINE | re.DOTALL)

    def test_example_runs(self):
        environment = dict(os.environ, PYTHONPATH=str(ROOT / "python"))
        program = "import runpy, dlc.dynamo; runpy.run_path({!r}, run_name='__main__')".format(
            str(ROOT / "examples" / "pytorch" / "generate.py"))
        output = subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=environment,
                                cwd=self.folder, check=True, capture_output=True, text=True)
        self.assertIn("all the same", output.stdout)
        self.assertEqual(list(self.folder.glob("*.so")), [])  # it leaves nothing behind

    @unittest.skipUnless(importlib.util.find_spec("mypy"), "no mypy")
    def test_types(self):
        checked = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", self.folder / "mypy",
             "python/dlc"], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_everything_public_is_documented(self):
        page = (ROOT / "docs" / "python.md").read_text()
        for name in dlc.__all__:
            self.assertTrue(getattr(dlc, name).__doc__, name)
            self.assertRegex(page, rf"\b{name}\b")
        for kind in (dlc.CompiledModel, dlc.Trace, dlc.TrainingStep, dlc.Derivative):
            for name, member in vars(kind).items():
                if not name.startswith("_"):
                    self.assertTrue(member.__doc__, name)
        for function in (dlc.compile, dlc.trace, dlc.compile_training_step):
            for name in inspect.signature(function).parameters:
                self.assertIn(f"`{name}", function.__doc__ + page)

    def test_dir_shows_what_is_public(self):
        self.assertEqual([n for n in dir(dlc) if not n.startswith("__")], sorted(dlc.__all__))


if __name__ == "__main__":
    unittest.main()
