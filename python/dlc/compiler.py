# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a model to a callable."""

from __future__ import annotations

import contextlib
import json
import logging
import mmap
import os
import pathlib
import re
import sys
import time
from typing import (Any, Callable, Iterator, List, Mapping, Optional, Sequence, Set, Type, TypeVar,
                    Union)

from . import _library, cache, tree
from ._errors import DlcError, LoadError, require_torch, warn
from .runtime import CompiledModel, thread_count
from .tracefile import Path, Trace, require_place

#: A line about the progress appears once a compilation takes so many seconds.
_QUIET_SECONDS = 3.0

Kind = TypeVar("Kind", bound=CompiledModel)

#: Called as progress(phase, seconds) when a phase ends.
Progress = Callable[[str, float], None]

_log = logging.getLogger("dlc")


class _Progress:
    """Logs the phases of a compilation, and shows them on a terminal if it is long."""

    def __init__(self) -> None:
        self.begin = time.monotonic()
        self.shown = False

    def __call__(self, phase: str, seconds: float) -> None:
        _log.debug("%s: %.3f s", phase, seconds)
        elapsed = time.monotonic() - self.begin
        if sys.stderr is not None and sys.stderr.isatty() and elapsed > _QUIET_SECONDS:
            print(f"\rdlc: {phase} done, {elapsed:.0f} s ", end="", file=sys.stderr, flush=True)
            self.shown = True

    def close(self) -> None:
        if self.shown:
            print(file=sys.stderr)


