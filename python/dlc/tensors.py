# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The caller's tensors as DLPack's, and back: no elements are copied."""

import ctypes
import sys
import weakref

import numpy as np


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


#: DLPack's code and bits of each element type.
DTYPES = {
    "float64": (2, 64), "float32": (2, 32), "float16": (2, 16), "bfloat16": (4, 16),
    "float8_e4m3fn": (10, 8), "float8_e5m2": (12, 8), "bool": (6, 8),
    "int8": (0, 8), "int16": (0, 16), "int32": (0, 32), "int64": (0, 64),
    "uint8": (1, 8), "uint16": (1, 16), "uint32": (1, 32), "uint64": (1, 64),
}

#: The complex type whose parts are of an element type. To a model, complex numbers are a
#: real tensor with a last dimension of 2.
COMPLEX = {"float16": "complex32", "float32": "complex64", "float64": "complex128"}
_PARTS = {whole: part for part, whole in COMPLEX.items()}

_COMPLEX_CODE = 5  # DLPack's

#: Where the DLTensor is in a versioned capsule's struct: behind the version, two
#: pointers and the flags.
_VERSIONED_OFFSET = 32

_CPU, _PINNED = 1, 3  # DLPack's devices that the CPU can read


def is_torch(value) -> bool:
    """Whether a value is a PyTorch tensor; doesn't import PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_number(value) -> bool:
    """Whether a value is a number and belongs to no library."""
    return isinstance(value, (bool, int, float, np.generic))


class Input:
    """A caller's tensor as a DLTensor. `dtype` is the element type that the model takes:
    Python's numbers become that."""

    def __init__(self, value, dtype):
        self.owner, is_complex = value, dtype in _PARTS
        self.is_complex = False
        if is_torch(value):
            self._from_torch(value)
        elif isinstance(value, np.ndarray):
            self._from_numpy(value)
        elif is_number(value):
            self._from_numpy(_number(value, dtype))
        elif hasattr(value, "__dlpack__"):
            self._from_dlpack(value)
        else:
            raise TypeError("a tensor is expected (PyTorch's, NumPy's or any that speaks DLPack), "
                            f"not {_a(type(value).__name__)}")
        if self.is_complex != is_complex:
            raise TypeError(f"{'complex' if is_complex else 'real'} numbers are expected")

    def _set(self, data, dtype, shape, strides):
        if dtype in _PARTS:
            self.is_complex, dtype = True, _PARTS[dtype]
            shape, strides = [*shape, 2], [*(2 * s for s in strides), 1]
        if dtype not in DTYPES:
            raise TypeError(f"elements of type {dtype} aren't supported")
        code, bits = DTYPES[dtype]
        rank = len(shape)
        self.shape = (ctypes.c_int64 * max(rank, 1))(*shape)
        self.strides = (ctypes.c_int64 * max(rank, 1))(*strides)
        self.tensor = DLTensor(data, _CPU, 0, rank, code, bits, 1, self.shape, self.strides, 0)

    def _from_torch(self, value):
        import torch

        if value.requires_grad:
            if torch.is_grad_enabled():
                raise TypeError("it requires a gradient, and a compiled model gives none: call "
                                "the model under torch.no_grad(), or pass x.detach()")
            value = value.detach()
        if value.device.type != "cpu":
            raise TypeError(f"a tensor on the CPU is expected, not on {value.device}")
        if value.layout != torch.strided:
            raise TypeError(f"a dense tensor is expected, not one of layout {value.layout}")
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
        device, index = value.__dlpack_device__()
        if device not in (_CPU, _PINNED):
            raise TypeError("a tensor on the CPU is expected, not on DLPack's device "
                            f"{int(device)}:{index}")
        try:
            self.owner = value.__dlpack__(max_version=(1, 0))
        except TypeError:  # it is of DLPack's first protocol
            self.owner = value.__dlpack__()
        for name, offset in ((b"dltensor_versioned", _VERSIONED_OFFSET), (b"dltensor", 0)):
            if _is_capsule(self.owner, name):
                self.tensor = DLTensor.from_address(_address(self.owner, name) + offset)
                if self.tensor.code == _COMPLEX_CODE:
                    self._take_apart(self.tensor)
                return
        raise TypeError("its __dlpack__ gives no DLPack tensor")


    def _take_apart(self, tensor):
        """Complex numbers of DLPack as their parts."""
        shape = tensor.shape[:tensor.ndim]
        strides = tensor.strides[:tensor.ndim] if tensor.strides else _dense(shape)
        data = (tensor.data or 0) + tensor.byte_offset
        self._set(data, f"complex{tensor.bits}", shape, strides)


