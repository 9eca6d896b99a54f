# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps: forward pass, loss, gradients and optimiser as one compiled function."""

from __future__ import annotations

import sys
from typing import Any, Dict, Mapping, Optional, Sequence, Union

import numpy as np

from . import tensors
from ._errors import DlcError, TraceError
from .compiler import Progress, _compiled, _Source, _trace_or_path
from .runtime import CompiledModel, Origin, between_graphs
from .tracefile import Path, Trace


def compile_training_step(model: Any, *args: Any, loss: str, optimizer: str, clip_norm: float = 0.0,
                          clip_value: float = 0.0, accumulate: int = 1, frozen: Sequence[str] = (),
                          batch_norm_momentum: Optional[float] = None,
                          memory: Union[None, str, float] = None, dynamic_shapes: Any = None,
                          kwargs: Optional[Mapping[str, Any]] = None,
                          output: Optional[Path] = None, header: Optional[Path] = None,
                          name: Optional[str] = None, cpu: Optional[str] = None, threads: int = 0,
                          progress: Optional[Progress] = None) -> 'TrainingStep':
    """Compiles a model with a training step (docs/training.md).

        step = dlc.compile_training_step(model, x, loss="cross_entropy",
                                         optimizer="adamw,weight_decay=0.01")
        for x, labels in batches:
            loss = step.step(x, labels, lr=1e-3)
        scores = step(x)                      # the model, with the weights as they are

    `model`, `args`, `kwargs`, `dynamic_shapes`, `output`, `header`, `name`, `cpu`,
    `threads` and `progress` are as for `dlc.compile`. The step is that of a PyTorch module
    in the mode it is in, by default training: it drops out at random, other elements in each
    step, and batch norms normalise by the batch and move their statistics; a part of it that
    is in evaluation mode evaluates. The compiled model itself evaluates.

    `loss` is `cross_entropy`, `mse`, `bce_with_logits` or `output` (the model's first
    output is the loss); `optimizer` is a name with settings, as
    `sgd,momentum=0.9,nesterov=true`. `clip_norm` limits the norm of all gradients
    together, `clip_value` each element; `accumulate` is how many batches, one behind the
    other, a step's data are; `frozen` names the weights that stay as they are, beside the
    parameters that require no gradient. `batch_norm_momentum` is how far the statistics of
    batch norms move, if not as each says.
    `memory` limits what a step takes beside the weights: "512MiB", or 0.5 of what it
    would take; some of it is then computed twice.
    """
    for argument, value, like in (("loss", loss, "cross_entropy"), ("optimizer", optimizer, "sgd")):
        if not isinstance(value, str):
            raise TypeError(f"{argument} is text, as {like!r} (see help(dlc.compile_training_step)), "
                            f"not {type(value).__name__}")
    settings = [f"loss={loss}", f"optimizer={optimizer}", f"accumulate={accumulate}",
                f"clip-norm={clip_norm}", f"clip-value={clip_value}"]
    if frozen:
        settings.append("frozen=" + ",".join(frozen))
    if memory is not None:
        settings.append(f"memory={memory}")
    traced = model
    if "torch" in sys.modules and isinstance(model, sys.modules["torch"].nn.Module):
        _check_trainable(model)
        traced = _trace(model, args, kwargs, dynamic_shapes, batch_norm_momentum)
        args, kwargs, dynamic_shapes = (), {}, None
        settings.append("batch-norm=false")  # they do what the module's mode says
    elif batch_norm_momentum is not None:
        settings.append(f"batch-norm-momentum={batch_norm_momentum}")
    source = _Source(_trace_or_path(traced, args, kwargs, dynamic_shapes), cpu, " ".join(settings))
    if source.trace:
        source.trace.require_derivatives()
    return _compiled(source, TrainingStep, output, header, name, threads, progress)


def _check_trainable(model: Any) -> None:
    """Refuses what a trace doesn't show."""
    parameters = list(model.parameters())
    if parameters and not any(parameter.requires_grad for parameter in parameters):
        raise TraceError("no parameter of the module requires a gradient: nothing can be trained")


