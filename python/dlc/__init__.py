# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""dlc compiles trained models ahead of time into self-contained shared objects.

    import dlc, torch

    model = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.Softmax(-1)).eval()
    fast = dlc.compile(model, torch.randn(1, 784))
    y = fast(torch.randn(1, 784))         # tensors in, tensors out, no copies
    fast.save("mlp.so")                   # with mlp.h beside it: no Python needed
    again = dlc.load("mlp.so")            # NumPy is enough for this one

What there is:

    trace(model, *args)    records a PyTorch program (torch.export), to save it
    load_trace(path)       reads a saved one; needs no PyTorch
    compile(what, *args)   a module, function, trace, ONNX or MLIR file to a callable
    load(path)             a compiled shared object as a callable

Errors of the compiler are `CompileError`s that name the line of your program.
"""

from ._errors import CompileError, DlcError, RunError, TraceError
from .compiler import compile
from .runtime import CompiledModel, load
from .tracefile import Trace, load_trace

__version__ = "0.1.0"

__all__ = ["CompileError", "CompiledModel", "DlcError", "RunError", "Trace", "TraceError",
           "compile", "load", "load_trace", "trace"]


def trace(model, *args, dynamic_shapes=None, kwargs=None, strict=False):
    """Records a PyTorch module or function on example inputs, as a `Trace`.

    `args` and `kwargs` are the example inputs; tensors anywhere in them (in tuples,
    lists, dicts) become inputs, everything else is a constant of the trace.
    `dynamic_shapes` is torch.export's: which sizes stay open, and in what range:

        t = dlc.trace(model, x, dynamic_shapes=({0: torch.export.Dim("batch", max=64)},))
        t.save("model.json")              # and model.safetensors beside it

    Control flow that depends on tensors must be written with torch.cond and the
    like; buffers that the program changes become state of the compiled model.
    """
    from .tracer import trace_program

    return trace_program(model, args, kwargs, dynamic_shapes, strict)
