# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps: forward pass, loss, gradients and optimiser as one compiled function."""

import ctypes
import os
import pathlib
import sys
import weakref

import numpy as np

from ._errors import DlcError
from .compiler import _cached, _Source, _trace_or_path
from .runtime import _CONTEXT, _TENSORS, CompiledModel
from .tensors import DTYPES, DLTensor, Input

_CALL = ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT, ctypes.c_int32, _TENSORS, _TENSORS)
_STATE = ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT, ctypes.c_int32, ctypes.POINTER(DLTensor))


def compile_training_step(model, *args, loss, optimizer, clip_norm=0.0, clip_value=0.0,
                          accumulate=1, frozen=(), dynamic_shapes=None, kwargs=None, output=None,
                          header=None, name=None, cpu=None, threads=0,
                          progress=None) -> "TrainingStep":
    """Compiles a model with a training step (docs/training.md).

        step = dlc.compile_training_step(model, x, loss="cross_entropy",
                                         optimizer="adamw,weight_decay=0.01")
        for x, labels in batches:
            loss = step.step(x, labels, lr=1e-3)
        scores = step(x)                      # the model, with the weights as they are

    `model` and `args` are as for `dlc.compile`; a PyTorch module is traced in
    evaluation mode, and its batch norms normalise by the batch in the step. A module
    with dropout is refused. `loss` is `cross_entropy`, `mse`, `bce_with_logits` or
    `output`; `optimizer` is a name with settings: `sgd,momentum=0.9,nesterov=true`.
    """
    settings = [f"loss={loss}", f"optimizer={optimizer}", f"accumulate={accumulate}",
                f"clip-norm={clip_norm}", f"clip-value={clip_value}"]
    if frozen:
        settings.append("frozen=" + ",".join(frozen))
    traced = model
    if "torch" in sys.modules and isinstance(model, sys.modules["torch"].nn.Module):
        traced, args, kwargs, dynamic_shapes = _trace(model, args, kwargs, dynamic_shapes), (), {}, None
    source = _Source(_trace_or_path(traced, args, kwargs, dynamic_shapes), cpu, " ".join(settings))
    if output is None:
        return _cached(source, name or "model", threads, progress, TrainingStep)
    output = pathlib.Path(output)
    source.key = source.cache_key(name or output.stem)
    source.compile(output, header or output.with_suffix(".h"), name, progress)
    return TrainingStep(output, threads, origin=source)


def _trace(model, args, kwargs, dynamic_shapes):
    """The module in evaluation mode, which is left as it was."""
    from .tracer import trace_program

    for place, module in model.named_modules():
        probability = getattr(module, "p", getattr(module, "dropout", 0.0))
        if "ropout" in type(module).__name__ and probability:
            raise DlcError(f"the module '{place}' drops out at random, which a training step "
                           "doesn't do yet; set its probability to 0")
    modes = {module: module.training for module in model.modules()}
    try:
        return trace_program(model.eval(), args, kwargs, dynamic_shapes)
    finally:
        for module, mode in modes.items():
            module.training = mode


class TrainingStep(CompiledModel):
    """A compiled model with its training step: call it to use the model."""

    def __init__(self, path, threads=0, *, origin=None):
        super().__init__(path, threads, origin=origin)
        functions = self.signature.get("functions", [])
        if "step" not in [f["name"] for f in functions]:
            raise DlcError(f"'{path}' has no training step")
        self._number = 1 + [f["name"] for f in functions].index("step")
        self._step = functions[self._number - 1]
        self._names = [s["name"] for s in self.signature["states"]]
        prefix = self.signature["name"]
        self._call = _CALL((prefix + "_call", self._library))
        self._state = _STATE((prefix + "_state", self._library))
        #: What the last step gave beside the loss, by name: `gradient_norm`.
        self.results = {}

    def step(self, *args, lr, seed=0):
        """One step on the model's inputs and the target; gives the loss before it."""
        values = list(args) + [lr]
        if self._step["inputs"][-1]["name"] == "seed":
            values.append(seed)
        if len(values) != len(self._step["inputs"]):
            names = ", ".join(i["name"] for i in self._step["inputs"])
            raise TypeError(f"the step takes {names}; {len(values)} are given")
        pointer = ctypes.POINTER(DLTensor)
        inputs = [Input(v, s["dtype"]) for v, s in zip(values, self._step["inputs"])]
        outputs = [np.empty(s["shape"], s["dtype"]) for s in self._step["outputs"]]
        results = [Input(v, s["dtype"]) for v, s in zip(outputs, self._step["outputs"])]
        self._check(self._call(
            self._context, self._number,
            (pointer * len(inputs))(*[ctypes.pointer(i.tensor) for i in inputs]),
            (pointer * len(results))(*[ctypes.pointer(r.tensor) for r in results])))
        self.results = {s["name"]: float(o) for s, o in zip(self._step["outputs"], outputs)}
        return self.results["loss"]

    @property
    def state(self):
        """Weights and what the optimiser keeps, by name: NumPy arrays in place."""
        return {name: self._array(i) for i, name in enumerate(self._names)}

    def _array(self, number):
        tensor, spec = DLTensor(), self.signature["states"][number]
        self._check(self._state(self._context, number, ctypes.byref(tensor)))
        shape = tuple(spec["shape"])
        size = int(np.prod(shape, dtype=np.int64)) * DTYPES[spec["dtype"]][1] // 8
        if not size:
            return np.empty(shape, spec["dtype"])
        buffer = (ctypes.c_ubyte * size).from_address(tensor.data)
        weakref.finalize(buffer, _forget, self)  # the memory is the context's
        return np.frombuffer(buffer, spec["dtype"]).reshape(shape)

    def save_state(self, path) -> None:
        """Writes all state as a safetensors file."""
        save = ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT, ctypes.c_char_p)
        function = save((self.signature["name"] + "_save", self._library))
        self._check(function(self._context, os.fsencode(path)))

    def load_state(self, path, partial: bool = False) -> None:
        """Reads it. With `partial` the file may lack some, which keep their values, and
        have tensors that the model hasn't."""
        load = ctypes.CFUNCTYPE(ctypes.c_int32, _CONTEXT, ctypes.c_char_p, ctypes.c_int32)
        function = load((self.signature["name"] + "_load", self._library))
        self._check(function(self._context, os.fsencode(path), int(partial)))


def _forget(owner):
    pass
