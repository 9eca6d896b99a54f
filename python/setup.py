# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Puts the compiler's library, built beforehand by scripts/build, into the package."""

import os
import pathlib
import shutil

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

HERE = pathlib.Path(__file__).resolve().parent


def library():
    build = pathlib.Path(os.environ.get("DLC_BUILD", HERE.parent / "build"))
    return build / "lib" / "libdlc.so"


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        if library().exists():
            shutil.copy2(library(), pathlib.Path(self.build_lib) / "dlc" / "libdlc.so")


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return library().exists()


setup(cmdclass={"build_py": BuildWithLibrary}, distclass=BinaryDistribution)