class _Source:
    """What a model is compiled of: a trace in memory, or a file."""

    def __init__(self, model: Any, cpu: Optional[str], training: str = "") -> None:
        self.trace = model if isinstance(model, Trace) else None
        self.path = pathlib.Path() if self.trace else pathlib.Path(model)
        self.cpu = cpu
        self.training = training
        self.specs = self.trace.specs if self.trace else None
        self.key = ""

    def compile(self, output: pathlib.Path, header: Optional[Path], name: Optional[str],
                progress: Optional[Progress] = None) -> None:
        """Compiles to a file, and says what the compiler warns of."""
        if header is not None and pathlib.Path(header) == output:
            raise ValueError(f"the shared object can't be '{output}', which is the name of its header")
        for file in (output, header):
            if file is not None:
                require_place(file)
        shown = _Progress()
        try:
            text = _library.compile_file(
                "trace" if self.trace else str(self.path), str(output), header=header, name=name,
                model=self.trace.to_json().encode() if self.trace else None,
                weights=self.trace.weights if self.trace else {}, cpu=self.cpu,
                training=self.training or None, on_phase=progress or shown)
        finally:
            shown.close()
        for line in text.splitlines():
            warn(line.removeprefix("warning: "))

    def cache_key(self, name: str) -> str:
        """The name of what is made of it, by its content."""
        return cache.key(name, self.cpu or "", self.training, *self._identity())

    def _identity(self) -> Iterator[cache.Part]:
        """What decides the compiled code: a trace but for the lines it comes from; a file's
        bytes, its place and the files that it refers to."""
        if self.trace:
            yield json.dumps({k: v for k, v in self.trace.document.items() if k != "sources"})
            for key, weight in self.trace.weights.items():
                yield key
                yield f"{weight.dtype} {weight.shape}"
                yield weight.data
            return
        with open(self.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        yield str(self.path.resolve())
        yield data
        for name in sorted(_references(data)):
            try:
                status = (self.path.parent / name).stat()
            except (OSError, ValueError):
                continue
            yield f"{name} {status.st_size} {status.st_mtime_ns}"

    def save(self, path: pathlib.Path, model: CompiledModel) -> None:
        """Writes the compiled model under another name."""
        if self.cache_key(model.signature["name"]) != self.key:
            raise DlcError("the model has changed since it was compiled: compile it again")
        require_place(path)
        header = path.with_suffix(".h")
        try:
            made = cache.header(model.path).read_bytes()
        except FileNotFoundError:  # the cache has removed it
            made = b""
        if made and model.signature["name"] == path.stem:
            model.copy_to(path)
            header.write_bytes(made)
        else:
            self.compile(path, header, None)

    def flatten(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Optional[List[Any]]:
        """The leaves of a call whose structure is the example's, classes of the program's
        own included; None for any other."""
        if not self.specs:
            return None
        from torch.utils import _pytree

        leaves, spec = _pytree.tree_flatten((tuple(args), kwargs))
        return leaves if spec == self.specs[0] else None

    def unflatten(self, leaves: List[Any], structure: Any) -> Any:
        """The program's result of these leaves."""
        if not self.specs:
            return tree.unflatten(structure, leaves)
        from torch.utils import _pytree

        return _pytree.tree_unflatten(leaves, self.specs[1])


def _references(data: Union[bytes, mmap.mmap]) -> Set[str]:
    """The names of files that a model's file may refer to: the places of ONNX's external
    data, and what is between quotes in a trace or an MLIR module."""
    names = set()
    for match in re.finditer(rb"\x0a\x08location\x12([\x80-\xff]?[\x00-\x7f])", data):
        size = sum((byte & 127) << 7 * i for i, byte in enumerate(match[1]))
        names.add(data[match.end():match.end() + size])
    if b"\0" not in data[:4096]:
        names.update(match[1] for match in re.finditer(rb'"([^"\n\0]{1,255})"', data))
    return {os.fsdecode(name) for name in names}


def _cached(source: _Source, name: str, threads: int, progress: Optional[Progress],
            kind: Type[Kind]) -> Kind:
    """The compiled model out of the cache, compiled first if it isn't there."""
    source.key = source.cache_key(name)
    problem: Exception
    of_progress: List[Exception] = []

    def tell(phase: str, seconds: float) -> None:
        try:
            if progress:
                progress(phase, seconds)
        except Exception as error:
            of_progress.append(error)
            raise

    for place in (cache.place, cache.place, cache.place_elsewhere):
        path = place(source.key)
        try:
            if not path.exists():
                source.compile(path, cache.header(path), name, tell if progress else None)
            model = kind(path, threads, origin=source)
        except (OSError, LoadError) as error:
            if error in of_progress:
                raise
            problem = error  # another process has removed it just now, or it is damaged
            with contextlib.suppress(OSError):
                path.unlink()
            continue
        cache.trim(path)
        return model
    raise problem


def compile(model: Any, *args: Any, dynamic_shapes: Any = None,
            kwargs: Optional[Mapping[str, Any]] = None, output: Optional[Path] = None,
            header: Optional[Path] = None, name: Optional[str] = None, cpu: Optional[str] = None,
            threads: int = 0,
            progress: Optional[Progress] = None) -> CompiledModel:
    """Compiles a model to a callable.

    `model` is a PyTorch module or function with example inputs `args` and `kwargs` (see
    `dlc.trace`, also for `dynamic_shapes`), a derivative of one (`dlc.grad(f)`), a
    torch.export.ExportedProgram, a `Trace`, or the path of a trace, a .pt2 archive, an ONNX
    model or an MLIR module.

        fast = dlc.compile(model, x)        # kept in the user's cache folder
        fast(x)
        fast.save("mlp.so")                 # and mlp.h

    With `output` the shared object goes there instead, and its C header to `header`
    (default: beside it). `name` begins the names of its C functions (default: the
    output's stem). `cpu` is LLVM's name of the processor to compile for (default: this
    one), `threads` how many threads a call may use (0: one per CPU). `progress` is
    called as `progress(phase, seconds)` when a phase ends, in a thread of its own, and what it
    raises, or Ctrl-C, ends the compilation; without it a long one shows its phases on a
    terminal, and the logger "dlc" has them all.

    Compiling releases the interpreter's lock, and writes nothing but the result.
    Raises CompileError, with the line of your program, if the model can't be compiled,
    TraceError if it can't be recorded, TypeError or ValueError for arguments that make no
    sense, and OSError for files.
    """
    source = _Source(_trace_or_path(model, args, kwargs, dynamic_shapes), cpu)
    return _compiled(source, CompiledModel, output, header, name, threads, progress)


def _compiled(source: _Source, kind: Type[Kind], output: Optional[Path], header: Optional[Path],
              name: Optional[str], threads: int, progress: Optional[Progress]) -> Kind:
    """The compiled model, in the cache or where `output` says."""
    thread_count(threads)  # what is wrong with it is said before the work
    if output is None:
        return _cached(source, name or "model", threads, progress, kind)
    output = pathlib.Path(output)
    source.key = source.cache_key(name or output.stem)
    source.compile(output, header or output.with_suffix(".h"), name, progress)
    return kind(output, threads, origin=source)


def _trace_or_path(model: Any, args: Sequence[Any], kwargs: Optional[Mapping[str, Any]],
                   dynamic_shapes: Any) -> Union[Trace, Path]:
    if isinstance(model, (str, os.PathLike, Trace)) or _is_exported(model):
        if args or kwargs or dynamic_shapes:
            raise TypeError("example inputs and dynamic shapes are for PyTorch modules and "
                            "functions; this model has been recorded")
        if isinstance(model, (str, os.PathLike, Trace)):
            return model
        from .tracer import from_exported

        return from_exported(model)
    if not callable(model):
        raise TypeError("a PyTorch module or function, a trace or a file's path is expected, "
                        f"not {type(model).__name__}")
    require_torch()
    from .derivatives import Derivative
    from .tracer import trace_program

    if isinstance(model, Derivative):
        return model.trace(*args, dynamic_shapes=dynamic_shapes, **(kwargs or {}))
    return trace_program(model, args, kwargs, dynamic_shapes)


def _is_exported(model: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.export.ExportedProgram)
