# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Puts the compiler's library, built beforehand by scripts/build, into the package."""

import os
import pathlib
import shutil

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

HERE = pathlib.Path(__file__).resolve().parent


def library():
    build = pathlib.Path(os.environ.get("DLC_BUILD", HERE.parent / "build"))
    return build / "lib" / "libdlc.so"


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        if self.editable_mode:  # the package finds the build tree that it is part of
            return
        if not library().exists():
            raise SystemExit(f"{library()} isn't there: run scripts/build first, or name the "
                             "build folder in $DLC_BUILD")
        shutil.copy2(library(), pathlib.Path(self.build_lib) / "dlc" / "libdlc.so")


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


class Wheel(bdist_wheel):
    """Of one platform, but of any Python: the library is loaded by ctypes."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


setup(cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": Wheel}, distclass=BinaryDistribution)
