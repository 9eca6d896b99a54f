"""Runs compiled models from Python: the C ABI (docs/abi.md) by ctypes, on NumPy."""

import ctypes
import json
import sys

import numpy as np

from conformance import common

sys.path.insert(0, str(common.ROOT / "python"))
from dlc import _abi, tensors  # noqa: E402
from dlc.tensors import DLTensor  # noqa: E402

CODES = {"i": 0, "u": 1, "f": 2, "b": 6}


def _tensor(array):
    shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
    return DLTensor(array.ctypes.data, 1, 0, array.ndim, CODES[array.dtype.kind],
                    8 * array.dtype.itemsize, 1, shape, None, 0)


class Model:
    """A compiled model; `threads` as in dlc_options."""

    def __init__(self, path, threads=1):
        self.library, self.api = _abi.load(path)
        self.context = _abi.Context()
        options = _abi.Options(size=ctypes.sizeof(_abi.Options), num_threads=threads)
        self._check(self.api.create(ctypes.byref(options), ctypes.byref(self.context)))
        self.signature = json.loads(self.api.describe())

    def _check(self, status):
        if status:
            raise RuntimeError(self.api.last_error().decode())

    def prepare(self, *inputs):
        """A call with these arrays, to be run any number of times; the results are
        copied out of it by `results`."""
        return Call(self, [np.asarray(x, order="C") for x in inputs])

    def __call__(self, *inputs):
        call = self.prepare(*inputs)
        call.run()
        return call.results()

    def __del__(self):
        if getattr(self, "context", None):
            self.api.destroy(self.context)


class Call:
    def __init__(self, model, inputs):
        self.model, self.arrays = model, inputs
        self.tensors = [_tensor(x) for x in inputs]
        self.inputs = tensors.addresses([ctypes.addressof(t) for t in self.tensors])
        outputs = model.signature["outputs"]
        self.outputs = [DLTensor() for _ in outputs]
        for tensor, spec in zip(self.outputs, outputs):
            rank = len(spec["shape"])
            tensor.shape = (ctypes.c_int64 * max(rank, 1))()
            tensor.ndim, tensor.lanes, tensor.device_type = rank, 1, 1
            dtype = np.dtype(spec["dtype"])
            tensor.code, tensor.bits = CODES[dtype.kind], 8 * dtype.itemsize
        self.pointers = tensors.addresses([ctypes.addressof(t) for t in self.outputs])
        self.ran = False

    def run(self):
        api = self.model.api
        self.model._check(api.run(self.model.context, self.inputs, self.pointers))
        self.ran = True

    def results(self):
        arrays = []
        for tensor, spec in zip(self.outputs, self.model.signature["outputs"]):
            shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
            dtype = np.dtype(spec["dtype"])
            size = int(np.prod(shape)) * dtype.itemsize
            data = ctypes.string_at(tensor.data, size) if size else b""
            arrays.append(np.frombuffer(data, dtype).reshape(shape))
        return arrays

    def __del__(self):
        if self.ran:
            for tensor in self.outputs:
                if tensor.data:
                    self.model.api.release(tensor.data)