def _dense(shape):
    strides = [1] * len(shape)
    for i in range(len(shape) - 1, 0, -1):
        strides[i - 1] = strides[i] * shape[i]
    return strides


_is_capsule = ctypes.pythonapi.PyCapsule_IsValid
_is_capsule.restype, _is_capsule.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
_address = ctypes.pythonapi.PyCapsule_GetPointer
_address.restype, _address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


def _number(value, dtype):
    """A number as an array of no dimensions. Python's have the model's element type if
    that has such values; any other number has its own, which the model may refuse."""
    array = np.asarray(value)
    if isinstance(value, np.generic):
        return array
    kinds = {"b": "biufc", "i": "iufc", "u": "iufc", "f": "fc"}[array.dtype.kind]
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        return array
    return array.astype(wanted) if wanted.kind in kinds else array


def _a(noun):
    return ("an " if noun[0] in "aeiouAEIOU" else "a ") + noun


class Memory:
    """The bytes of a result: freed when nobody uses them any more."""

    def __init__(self, output, release, library):
        self.shape = tuple(output.shape[:output.ndim])
        size = output.bits // 8
        for extent in self.shape:
            size *= extent
        self.buffer = None
        if output.data and size:
            self.buffer = (ctypes.c_ubyte * size).from_address(output.data)
            weakref.finalize(self.buffer, _release, library, release, output.data)

    def _shape_of(self, dtype):
        return self.shape[:-1] if dtype in _PARTS else self.shape

    def to_numpy(self, dtype):
        shape = self._shape_of(dtype)
        if dtype == "complex32":
            raise TypeError("NumPy has no complex numbers of two float16")
        try:
            dtype = np.dtype(dtype)
        except TypeError:
            import ml_dtypes  # NumPy's own types lack the narrow floats

            dtype = np.dtype(getattr(ml_dtypes, dtype))
        if self.buffer is None:
            return np.empty(shape, dtype)
        return np.frombuffer(self.buffer, dtype).reshape(shape)

    def to_torch(self, dtype):
        import torch

        shape, dtype = self._shape_of(dtype), getattr(torch, dtype)
        if self.buffer is None:
            return torch.empty(shape, dtype=dtype)
        return torch.frombuffer(self.buffer, dtype=dtype).reshape(shape)


def _release(library, release, data):
    release(data)


def converter(inputs, prefer_torch):
    """What makes a result of the kind that the inputs are of: a function of its Memory and
    element type."""
    kinds = [value for value in inputs if not is_number(value)]
    if any(map(is_torch, kinds)) or (not kinds and prefer_torch and "torch" in sys.modules):
        return Memory.to_torch
    if kinds and not isinstance(kinds[0], np.ndarray):
        from_dlpack = getattr(_namespace(kinds[0]), "from_dlpack", None)
        if from_dlpack:
            return lambda memory, dtype: from_dlpack(memory.to_numpy(dtype))
    return Memory.to_numpy


def _namespace(value):
    """The library that a tensor is of, by the array API standard or by its module."""
    if hasattr(value, "__array_namespace__"):
        return value.__array_namespace__()
    return sys.modules.get(type(value).__module__.split(".")[0])
