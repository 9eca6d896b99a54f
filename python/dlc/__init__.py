# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""dlc compiles trained models ahead of time into self-contained shared objects.

    >>> import dlc, torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.Softmax(-1)).eval()
    >>> fast = dlc.compile(model, torch.randn(1, 784))
    >>> y = fast(torch.randn(1, 784))     # tensors in, tensors out, no copies
    >>> y.shape
    torch.Size([1, 10])

Save it: a shared object and its C header, for any program, with or without Python.

    >>> fast.save("mlp.so")               # and mlp.h
    >>> again = dlc.load("mlp.so")        # needs NumPy only
    >>> again
    <dlc.CompiledModel mlp(input: float32[1, 784]) -> output: float32[1, 10]>

Sizes may stay open:

    >>> batch = torch.export.Dim("batch", min=2, max=64)
    >>> trace = dlc.trace(model, torch.randn(2, 784), dynamic_shapes=({0: batch},))
    >>> dlc.compile(trace)(torch.randn(7, 784)).shape
    torch.Size([7, 10])

What there is:

    trace(model, *args)    records a PyTorch program (torch.export), to save it
    load_trace(path)       reads a saved one; needs no PyTorch
    compile(what, *args)   a module, function, trace, .pt2, ONNX or MLIR file to a callable
    load(path)             a compiled shared object as a callable
    grad(f), vjp, jvp, …   derivatives of PyTorch functions, compiled (dlc.derivatives)
    compile_training_step  a model with loss, gradients and optimiser as one function
    CompiledModel          what compile and load give: call, save, state, pickle
    Trace                  what trace and load_trace give: save, ops
    cache.clear()          removes what compile keeps in the user's cache folder

and `torch.compile(model, backend="dlc")`: see `help("dlc.dynamo")`.

What goes wrong is a `DlcError`: a `CompileError` names the line of your program, a
`TraceError` what can't be recorded or read, a `LoadError` the file that is no compiled
model, a `RunError` the input that a model doesn't take. A call that isn't made as the
example was is a TypeError, and a file that can't be opened or written an OSError.
docs/python.md tells it all.
"""

from typing import Any, Callable, List, Mapping, Optional

from . import _errors, cache
from ._errors import CompileError, DlcError, DlcWarning, LoadError, RunError, TraceError
from .compiler import compile
from .derivatives import (Derivative, directional, grad, hessian, jvp, pullback,
                          value_and_grad, vjp)
from .runtime import CompiledModel, load
from .tracefile import Trace, load_trace
from .training import TrainingStep, compile_training_step

__version__ = "0.1.0"

__all__ = ["CompileError", "CompiledModel", "Derivative", "DlcError", "DlcWarning", "LoadError",
           "RunError", "Trace", "TraceError", "TrainingStep", "cache", "compile",
           "compile_training_step", "directional", "grad", "hessian", "jvp", "load", "load_trace",
           "pullback", "trace", "value_and_grad", "vjp"]


def __dir__() -> List[str]:
    return [*__all__, "__doc__", "__version__"]


def trace(model: Callable[..., Any], *args: Any, dynamic_shapes: Any = None,
          kwargs: Optional[Mapping[str, Any]] = None, strict: bool = False) -> Trace:
    """Records a PyTorch module or function on example inputs, as a `Trace`.

    `args` and `kwargs` are the example inputs; tensors anywhere in them (in tuples,
    lists, dicts, registered dataclasses) become inputs, everything else is a constant of
    the trace. `dynamic_shapes` is torch.export's: which sizes stay open, in what range.

        >>> import dlc, torch
        >>> batch = torch.export.Dim("batch", min=2, max=64)
        >>> t = dlc.trace(torch.nn.ReLU(), torch.ones(2, 3), dynamic_shapes=({0: batch},))
        >>> t.ops
        {'aten.relu.default': 1}
        >>> t.save("model.json")          # and model.safetensors, if it has weights

    Control flow that depends on tensors must be written with torch.cond and the
    like; buffers that the program changes become state of the compiled model. With
    `strict`, Dynamo reads the program's bytecode instead of running it.

    Raises TraceError if the program can't be recorded.
    """
    _errors.require_torch()
    from .tracer import trace_program

    return trace_program(model, args, kwargs, dynamic_shapes, strict)
