# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The C ABI of a compiled model (docs/abi.md) by ctypes."""

from __future__ import annotations

import ctypes
import os
import pathlib
import struct
from typing import Any, BinaryIO, Dict, List, Tuple

from ._errors import LoadError
from .tensors import DLTensor

Context = ctypes.c_void_p

_TENSORS = ctypes.POINTER(ctypes.c_void_p)
_STATUS = ctypes.c_int32


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("num_threads", ctypes.c_int32),
                ("weights_path", ctypes.c_char_p), ("allocate", ctypes.c_void_p),
                ("deallocate", ctypes.c_void_p), ("user", ctypes.c_void_p),
                ("arena", ctypes.c_void_p), ("arena_bytes", ctypes.c_size_t)]


class Api(ctypes.Structure):
    _fields_ = [
        ("abi_version", ctypes.c_uint32), ("num_inputs", ctypes.c_int32),
        ("num_outputs", ctypes.c_int32), ("name", ctypes.c_char_p),
        ("describe", ctypes.CFUNCTYPE(ctypes.c_char_p)),
        ("last_error", ctypes.CFUNCTYPE(ctypes.c_char_p)),
        ("create", ctypes.CFUNCTYPE(_STATUS, ctypes.POINTER(Options), ctypes.POINTER(Context))),
        ("destroy", ctypes.CFUNCTYPE(None, Context)),
        ("run", ctypes.CFUNCTYPE(_STATUS, Context, _TENSORS, _TENSORS)),
        ("arena_size", ctypes.CFUNCTYPE(_STATUS, Context, _TENSORS,
                                        ctypes.POINTER(ctypes.c_size_t))),
        ("set_threads", ctypes.CFUNCTYPE(_STATUS, Context, ctypes.c_int32)),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("reset", ctypes.CFUNCTYPE(_STATUS, Context)),
        ("num_functions", ctypes.c_int32), ("num_states", ctypes.c_int32),
        ("call", ctypes.CFUNCTYPE(_STATUS, Context, ctypes.c_int32, _TENSORS, _TENSORS)),
        ("state", ctypes.CFUNCTYPE(_STATUS, Context, ctypes.c_int32, ctypes.POINTER(DLTensor))),
        ("save", ctypes.CFUNCTYPE(_STATUS, Context, ctypes.c_char_p)),
        ("load", ctypes.CFUNCTYPE(_STATUS, Context, ctypes.c_char_p, ctypes.c_int32))]


#: The files that were loaded from each path, by what tells files apart.
_loaded: Dict[str, List[Tuple[int, int, int]]] = {}


#: The version of the ABI that this package calls (DLC_ABI_VERSION).
_ABI_VERSION = 1


def check_is_whole(path: os.PathLike[str], file: BinaryIO) -> None:
    """The loader maps a file without a look at its size: one that was cut short would end
    the process at the first access behind its end."""
    size = os.fstat(file.fileno()).st_size
    header = file.read(64)
    if header[:6] != b"\x7fELF\2\1" or len(header) < 64:
        raise LoadError(f"'{path}' isn't a compiled model: it is no shared object")
    place, = struct.unpack_from("<Q", header, 32)
    entry, count = struct.unpack_from("<HH", header, 54)
    segments = os.pread(file.fileno(), entry * count, place) if place < size else b""
    ends = [sum(struct.unpack_from("<8xQ16xQ", segments, i))
            for i in range(0, len(segments) - 55, max(entry, 56))]
    if not ends or len(ends) < count or max(ends) > size:
        raise LoadError(f"'{path}' is cut short")


def load(path: os.PathLike[str]) -> Tuple[ctypes.CDLL, Any]:
    """Loads a compiled model: the library, and its Api. The loader goes by names: a file
    that took the place of another gets a name of its own."""
    name = str(pathlib.Path(path).resolve())
    status = os.stat(name)
    identity = (status.st_dev, status.st_ino, status.st_mtime_ns)
    seen = _loaded.setdefault(name, [])
    if identity not in seen:
        seen.append(identity)
    try:
        library = ctypes.CDLL("/." * seen.index(identity) + name)
    except OSError as error:
        raise LoadError(f"'{path}' can't be loaded: {error}") from None
    if not hasattr(library, "dlc_model"):
        raise LoadError(f"'{path}' isn't a compiled model: it has no 'dlc_model'")
    library.dlc_model.restype = ctypes.POINTER(Api)
    api = library.dlc_model().contents
    if api.abi_version < _ABI_VERSION:
        raise LoadError(f"'{path}' has version {api.abi_version} of the ABI, {_ABI_VERSION} "
                        "is needed")
    return library, api
