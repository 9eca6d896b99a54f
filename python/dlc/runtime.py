# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models as callables: their C ABI (docs/abi.md) by ctypes."""

import ctypes
import json
import os
import pathlib
import shutil
import sys
import weakref

import numpy as np

from . import tree
from ._errors import RunError


class _DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


_TENSORS = ctypes.POINTER(ctypes.POINTER(_DLTensor))
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


#: DLPack's code and bits of each element type.
_DTYPES = {
    "float64": (2, 64), "float32": (2, 32), "float16": (2, 16), "bfloat16": (4, 16),
    "float8_e4m3fn": (10, 8), "float8_e5m2": (12, 8), "bool": (6, 8),
    "int8": (0, 8), "int16": (0, 16), "int32": (0, 32), "int64": (0, 64),
    "uint8": (1, 8), "uint16": (1, 16), "uint32": (1, 32), "uint64": (1, 64),
}


#: The files that were loaded from each path, by what tells files apart.
_loaded = {}


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


def _is_torch(value) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


class _Input:
    """A caller's tensor as a DLTensor; no elements are copied."""

    def __init__(self, value):
        self.owner = value
        if _is_torch(value):
            self._from_torch(value)
        elif isinstance(value, (bool, int, float, np.ndarray, np.generic)):
            self._from_numpy(np.asarray(value))
        elif hasattr(value, "__dlpack__"):
            self._from_dlpack(value)
        else:
            raise TypeError(f"a tensor is expected (torch, NumPy or any DLPack one), not "
                            f"{type(value).__name__}")

    def _set(self, data, dtype, shape, strides):
        if dtype not in _DTYPES:
            raise TypeError(f"elements of type {dtype} aren't supported")
        code, bits = _DTYPES[dtype]
        rank = len(shape)
        self.shape = (ctypes.c_int64 * max(rank, 1))(*shape)
        self.strides = (ctypes.c_int64 * max(rank, 1))(*strides)
        self.tensor = _DLTensor(data, 1, 0, rank, code, bits, 1, self.shape, self.strides, 0)

    def _from_torch(self, value):
        if value.requires_grad:
            value = value.detach()
        if value.device.type != "cpu":
            raise TypeError(f"a tensor on the CPU is expected, not on {value.device}")
        if value.is_conj() or value.is_neg():
            value = value.resolve_conj().resolve_neg()
        self.owner = value
        self._set(value.data_ptr(), str(value.dtype)[6:], value.shape, value.stride())

    def _from_numpy(self, value):
        if any(s % value.itemsize for s in value.strides) or not value.dtype.isnative:
            value = np.ascontiguousarray(value, value.dtype.newbyteorder("="))
        self.owner = value
        strides = [s // value.itemsize for s in value.strides]
        self._set(value.ctypes.data, value.dtype.name, value.shape, strides)

    def _from_dlpack(self, value):
        self.owner = value.__dlpack__()
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        self.tensor = _DLTensor.from_address(pointer(self.owner, b"dltensor"))


class CompiledModel:
    """A compiled model: call it with what the original took, and it returns what the
    original returned, in the same structure and of the same kind (torch tensors for
    torch tensors, NumPy arrays for NumPy arrays).

    It may be called from several threads. State (buffers that the program changes)
    lives in this object; `reset` gives it its initial values.
    """

    def __init__(self, path, threads=0):
        self._file = open(path, "rb")  # what the cache removes stays to be saved
        self._library = _dlopen(path)
        self._library.dlc_model.restype = ctypes.POINTER(_Api)
        self._api = self._library.dlc_model().contents
        self._context = _CONTEXT()
        options = _Options(size=ctypes.sizeof(_Options), num_threads=threads)
        self._check(self._api.create(ctypes.byref(options), ctypes.byref(self._context)))
        self._finalizer = weakref.finalize(self, self._api.destroy, self._context)
        #: The model's description: name, inputs, outputs, dtypes, shapes, target.
        self.signature = json.loads(self._api.describe())
        metadata = self.signature.get("metadata") or {}
        self._in_tree = metadata.get("in_tree")
        self._out_tree = metadata.get("out_tree")
        self._inputs = metadata.get("inputs")
        self._outputs = metadata.get("outputs")
        self._parameters = metadata.get("parameters")

    def _check(self, status):
        if status:
            raise RunError(self._api.last_error().decode(errors="replace"))

    def _flatten(self, args, kwargs):
        """The tensors of a call, in the model's order."""
        if self._in_tree is None:
            names = [i["name"] for i in self.signature["inputs"]]
            values = list(args) + [kwargs.pop(n) for n in names[len(args):] if n in kwargs]
            if kwargs or len(values) != len(names):
                raise TypeError(f"the model takes {', '.join(names)}")
            return values
        args, kwargs = self._bind(args, kwargs)
        leaves, structure = tree.flatten((tuple(args), kwargs))
        if structure != self._in_tree:
            raise TypeError("the arguments differ in structure from those the model was "
                            f"compiled for: {tree.describe(structure)} instead of "
                            f"{tree.describe(self._in_tree)}")
        values = []
        for leaf, constant in zip(leaves, self._inputs):
            if constant is None:
                values.append(leaf)
            elif leaf != constant["constant"]:
                raise TypeError(f"the model was compiled for {constant['constant']!r} where "
                                f"{leaf!r} is given")
        return values

    def _bind(self, args, kwargs):
        """Moves arguments given by name to where the example had them by position, and
        the other way round."""
        wanted = len(self._in_tree["tuple"][0]["tuple"])
        args, kwargs = list(args), dict(kwargs)
        names = self._parameters or []
        while len(args) < wanted and len(args) < len(names) and names[len(args)] in kwargs:
            args.append(kwargs.pop(names[len(args)]))
        order = [k for k, _ in self._in_tree["tuple"][1]["dict"]]
        if set(order) == set(kwargs):
            kwargs = {k: kwargs[k] for k in order}
        return args, kwargs

    def __call__(self, *args, **kwargs):
        values = self._flatten(args, kwargs)
        if len(values) != self._api.num_inputs:
            raise TypeError(f"the model takes {self._api.num_inputs} tensors, not {len(values)}")
        return self._structure(self.run(values), values)

    def run(self, tensors, kind=None):
        """Runs on a flat list of tensors; returns the outputs as a flat list, of the
        inputs' kind, or of that given: torch.Tensor or numpy.ndarray."""
        inputs = [_Input(value) for value in tensors]
        pointer = ctypes.POINTER(_DLTensor)
        inputs_array = (pointer * max(len(inputs), 1))(*[ctypes.pointer(i.tensor) for i in inputs])
        specs = self.signature["outputs"]
        outputs = []
        for spec in specs:
            rank = len(spec["shape"])
            code, bits = _DTYPES[spec["dtype"]]
            shape = (ctypes.c_int64 * max(rank, 1))()
            outputs.append(_DLTensor(None, 1, 0, rank, code, bits, 1, shape, None, 0))
        outputs_array = (pointer * max(len(outputs), 1))(*[ctypes.pointer(o) for o in outputs])
        self._check(self._api.run(self._context, inputs_array, outputs_array))
        make = self._wrapper(tensors, kind)
        return [make(output, spec["dtype"]) for output, spec in zip(outputs, specs)]

    def _wrapper(self, tensors, kind):
        """What makes a result of the caller's kind."""
        if kind is not None:
            return self._to_numpy if kind is np.ndarray else self._to_torch
        kinds = [v for v in tensors if not isinstance(v, (bool, int, float, np.generic))]
        if any(map(_is_torch, kinds)):
            return self._to_torch
        if not kinds and "torch" in sys.modules and self._in_tree is not None:
            return self._to_torch
        if kinds and not isinstance(kinds[0], np.ndarray):
            module = sys.modules.get(type(kinds[0]).__module__.split(".")[0])
            from_dlpack = getattr(module, "from_dlpack", None)
            if from_dlpack:
                return lambda output, dtype: from_dlpack(self._to_numpy(output, dtype))
        return self._to_numpy

    def _memory(self, output):
        """The output's bytes, freed when nobody uses them any more."""
        shape = tuple(output.shape[i] for i in range(output.ndim))
        size = int(np.prod(shape, dtype=np.int64)) * output.bits // 8
        if not output.data or not size:
            return shape, None
        buffer = (ctypes.c_ubyte * size).from_address(output.data)
        weakref.finalize(buffer, _release, self._library, self._api.release, output.data)
        return shape, buffer

    def _to_numpy(self, output, dtype):
        shape, buffer = self._memory(output)
        try:
            dtype = np.dtype(dtype)
        except TypeError:
            import ml_dtypes  # NumPy's own types lack the narrow floats

            dtype = np.dtype(getattr(ml_dtypes, dtype))
        if buffer is None:
            return np.empty(shape, dtype)
        return np.frombuffer(buffer, dtype).reshape(shape)

    def _to_torch(self, output, dtype):
        import torch

        shape, buffer = self._memory(output)
        dtype = getattr(torch, dtype)
        if buffer is None:
            return torch.empty(shape, dtype=dtype)
        return torch.frombuffer(buffer, dtype=dtype).reshape(shape)

    def _structure(self, results, inputs):
        if self._out_tree is None and self._outputs is None:
            return results[0] if len(results) == 1 else tuple(results)
        results = iter(results)
        leaves = [next(results) if o is None else o["constant"] if "constant" in o
                  else inputs[o["input"]] for o in self._outputs]
        leaves = [leaf.item() if o == {"number": True} else leaf
                  for leaf, o in zip(leaves, self._outputs)]
        return tree.unflatten(self._out_tree, leaves)

    def reset(self) -> None:
        """Gives the model's state its initial values."""
        self._check(self._api.reset(self._context))

    def set_threads(self, count: int) -> None:
        """How many threads a call may use; 0: one per CPU."""
        self._check(self._api.set_threads(self._context, count))

    def save(self, path) -> None:
        """Writes the shared object to `path`; `dlc.load` or any C program loads it."""
        path = pathlib.Path(path)
        aside = path.with_name(f".{path.name}.{os.getpid()}")  # whole, or not at all
        self._file.seek(0)
        with open(aside, "wb") as file:
            shutil.copyfileobj(self._file, file)
        os.replace(aside, path)

    def __repr__(self):
        def show(tensors):
            return ", ".join(f"{t['name']}: {t['dtype']}{t['shape']}" for t in tensors)

        return (f"<dlc.CompiledModel {self.signature['name']}({show(self.signature['inputs'])})"
                f" -> {show(self.signature['outputs'])}>")


def _release(library, release, data):
    release(data)


def load(path, threads: int = 0) -> CompiledModel:
    """A compiled model from its shared object. `threads`: how many threads a call may
    use (0: one per CPU). Needs NumPy only."""
    return CompiledModel(path, threads)
