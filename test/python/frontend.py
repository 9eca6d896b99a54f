# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of the Python package share: where it is, a cache of their own."""

import os
import pathlib
import sys
import tempfile
import unittest
import unittest.mock
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "python"))
os.environ.setdefault("DLC_BUILD", str(ROOT / "build"))

import torch  # noqa: E402

import dlc  # noqa: E402, F401


class FrontendTest(unittest.TestCase):
    """A test with a folder and a cache of compiled models of its own."""

    def setUp(self):
        warnings.filterwarnings("ignore", module=r"torch\b|copyreg")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        patch = unittest.mock.patch.dict(os.environ, DLC_CACHE_DIR=str(self.folder / "cache"))
        patch.start()
        self.addCleanup(patch.stop)
        torch.manual_seed(0)

    def cached(self):
        """The compiled models in the cache."""
        return sorted((self.folder / "cache").glob("*.so"))

    def assert_close(self, got, expected, **tolerances):
        torch.testing.assert_close(got, expected, **tolerances)


def line_of(function, offset=0):
    """The number of a line of a function, from its `def`."""
    return function.__code__.co_firstlineno + offset
