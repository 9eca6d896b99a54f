# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Traces in files: JSON and safetensors (docs/trace.md)."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pathlib
import struct
from typing import Any, BinaryIO, Dict, Iterable, Iterator, List, Mapping, Sequence, Union

from . import _library
from ._errors import TraceError

Path = Union[str, "os.PathLike[str]"]

#: What a JSON object is read as.
Json = Dict[str, Any]

VERSION = {"major": 1, "minor": 0}

#: The trace's name of an element type: safetensors' name, NumPy's, bytes.
TYPES = {
    "f64": ("F64", "float64", 8), "f32": ("F32", "float32", 4), "f16": ("F16", "float16", 2),
    "bf16": ("BF16", "bfloat16", 2), "f8E4M3FN": ("F8_E4M3", "float8_e4m3fn", 1),
    "f8E5M2": ("F8_E5M2", "float8_e5m2", 1), "i1": ("BOOL", "bool", 1),
    "i8": ("I8", "int8", 1), "i16": ("I16", "int16", 2), "i32": ("I32", "int32", 4),
    "i64": ("I64", "int64", 8), "ui8": ("U8", "uint8", 1), "ui16": ("U16", "uint16", 2),
    "ui32": ("U32", "uint32", 4), "ui64": ("U64", "uint64", 8),
}
_BY_SAFETENSORS = {v[0]: k for k, v in TYPES.items()}


#: The trace's names of complex element types.
COMPLEX = ("c128", "c64", "c32")


def complex_places(types: Iterable[Any]) -> List[int]:
    """The numbers of the complex tensors among types. To the compiler they are real tensors
    of their parts, with a last dimension of 2, whose gradient is what PyTorch calls that of a
    complex tensor: d/d(real part) + i·d/d(imaginary part)."""
    return [i for i, type in enumerate(types)
            if isinstance(type, dict) and type["dtype"] in COMPLEX]


class Weight:
    """A tensor of a trace: `dtype` (the trace's name), `shape`, and its bytes, as a
    buffer that `owner` keeps alive."""

    def __init__(self, dtype: str, shape: Iterable[int], data: Any, owner: Any = None) -> None:
        self.dtype, self.shape, self.data, self.owner = dtype, tuple(shape), data, owner


class Trace:
    """A recorded PyTorch program: a graph of ATen ops (`document`, what the JSON file
    holds) and its weights. `dlc.compile` takes one; `save` writes it."""

    def __init__(self, document: Dict[str, Any], weights: Dict[str, Any],
                 specs: Any = None) -> None:
        self.document = document
        self.weights = weights
        #: In the process that recorded it: PyTorch's own descriptions of the structure of
        #: arguments and results, which know the program's classes.
        self.specs = specs
        #: There, too: the program's own tensors that its weights were made of.
        self.captured: Sequence[Any] = ()

    def save(self, path: Path) -> None:
        """Writes `path` (JSON) and the weights beside it (.safetensors)."""
        path = pathlib.Path(path)
        require_place(path)
        weights = path.with_suffix(".safetensors")
        document = dict(self.document, weights_file=weights.name if self.weights else None)
        if self.weights:
            with replacing(weights) as file:
                _write_safetensors(file, self.weights)
        with replacing(path) as file:
            file.write((json.dumps(document, indent=1) + "\n").encode())

    def require_derivatives(self) -> None:
        """Raises where the derivative of what is recorded isn't the program's."""
        own = (self.document.get("metadata") or {}).get("own_derivatives")
        if own:
            raise TraceError(own[0])

    def to_json(self) -> str:
        """The graph alone, as the compiler reads it."""
        return json.dumps(self.document)

    @property
    def ops(self) -> Dict[str, int]:
        """The ops of the program, each with how often it occurs."""
        counts: Dict[str, int] = {}
        for node in self.document["nodes"]:
            counts[node["op"]] = counts.get(node["op"], 0) + 1
        return counts

    def __repr__(self) -> str:
        given = [i for i in self.document["inputs"] if "name" in i]
        known = (self.document.get("metadata") or {}).get("inputs") or [None] * len(given)
        inputs = ", ".join(_input_text(*pair) for pair in zip(given, known))
        return f"<dlc.Trace ({inputs}), {len(self.document['nodes'])} ops>"


