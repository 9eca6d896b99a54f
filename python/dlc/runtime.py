# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models as callables: their C ABI (docs/abi.md) by ctypes."""

import ctypes
import json
import os
import pathlib
import shutil
import weakref
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from . import tensors, tree
from ._errors import RunError
from .tracefile import replacing


Path = Union[str, "os.PathLike[str]"]

_TENSORS = ctypes.POINTER(ctypes.POINTER(tensors.DLTensor))
_CONTEXT = ctypes.c_void_p


class _Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("num_threads", ctypes.c_int32),
                ("weights_path", ctypes.c_char_p), ("allocate", ctypes.c_void_p),
                ("deallocate", ctypes.c_void_p), ("user", ctypes.c_void_p),
                ("arena", ctypes.c_void_p), ("arena_bytes", ctypes.c_size_t)]


class _Api(ctypes.Structure):
    _fields_ = [
        ("abi_version", ctypes.c_uint32), ("num_inputs", ctypes.c_int32),
        ("num_outputs", ctypes.c_int32), ("name", ctypes.c_char_p),
        ("describe", ctypes.CFUNCTYPE(ctypes.c_char_p)),
        ("last_error", ctypes.CFUNCTYPE(ctypes.c_char_p)),
        ("create", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(_Options),
                                    ctypes.POINTER(_CONTEXT))),
        ("destroy", ctypes.CFUNCTYPE(None, _CONTEXT)),
        ("run", ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT, _TENSORS, _TENSORS)),
        ("arena_size", ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT, _TENSORS,
                                        ctypes.POINTER(ctypes.c_size_t))),
        ("set_threads", ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT, ctypes.c_int32)),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("reset", ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT))]


#: The files that were loaded from each path, by what tells files apart.
_loaded: Dict[str, List[Tuple[int, int, int]]] = {}


def _dlopen(path):
    """Loads a shared object. The loader goes by names: a file that took the place of
    another gets a name of its own."""
    path = str(pathlib.Path(path).resolve())
    status = os.stat(path)
    identity = (status.st_dev, status.st_ino, status.st_mtime_ns)
    seen = _loaded.setdefault(path, [])
    if identity not in seen:
        seen.append(identity)
    return ctypes.CDLL("/." * seen.index(identity) + path)


