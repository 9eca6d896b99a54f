# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""libdlc by ctypes (include/dlc-c/Dlc.h). Calls release the interpreter's lock."""

from __future__ import annotations

import contextvars
import ctypes
import errno
import functools
import os
import pathlib
import re
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Callable, FrozenSet, Iterator, List, Mapping, Optional

from ._errors import CompileError, DlcError

if TYPE_CHECKING:
    from .tracefile import Path, Weight


class _Weight(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_char_p), ("data", ctypes.c_void_p),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("rank", ctypes.c_int32)]


_PHASE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double)


class _Request(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("path", ctypes.c_char_p), ("model", ctypes.c_char_p),
                ("model_bytes", ctypes.c_size_t), ("weights", ctypes.POINTER(_Weight)),
                ("num_weights", ctypes.c_size_t), ("output", ctypes.c_char_p),
                ("header", ctypes.c_char_p), ("name", ctypes.c_char_p), ("cpu", ctypes.c_char_p),
                ("num_threads", ctypes.c_int32), ("external_weights", ctypes.c_int32),
                ("on_phase", _PHASE), ("user", ctypes.c_void_p),
                ("training", ctypes.c_char_p)]


def _candidates() -> Iterator[pathlib.Path]:
    """Where the library may be: $DLC_LIBRARY, in the package, in the build tree that
    the package is part of."""
    if os.environ.get("DLC_LIBRARY"):
        yield pathlib.Path(os.environ["DLC_LIBRARY"])
        return
    package = pathlib.Path(__file__).resolve().parent
    yield package / "libdlc.so"
    build = pathlib.Path(os.environ.get("DLC_BUILD", package.parent.parent / "build"))
    yield build / "lib" / "libdlc.so"


@functools.lru_cache(maxsize=None)
def path() -> pathlib.Path:
    """The library's file."""
    tried = list(_candidates())
    for candidate in tried:
        if candidate.exists():
            return candidate
    raise DlcError("the compiler's library isn't there: " + " or ".join(map(str, tried))
                   + "; build it with scripts/build, or name it in $DLC_LIBRARY")


@functools.lru_cache(maxsize=None)
def _load() -> Any:
    try:
        library = ctypes.CDLL(str(path()))
    except OSError as error:
        raise DlcError(f"the compiler's library can't be loaded: {error}; it needs what Debian's "
                       "packages libmlir-22 and libllvm22 hold") from None
    library.dlc_compile.argtypes = [ctypes.POINTER(_Request), ctypes.POINTER(ctypes.c_void_p)]
    library.dlc_check_trace.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
    library.dlc_free.argtypes = [ctypes.c_void_p]
    library.dlc_torch_ops.restype = ctypes.c_char_p
    library.dlc_complex_torch_ops.restype = ctypes.c_char_p
    return library


@functools.lru_cache(maxsize=None)
def torch_ops() -> FrozenSet[str]:
    """The ATen ops that the compiler imports, as "aten.add.Tensor"."""
    return frozenset(_load().dlc_torch_ops().decode().split())


@functools.lru_cache(maxsize=None)
def complex_torch_ops() -> FrozenSet[str]:
    """Those of them that it imports of complex tensors."""
    return frozenset(_load().dlc_complex_torch_ops().decode().split())


def _take(message: ctypes.c_void_p) -> str:
    """The text that a call of the library gave, which is freed."""
    if not message.value:
        return ""
    text = ctypes.string_at(message.value).decode(errors="replace").strip()
    _load().dlc_free(message)
    return text


def check_trace(path: os.PathLike[str]) -> str:
    """What is wrong with a trace or its weights; an empty text if nothing is."""
    message = ctypes.c_void_p()
    _load().dlc_check_trace(os.fsencode(path), ctypes.byref(message))
    return _take(message)


def address_of(data: Any) -> int:
    """Where a buffer's bytes are."""
    import numpy as np

    return np.frombuffer(data, dtype=np.uint8).ctypes.data if len(data) else 0


def _encode(text: Optional[Path]) -> Optional[bytes]:
    return os.fsencode(text) if text is not None else None


def _in_thread(work: Callable[[], int], raised: List[BaseException]) -> int:
    """What `work` gives in a thread of its own, where Python runs no handlers of signals: those
    of Ctrl-C and the like run here, and what they raise is kept in `raised`."""
    results: List[int] = []
    done = threading.Event()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            results.append(context.run(work))
        finally:
            done.set()

    threading.Thread(target=run, name="dlc").start()
    while not done.is_set():
        try:
            done.wait()
        except BaseException as error:
            raised.append(error)
    return results[0]


def compile_file(path: str, output: str, *, model: Optional[bytes] = None,
                 weights: Mapping[str, Weight] = MappingProxyType({}),
                 header: Optional[Path] = None, name: Optional[str] = None,
                 cpu: Optional[str] = None, threads: int = 0, external_weights: bool = False,
                 training: Optional[str] = None,
                 on_phase: Optional[Callable[[str, float], Any]] = None) -> str:
    """Compiles; returns the warnings, raises CompileError with the errors, OSError for a file
    that can't be written, or what `on_phase` raises, which a thread of its own calls."""
    library = _load()
    array = (_Weight * max(len(weights), 1))()
    for slot, (key, weight) in zip(array, weights.items()):
        slot.name, slot.type = key.encode(), weight.dtype.encode()
        slot.data = address_of(weight.data)
        slot.shape = (ctypes.c_int64 * max(len(weight.shape), 1))(*weight.shape)
        slot.rank = len(weight.shape)
    raised: List[BaseException] = []

    def tell(_: Any, phase: bytes, seconds: float) -> int:
        try:
            if on_phase and not raised:
                on_phase(phase.decode(), seconds)
        except BaseException as error:
            raised.append(error)
        return len(raised)

    request = _Request(
        size=ctypes.sizeof(_Request), path=_encode(path), model=model,
        model_bytes=len(model) if model is not None else 0, weights=array,
        num_weights=len(weights), output=_encode(output), header=_encode(header),
        name=_encode(name), cpu=_encode(cpu), num_threads=threads,
        external_weights=int(external_weights), on_phase=_PHASE(tell), training=_encode(training))
    messages = ctypes.c_void_p()
    failed = _in_thread(lambda: library.dlc_compile(ctypes.byref(request), ctypes.byref(messages)),
                        raised)
    text = _take(messages)
    if raised:
        raise raised[0]
    if failed:
        raise _unwritten(text) or \
            CompileError(text.replace("error: ", "", 1) if text.count("\n") == 0 else text)
    return text


def _unwritten(text: str) -> Optional[OSError]:
    """The error of a file that the compiler can't write, if that is what it says."""
    found = re.fullmatch(r"error: can't write '(.+)': (.+)", text)
    number = next((n for n in errno.errorcode if found and os.strerror(n) == found[2]), None)
    return OSError(number, os.strerror(number), found[1]) if found and number else None
