# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The caller's tensors as DLPack's, and back: no elements are copied."""

from __future__ import annotations

import ctypes
import sys
import weakref
from typing import TYPE_CHECKING, Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ._errors import NO_TRANSFORMS

if TYPE_CHECKING:
    import torch

    Array = np.ndarray[Any, Any]


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


def is_torch(value: Any) -> bool:
    """Whether a value is a PyTorch tensor; doesn't import PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_number(value: Any) -> bool:
    """Whether a value is a number and belongs to no library."""
    return isinstance(value, (bool, int, float, complex, np.generic))


class Spec(NamedTuple):
    """An input or output of a model's function."""

    name: str
    dtype: str  #: what the caller sees
    model_dtype: str  #: the same, but for complex numbers
    rank: int  #: the model's
    is_complex: bool


def lend_all(values: Sequence[Any], specs: Sequence[Spec], kept: List[Any]) -> List[int]:
    """The addresses of DLTensors that describe the caller's tensors; what must live as
    long as they are used is added to `kept`."""
    if len(values) != len(specs):
        noun = "tensor" if len(specs) == 1 else "tensors"
        raise TypeError(f"the model takes {len(specs)} {noun}, but is given {len(values)}")
    torch = sys.modules.get("torch")
    if torch is None:
        return [_lend(value, spec, kept) for value, spec in zip(values, specs)]
    needs_gradients = torch.is_grad_enabled()
    has_tangents = _forward_level(torch) >= 0
    tensor, to_dlpack, found = torch.Tensor, torch.utils.dlpack.to_dlpack, []
    for value, spec in zip(values, specs):
        # A model of torch.compile has a tensor for each of its parameters: the common
        # kind is dealt with here, quickly.
        if isinstance(value, tensor) and value.is_cpu and not (
                spec.is_complex or value.is_complex() or value.is_neg()
                or has_tangents or needs_gradients and value.requires_grad):
            try:
                capsule = to_dlpack(value)
            except (BufferError, RuntimeError):
                found.append(_lend(value, spec, kept))
                continue
            kept.append(capsule)
            found.append(_address(capsule, b"dltensor"))
        else:
            found.append(_lend(value, spec, kept))
    return found


def _lend(value: Any, spec: Spec, kept: List[Any]) -> int:
    """As above, of one tensor of any kind."""
    try:
        if is_torch(value):
            address, is_complex = _lend_torch(value, kept)
        elif isinstance(value, np.ndarray):
            address, is_complex = _lend_numpy(value, kept)
        elif is_number(value):
            address, is_complex = _lend_numpy(_number(value, spec.dtype), kept)
        elif hasattr(value, "__dlpack__"):
            address, is_complex = _lend_dlpack(value, kept)
        else:
            raise TypeError("a tensor is expected (PyTorch's, NumPy's or any that speaks "
                            f"DLPack), not {_a(type(value).__name__)}")
        if is_complex != spec.is_complex:
            raise TypeError(f"{'real' if is_complex else 'complex'} numbers are expected")
    except TypeError as error:
        raise TypeError(f"input '{spec.name}': {error}") from None
    return address


def _forward_level(torch: Any) -> int:
    """How deep in forward-mode derivatives a call of PyTorch's is; -1 outside of them."""
    level: int = torch.autograd.forward_ad._current_level
    return level


def _lend_torch(value: torch.Tensor, kept: List[Any]) -> Tuple[int, bool]:
    import torch

    if value.requires_grad and torch.is_grad_enabled():
        raise TypeError("it requires a gradient, and a compiled model gives none: call "
                        "the model under torch.no_grad(), or pass x.detach()")
    forward: Any = torch.autograd.forward_ad
    if _forward_level(torch) >= 0 and forward.unpack_dual(value).tangent is not None:
        raise TypeError("it has a tangent, and a compiled model gives none: dlc.jvp does")
    if torch._C._functorch.is_functorch_wrapped_tensor(value):
        raise TypeError(NO_TRANSFORMS)
    if not value.is_cpu:
        raise TypeError(f"a tensor on the CPU is expected, not on {value.device}")
    if value.layout != torch.strided:
        raise TypeError(f"a dense tensor is expected, not one of layout {value.layout}")
    value = value.resolve_conj().resolve_neg()
    try:
        capsule = torch.utils.dlpack.to_dlpack(value)  # type: ignore[attr-defined]
    except BufferError:
        raise TypeError(f"elements of type {str(value.dtype)[6:]} aren't supported") from None
    except RuntimeError as error:
        raise TypeError(f"it has no memory that can be read ({error})") from None
    kept.append(capsule)
    address = _address(capsule, b"dltensor")
    return _parts_of(address, kept) if value.is_complex() else (address, False)