class CompiledModel:
    """A compiled model: call it with what the original took, and it returns what the
    original returned, in the same structure and of the same kind (torch tensors for
    torch tensors, NumPy arrays for NumPy arrays).

    It may be called from several threads. State (buffers that the program changes)
    lives in this object; `reset` gives it its initial values.
    """

    def __init__(self, path: Path, threads: int = 0, *, origin: Any = None) -> None:
        self.path = pathlib.Path(path)
        self._file = open(path, "rb")  # what the cache removes stays to be saved
        weakref.finalize(self, self._file.close)
        self._library = _dlopen(path)
        self._library.dlc_model.restype = ctypes.POINTER(_Api)
        self._api = self._library.dlc_model().contents
        self._context = _CONTEXT()
        options = _Options(size=ctypes.sizeof(_Options), num_threads=threads)
        self._check(self._api.create(ctypes.byref(options), ctypes.byref(self._context)))
        weakref.finalize(self, self._api.destroy, self._context)
        #: The model's description: name, inputs, outputs, dtypes, shapes, target.
        self.signature = json.loads(self._api.describe())
        metadata = self.signature.get("metadata") or {}
        self._in_tree = metadata.get("in_tree")
        self._out_tree = metadata.get("out_tree")
        self._inputs = metadata.get("inputs")
        self._outputs = metadata.get("outputs")
        self._parameters = metadata.get("parameters") or []
        self._complex = metadata.get("complex") or {"inputs": [], "outputs": []}
        #: What it was compiled of, if that was in this process.
        self._origin = origin

    def _check(self, status):
        if status:
            raise RunError(self._api.last_error().decode(errors="replace"))

    def _flatten(self, args, kwargs):
        """The tensors of a call, in the model's order."""
        if self._in_tree is None:
            return self._bind_flat(args, kwargs)
        args, kwargs = self._bind(list(args), dict(kwargs))
        leaves = self._origin.flatten(args, kwargs) if self._origin else None
        if leaves is None:
            leaves = self._flatten_parts(args, kwargs)
        values = []
        for leaf, constant in zip(leaves, self._inputs):
            if constant is None:
                values.append(leaf)
            elif not _is_same(leaf, tree.constant(constant["constant"])):
                raise TypeError(f"the model was compiled for "
                                f"{tree.constant(constant['constant'])!r} where {leaf!r} is given")
        return values

    def _bind_flat(self, args, kwargs):
        """The arguments of a model that has no structure but its inputs' names."""
        names = [i["name"] for i in self.signature["inputs"]]
        values = list(args) + [kwargs.pop(n) for n in names[len(args):] if n in kwargs]
        if kwargs or len(values) != len(names):
            raise TypeError(f"the model takes {', '.join(names) or 'nothing'}")
        return values

    def _bind(self, args, kwargs):
        """Moves arguments given by name to where the example had them by position, and
        the other way round."""
        positional, named = self._in_tree["tuple"]
        names = self._parameters
        while len(args) < len(positional["tuple"]) and names[len(args):] and \
                names[len(args)] in kwargs:
            args.append(kwargs.pop(names[len(args)]))
        wanted = [key for key, _ in named["dict"]]
        for name, value in list(zip(names, args))[len(positional["tuple"]):]:
            if name in wanted and name not in kwargs:
                kwargs[name] = value
                args.pop(len(positional["tuple"]))
        return args, {k: kwargs.pop(k) for k in wanted if k in kwargs} | kwargs

    def _flatten_parts(self, args, kwargs):
        """The leaves of the arguments; an error names the one that is wrong."""
        positional, named = self._in_tree["tuple"]
        names = [f"argument '{n}'" for n in self._parameters]
        names += [f"argument {i}" for i in range(len(names), len(positional["tuple"]))]
        if len(args) != len(positional["tuple"]):
            missing = names[len(args):]
            raise TypeError(f"{missing[0]} is missing" if missing else
                            f"the model takes {len(positional['tuple'])} arguments by position, "
                            f"but is given {len(args)}")
        leaves = []
        for value, structure, name in zip(args, positional["tuple"], names):
            leaves += tree.flatten(value, structure, name)
        for key, structure in named["dict"]:
            if key not in kwargs:
                raise TypeError(f"argument '{key}' is missing")
            leaves += tree.flatten(kwargs.pop(key), structure, f"argument '{key}'")
        if kwargs:
            raise TypeError(f"the model takes no argument '{next(iter(kwargs))}'")
        return leaves

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values = self._flatten(args, kwargs)
        return self._structure(self.run(values))

    def run(self, values: Sequence[Any], kind: Optional[type] = None) -> List[Any]:
        """Runs on a flat list of tensors; returns the outputs as a flat list, of the
        inputs' kind, or of that given: torch.Tensor or numpy.ndarray."""
        specs = self.signature["inputs"]
        if len(values) != len(specs):
            raise TypeError(f"the model takes {len(specs)} tensors, not {len(values)}")
        inputs = []
        for value, spec, dtype in zip(values, specs, self._dtypes("inputs")):
            try:
                inputs.append(tensors.Input(value, dtype))
            except TypeError as error:
                raise TypeError(f"input '{spec['name']}': {error}") from None
        pointer = ctypes.POINTER(tensors.DLTensor)
        inputs_array = (pointer * max(len(inputs), 1))(*[ctypes.pointer(i.tensor) for i in inputs])
        specs = self.signature["outputs"]
        outputs = []
        for spec in specs:
            rank = len(spec["shape"])
            code, bits = tensors.DTYPES[spec["dtype"]]
            shape = (ctypes.c_int64 * max(rank, 1))()
            outputs.append(tensors.DLTensor(None, 1, 0, rank, code, bits, 1, shape, None, 0))
        outputs_array = (pointer * max(len(outputs), 1))(*[ctypes.pointer(o) for o in outputs])
        self._check(self._api.run(self._context, inputs_array, outputs_array))
        if kind is None:
            make = tensors.converter(values, prefer_torch=self._in_tree is not None)
        else:
            make = tensors.Memory.to_numpy if kind is np.ndarray else tensors.Memory.to_torch
        return [make(tensors.Memory(output, self._api.release, self._library), dtype)
                for output, dtype in zip(outputs, self._dtypes("outputs"))]

    def _dtypes(self, side):
        """The element types that the caller sees."""
        dtypes = [spec["dtype"] for spec in self.signature[side]]
        for i in self._complex[side]:
            dtypes[i] = tensors.COMPLEX[dtypes[i]]
        return dtypes

    def _structure(self, results):
        if self._out_tree is None and self._outputs is None:
            return results[0] if len(results) == 1 else tuple(results)
        following = iter(results)

        def leaf(output):
            output = output or {}
            if "constant" in output:
                return tree.constant(output["constant"])
            result = results[output["output"]] if "output" in output else next(following)
            return result.item() if "number" in output else result

        leaves = [leaf(output) for output in self._outputs]
        if self._origin:
            return self._origin.unflatten(leaves, self._out_tree)
        return tree.unflatten(self._out_tree, leaves)

    def reset(self) -> None:
        """Gives the model's state its initial values."""
        self._check(self._api.reset(self._context))

    def set_threads(self, count: int) -> None:
        """How many threads a call may use; 0: one per CPU."""
        self._check(self._api.set_threads(self._context, count))

    def save(self, path: Path) -> None:
        """Writes the shared object to `path`, and its C header beside it, for `dlc.load`
        or any C program (docs/abi.md). The functions are named after the file: what was
        compiled under another name is compiled again. What `dlc.load` loaded is copied as
        it is, without a header."""
        path = pathlib.Path(path)
        if self._origin:
            self._origin.save(path, self)
        else:
            self._copy(path)

    def _copy(self, path):
        self._file.seek(0)
        with replacing(path) as file:
            shutil.copyfileobj(self._file, file)

    def __repr__(self) -> str:
        def show(tensors):
            return ", ".join(f"{t['name']}: {t['dtype']}{t['shape']}" for t in tensors)

        return (f"<dlc.CompiledModel {self.signature['name']}({show(self.signature['inputs'])})"
                f" -> {show(self.signature['outputs'])}>")


def _is_same(value, constant):
    both_nan = isinstance(value, float) and value != value and constant != constant
    return both_nan or value == constant


def load(path: Path, threads: int = 0) -> CompiledModel:
    """A compiled model from its shared object. `threads`: how many threads a call may
    use (0: one per CPU). Needs NumPy only."""
    return CompiledModel(path, threads)
