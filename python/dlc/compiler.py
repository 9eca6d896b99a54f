# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a model to a callable."""

import os
import pathlib
import sys
import time

from . import _library, cache
from .runtime import CompiledModel
from .tracefile import Trace

#: A line about the progress appears once a compilation takes so many seconds.
_QUIET_SECONDS = 3.0


class _Progress:
    """Says on a terminal which phases of a long compilation are done."""

    def __init__(self):
        self.begin = time.monotonic()
        self.shown = False

    def __call__(self, phase, seconds):
        if sys.stderr is None or not sys.stderr.isatty():
            return
        elapsed = time.monotonic() - self.begin
        if elapsed > _QUIET_SECONDS:
            print(f"\rdlc: {phase} done, {elapsed:.0f} s ", end="", file=sys.stderr, flush=True)
            self.shown = True

    def close(self):
        if self.shown:
            print(file=sys.stderr)


def compile(model, *args, dynamic_shapes=None, kwargs=None, output=None, header=None, name=None,
            cpu=None, threads=0) -> CompiledModel:
    """Compiles a model to a callable.

    `model` is a PyTorch module or function (with example inputs `args` and `kwargs`,
    see `dlc.trace`), a `Trace`, or the path of a trace, an ONNX model or an MLIR
    module. With `output` the shared object goes there (and its C header to `header`);
    else it is kept in the user's cache folder, so that compiling the same model again
    costs nothing. `cpu` is LLVM's name of the processor to compile for (default: this
    one); `threads` is how many threads a call may use (0: one per CPU).

    Raises CompileError, with the line of your program, if the model can't be compiled.
    """
    if isinstance(model, (str, os.PathLike)):
        source, data, weights = str(model), pathlib.Path(model).read_bytes(), {}
    else:
        if not isinstance(model, Trace):
            from .tracer import trace_program

            model = trace_program(model, args, kwargs, dynamic_shapes)
        source, data, weights = "trace", model.to_json().encode(), model.weights
    path = output
    if path is None:
        path = cache.find(cache.key(name or "", cpu or "", *_identity(source, data, weights)))
    if output is not None or not path.exists():
        progress = _Progress()
        try:
            in_memory = source == "trace"
            _library.compile_file(source, str(path), model=data if in_memory else None,
                                  weights=weights, header=header, name=name or "model", cpu=cpu,
                                  on_phase=progress)
        finally:
            progress.close()
        compiled = CompiledModel(path, threads)
        if output is None:
            cache.trim()
        return compiled
    return CompiledModel(path, threads)


def _identity(source, data, weights):
    """What decides the compiled code: the model's bytes, and for a file its place and
    that of the data beside it."""
    yield data
    for key, weight in weights.items():
        yield key
        yield f"{weight.dtype} {weight.shape}"
        yield weight.data
    if source != "trace":
        folder = pathlib.Path(source).resolve()
        yield str(folder)
        for path in sorted(folder.parent.glob("*")):
            if path.suffix in (".safetensors", ".data", ".bin") or path.stem == folder.stem:
                status = path.stat()
                yield f"{path.name} {status.st_size} {status.st_mtime_ns}"
