# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models: called, saved, loaded, cached."""

import unittest

import numpy as np
import torch
from frontend import FrontendTest, dlc


class CompileTest(FrontendTest):
    def test_saved_artefact(self):
        def function(x, d):
            return {"a": (x * d["k"]).sum(-1)}

        x, d = torch.randn(5, 4), {"k": torch.arange(4.0)}
        dlc.compile(function, x, d).save(self.folder / "m.so")
        result = dlc.load(self.folder / "m.so")(x.numpy(), {"k": d["k"].numpy()})
        self.assertIsInstance(result["a"], np.ndarray)
        np.testing.assert_allclose(result["a"], function(x, d)["a"].numpy(), rtol=1e-5)

    def test_a_file_compiled_anew_is_loaded_anew(self):
        for factor in (2, 3):
            compiled = dlc.compile(lambda x: x * factor, torch.ones(3),
                                   output=self.folder / "again.so")
            self.assert_close(compiled(torch.ones(3)), torch.full((3,), float(factor)))

    def test_strided_inputs_are_taken_as_they_are(self):
        compiled = dlc.compile(lambda x: x * 2, torch.ones(3, 4))
        x = torch.randn(4, 3).t()
        self.assert_close(compiled(x), x * 2)


class CacheTest(FrontendTest):
    def test_found_again(self):
        def function(x):
            return x + 1

        dlc.compile(function, torch.ones(3))
        files = [(f, f.stat().st_ino) for f in self.cached()]
        dlc.compile(function, torch.ones(3))
        self.assertEqual([(f, f.stat().st_ino) for f in self.cached()], files)
        self.assertEqual(len(files), 1)


if __name__ == "__main__":
    unittest.main()
