# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which thread records a program.

Much of what PyTorch keeps while it records belongs to the process, not to the thread: one
thread records at a time, and what is replaced in PyTorch meanwhile asks whether it is called
from that one.
"""

import torch
from torch._dynamo.convert_frame import compile_lock

#: Held while a program is recorded. torch.export calls Dynamo, and Dynamo the backend, so that
#: theirs is the only lock that can be taken in either order.
LOCK = compile_lock


def is_here() -> bool:
    """Whether it is the program that PyTorch records in this thread that asks."""
    return torch.compiler.is_exporting() and (
        torch.compiler.is_dynamo_compiling() or torch._guards.TracingContext.try_get() is not None)
