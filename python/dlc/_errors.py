# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What can go wrong."""


class DlcError(Exception):
    """Any error of dlc's own."""


class TraceError(DlcError):
    """A program can't be recorded, or a trace can't be read."""


class CompileError(DlcError):
    """The compiler refused a model; the message says where in it, and why."""


class RunError(DlcError):
    """A compiled model refused its inputs or failed on them."""