def _input_text(input: Json, known: Any) -> str:
    """An input with its type, or with the value that it always has."""
    if known and "constant" in known:
        return f"{input['name']}={known['constant']!r}"
    type = input.get("type")
    text = f"{type['dtype']}{sizes_text(type['shape'])}" if isinstance(type, dict) else type
    return f"{input['name']}: {text}"


def sizes_text(shape: Sequence[Any]) -> str:
    """Sizes as one writes them, "[batch, 4]"; "?" for one that has no name."""
    return f"[{', '.join(str(s) if isinstance(s, (int, str)) else '?' for s in shape)}]"


def require_place(path: Path) -> None:
    """Raises the OSError of a file that can't be written, before work is done for it."""
    place = pathlib.Path(path)
    problem = errno.EISDIR if place.is_dir() else \
        errno.ENOENT if not place.parent.exists() else \
        errno.ENOTDIR if not place.parent.is_dir() else \
        errno.EACCES if not os.access(place.parent, os.W_OK) else 0
    if problem:
        raise OSError(problem, os.strerror(problem), str(path))


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[BinaryIO]:
    """A file that takes the place of another when it is whole: whoever has mapped the
    other keeps what it held."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        file = open(aside, "wb")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with file:
            yield file
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _write_safetensors(file: BinaryIO, weights: Mapping[str, Weight]) -> None:
    header: Json = {}
    offset = 0
    for name, weight in weights.items():
        size = len(weight.data)
        header[name] = {"dtype": TYPES[weight.dtype][0], "shape": list(weight.shape),
                        "data_offsets": [offset, offset + size]}
        offset += size + -size % 8
    # Entries must follow each other: the padding that aligns them has names, too.
    padded = {}
    for i, (name, entry) in enumerate(header.items()):
        padded[name] = entry
        size = entry["data_offsets"][1] - entry["data_offsets"][0]
        if -size % 8:
            end = entry["data_offsets"][1]
            padded[f"dlc.padding.{i}"] = {"dtype": "U8", "shape": [-size % 8],
                                          "data_offsets": [end, end + -size % 8]}
    text = json.dumps(padded).encode()
    text += b" " * (-(len(text) + 8) % 64)
    file.write(struct.pack("<Q", len(text)) + text)
    for weight in weights.values():
        file.write(weight.data)
        file.write(b"\0" * (-len(weight.data) % 8))


def _read_safetensors(path: pathlib.Path) -> Dict[str, Weight]:
    """The weights of a file that the compiler's library has found sound."""
    import mmap

    with open(path, "rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    size = struct.unpack("<Q", mapped[:8])[0]
    weights = {}
    for name, entry in json.loads(bytes(mapped[8:8 + size])).items():
        if name == "__metadata__" or name.startswith("dlc.padding."):
            continue
        if entry["dtype"] not in _BY_SAFETENSORS:
            raise TraceError(f"{path}: '{name}' is of type {entry['dtype']}, which isn't supported")
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        weights[name] = Weight(_BY_SAFETENSORS[entry["dtype"]], entry["shape"],
                               mapped[begin:end], mapped)
    return weights


def load_trace(path: Path) -> Trace:
    """Reads a trace that `Trace.save` wrote; its weights are mapped. Needs no PyTorch.
    Raises TraceError, with what is wrong, where it isn't as docs/trace.schema.json says."""
    path = pathlib.Path(path)
    text = path.read_bytes()
    fault = _library.check_trace(path)
    if fault:
        raise TraceError(f"{path}: {fault}")
    document = json.loads(text)
    name = document.get("weights_file")
    return Trace(document, _read_safetensors(path.parent / name) if name else {})