def _trace(model: Any, args: Sequence[Any], kwargs: Optional[Mapping[str, Any]],
           dynamic_shapes: Any, batch_norm_momentum: Optional[float]) -> Trace:
    """The module as it evaluates, and as it trains where that is different. Its modes stay
    what they were."""
    from torch.nn.modules.batchnorm import _BatchNorm

    from .tracer import trace_program

    modes = {module: module.training for module in model.modules()}
    moved = [module for module in modes if isinstance(module, _BatchNorm)
             and batch_norm_momentum is not None]
    momenta = [module.momentum for module in moved]
    try:
        trace = trace_program(model.eval(), args, kwargs, dynamic_shapes)
        for module, mode in modes.items():
            module.training = mode
        for module in moved:
            module.momentum = batch_norm_momentum
        if any(modes.values()):
            _add_training(trace, trace_program(model, args, kwargs, dynamic_shapes, trains=True))
        return trace
    finally:
        for module, mode in modes.items():
            module.training = mode
        for module, momentum in zip(moved, momenta):
            module.momentum = momentum


def _add_training(trace: Trace, trained: Trace) -> None:
    """Adds another program on the same inputs to a trace: what is trained."""
    mine, other = trace.document, trained.document
    trained.require_derivatives()
    if all(mine[part] == other[part] for part in ("inputs", "nodes", "outputs")):
        return
    for name, limits in other["symbols"].items():
        if mine["symbols"].setdefault(name, limits) != limits:
            raise TraceError(f"the sizes '{name}' of the inputs may be others in training: "
                             f"{limits}, not {mine['symbols'][name]}")
    renamed = {}
    for name, weight in trained.weights.items():
        known = trace.weights.get(name)
        if known and (known.dtype, known.shape) == (weight.dtype, weight.shape) and \
                np.array_equal(np.asarray(known.data), np.asarray(weight.data)):
            continue
        renamed[name] = f"training.{name}" if known else name
        trace.weights[renamed[name]] = weight
    offset = len(mine["sources"])
    mine["sources"] += other["sources"]
    trace.captured = [*trace.captured, *trained.captured]
    inputs = [dict(i, weight=renamed.get(i["weight"], i["weight"])) if "weight" in i else i
              for i in other["inputs"]]
    mine["training"] = {"inputs": inputs, "nodes": _moved(other["nodes"], offset),
                        "outputs": other["outputs"]}


def _moved(json: Any, offset: int) -> Any:
    """Nodes whose numbers of source lines are larger."""
    if isinstance(json, list):
        return [_moved(element, offset) for element in json]
    if isinstance(json, dict):
        return {key: value + offset if key == "at" else _moved(value, offset)
                for key, value in json.items()}
    return json


class TrainingStep(CompiledModel):
    """A compiled model with its training step: call it to use the model, `step` to train.
    `state` has the weights and what the optimiser keeps."""

    def __init__(self, path: Path, threads: int = 0, *, origin: Optional[Origin] = None) -> None:
        super().__init__(path, threads, origin=origin)
        functions = self.signature.get("functions", [])
        if "step" not in [f["name"] for f in functions]:
            raise DlcError(f"'{path}' has no training step")
        self._number = 1 + [f["name"] for f in functions].index("step")
        self._step = functions[self._number - 1]
        self._step_takes = tensors.specs(self._step["inputs"])
        #: PyTorch's tensors have all element types.
        self._result_kind = getattr(sys.modules.get("torch"), "Tensor", np.ndarray)
        if self._result_kind is np.ndarray:
            for output in self._step["outputs"]:
                tensors.element_type(output["dtype"])  # or the error that NumPy lacks it
        #: What the last step gave beside the loss, by name: `gradient_norm`.
        self.results: Dict[str, float] = {}

    @between_graphs
    def step(self, *args: Any, lr: float, seed: int = 0) -> float:
        """One step on the model's inputs and the target; gives the loss before it. Random
        numbers follow from `seed` and the number of the step, which is part of the state."""
        values = list(args) + [lr]
        if self._step["inputs"][-1]["name"] == "seed":
            values.append(seed)
        if len(values) != len(self._step_takes):
            names = ", ".join(spec.name for spec in self._step_takes)
            raise TypeError(f"the step takes {names}; {len(values)} are given")
        outputs = self.run(values, self._result_kind, self._number)
        self.results = {s["name"]: float(o) for s, o in zip(self._step["outputs"], outputs)}
        return self.results["loss"]