def _lend_numpy(value: Array, kept: List[Any]) -> Tuple[int, bool]:
    if isinstance(value, np.ma.MaskedArray) and value.mask.any():
        raise TypeError("it has elements that are masked: fill them first")
    if any(s % value.itemsize for s in value.strides) or not value.dtype.isnative:
        value = np.ascontiguousarray(value, value.dtype.newbyteorder("="))
    kept.append(value)
    strides = [s // value.itemsize for s in value.strides]
    return _describe(value.ctypes.data, value.dtype.name, value.shape, strides, kept)


def _lend_dlpack(value: Any, kept: List[Any]) -> Tuple[int, bool]:
    device, index = value.__dlpack_device__()
    if device not in (_CPU, _PINNED):
        raise TypeError("a tensor on the CPU is expected, not on DLPack's device "
                        f"{int(device)}:{index}")
    try:
        try:
            capsule = value.__dlpack__(max_version=(1, 0))
        except TypeError:  # it is of DLPack's first protocol
            capsule = value.__dlpack__()
    except BufferError as error:
        raise TypeError(f"its __dlpack__ gives nothing ({error})") from None
    kept.append(capsule)
    for name, offset in ((b"dltensor_versioned", _VERSIONED_OFFSET), (b"dltensor", 0)):
        if _is_capsule(capsule, name):
            address = _address(capsule, name) + offset
            is_complex = DLTensor.from_address(address).code == _COMPLEX_CODE
            return _parts_of(address, kept) if is_complex else (address, False)
    raise TypeError("its __dlpack__ gives no DLPack tensor")


def _parts_of(address: int, kept: List[Any]) -> Tuple[int, bool]:
    """Complex numbers of DLPack as their parts."""
    tensor = DLTensor.from_address(address)
    shape = tensor.shape[:tensor.ndim]
    strides = tensor.strides[:tensor.ndim] if tensor.strides else _dense(shape)
    data = (tensor.data or 0) + tensor.byte_offset
    return _describe(data, f"complex{tensor.bits}", shape, strides, kept)


def _describe(data: int, dtype: str, shape: Sequence[int], strides: Sequence[int],
              kept: List[Any]) -> Tuple[int, bool]:
    """A DLTensor's address, and whether the elements are complex."""
    is_complex = dtype in _PARTS
    if is_complex:
        dtype, shape, strides = _PARTS[dtype], [*shape, 2], [*(2 * s for s in strides), 1]
    if dtype not in DTYPES:
        raise TypeError(f"elements of type {dtype} aren't supported")
    rank, (code, bits) = len(shape), DTYPES[dtype]
    array = ctypes.c_int64 * max(rank, 1)
    tensor = DLTensor(data, _CPU, 0, rank, code, bits, 1, array(*shape), array(*strides), 0)
    kept.append(tensor)
    return ctypes.addressof(tensor), is_complex


def room(spec: Spec) -> DLTensor:
    """A result that the model allocates."""
    code, bits = DTYPES[spec.model_dtype]
    shape = (ctypes.c_int64 * max(spec.rank, 1))()
    return DLTensor(None, _CPU, 0, spec.rank, code, bits, 1, shape, None, 0)


def specs(described: Sequence[Dict[str, Any]], complex_ones: Sequence[int] = ()) -> List[Spec]:
    """The inputs or outputs that a model's description has; those whose numbers are given
    are complex."""
    return [Spec(d["name"], COMPLEX[d["dtype"]] if i in complex_ones else d["dtype"], d["dtype"],
                 len(d["shape"]), i in complex_ones) for i, d in enumerate(described)]


def addresses(values: Sequence[int]) -> ctypes.Array[ctypes.c_void_p]:
    """An array of DLTensors' addresses, as the C functions take it."""
    return (ctypes.c_void_p * max(len(values), 1))(*values)


def _dense(shape: Sequence[int]) -> List[int]:
    strides = [1] * len(shape)
    for i in range(len(shape) - 1, 0, -1):
        strides[i - 1] = strides[i] * shape[i]
    return strides


_is_capsule = ctypes.pythonapi.PyCapsule_IsValid
_is_capsule.restype, _is_capsule.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
_address = ctypes.pythonapi.PyCapsule_GetPointer
_address.restype, _address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


def _number(value: Any, dtype: str) -> Array:
    """A number as an array of no dimensions. Python's have the model's element type if
    that has such values; any other number has its own, which the model may refuse."""
    array = np.asarray(value)
    if isinstance(value, np.generic):
        return array
    kinds = {"b": "biufc", "i": "iufc", "u": "iufc", "f": "fc", "c": "c"}.get(array.dtype.kind, "")
    wanted = element_type(dtype)
    if isinstance(value, int) and (wanted.kind in "iu" or not kinds):
        limits = np.iinfo(wanted if wanted.kind in "iu" else np.int64)
        if not limits.min <= value <= limits.max:
            raise TypeError(f"{value} is out of the range of {limits.dtype}")
    is_wanted = ("f" if wanted.kind == "V" else wanted.kind) in kinds  # ml_dtypes' are V
    return array.astype(wanted) if is_wanted else array


def element_type(dtype: str) -> np.dtype[Any]:
    """NumPy's element type of that name."""
    if dtype == "complex32":
        raise TypeError("NumPy has no complex numbers of two float16")
    try:
        return np.dtype(dtype)
    except TypeError:
        pass
    try:
        import ml_dtypes  # NumPy's own types lack the narrow floats
    except ImportError:
        raise TypeError(f"NumPy has {dtype} with the package ml_dtypes only") from None
    narrow: np.dtype[Any] = np.dtype(getattr(ml_dtypes, dtype))
    return narrow


def _a(noun: str) -> str:
    return ("an " if noun[0] in "aeiouAEIOU" else "a ") + noun


class Memory:
    """The bytes of a result: freed when nobody uses them any more."""

    def __init__(self, output: DLTensor, release: Callable[[int], None], library: Any) -> None:
        self.shape = tuple(output.shape[:output.ndim])
        size = output.bits // 8
        for extent in self.shape:
            size *= extent
        self.buffer = None
        if output.data and size:
            self.buffer = (ctypes.c_ubyte * size).from_address(output.data)
            weakref.finalize(self.buffer, _release, library, release, output.data)

    def _shape_of(self, dtype: str) -> Tuple[int, ...]:
        return self.shape[:-1] if dtype in _PARTS else self.shape

    def to_numpy(self, dtype: str) -> Array:
        shape, elements = self._shape_of(dtype), element_type(dtype)
        if self.buffer is None:
            return np.empty(shape, elements)
        return np.frombuffer(self.buffer, elements).reshape(shape)

    def to_torch(self, dtype: str) -> torch.Tensor:
        import torch

        shape, elements = self._shape_of(dtype), getattr(torch, dtype)
        if self.buffer is None:
            return torch.empty(shape, dtype=elements)
        return torch.frombuffer(self.buffer, dtype=elements).reshape(shape)


def _release(library: Any, release: Callable[[int], None], data: int) -> None:
    release(data)


def converter(inputs: Sequence[Any], prefer_torch: bool) -> Callable[[Memory, str], Any]:
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


def _namespace(value: Any) -> Any:
    """The library that a tensor is of, by the array API standard or by its module."""
    if hasattr(value, "__array_namespace__"):
        return value.__array_namespace__()
    return sys.modules.get(type(value).__module__.split(".")[0])
