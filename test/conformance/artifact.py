"""Runs compiled models from Python: the C ABI (docs/abi.md) by ctypes, on NumPy."""

import ctypes
import json

import numpy as np


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


TENSORS = ctypes.POINTER(ctypes.POINTER(DLTensor))
CONTEXT = ctypes.c_void_p


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
        ("create", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(Options),
                                    ctypes.POINTER(CONTEXT))),
        ("destroy", ctypes.CFUNCTYPE(None, CONTEXT)),
        ("run", ctypes.CFUNCTYPE(ctypes.c_int32, CONTEXT, TENSORS, TENSORS)),
        ("arena_size", ctypes.CFUNCTYPE(ctypes.c_int32, CONTEXT, TENSORS,
                                        ctypes.POINTER(ctypes.c_size_t))),
        ("set_threads", ctypes.CFUNCTYPE(ctypes.c_int32, CONTEXT, ctypes.c_int32)),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("reset", ctypes.CFUNCTYPE(ctypes.c_int32, CONTEXT))]


CODES = {"i": 0, "u": 1, "f": 2, "b": 6}


def _tensor(array):
    shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
    return DLTensor(array.ctypes.data, 1, 0, array.ndim, CODES[array.dtype.kind],
                    8 * array.dtype.itemsize, 1, shape, None, 0)


class Model:
    """A compiled model; `threads` as in dlc_options."""

    def __init__(self, path, threads=1):
        self.library = ctypes.CDLL(path)
        self.library.dlc_model.restype = ctypes.POINTER(Api)
        self.api = self.library.dlc_model().contents
        self.context = CONTEXT()
        options = Options(size=ctypes.sizeof(Options), num_threads=threads)
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
        pointer = ctypes.POINTER(DLTensor)
        self.inputs = (pointer * len(inputs))(*[ctypes.pointer(t) for t in self.tensors])
        outputs = model.signature["outputs"]
        self.outputs = [DLTensor() for _ in outputs]
        for tensor, spec in zip(self.outputs, outputs):
            rank = len(spec["shape"])
            tensor.shape = (ctypes.c_int64 * max(rank, 1))()
            tensor.ndim, tensor.lanes, tensor.device_type = rank, 1, 1
            dtype = np.dtype(spec["dtype"])
            tensor.code, tensor.bits = CODES[dtype.kind], 8 * dtype.itemsize
        self.pointers = (pointer * len(outputs))(*[ctypes.pointer(t) for t in self.outputs])
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
