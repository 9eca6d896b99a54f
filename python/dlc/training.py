# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps: forward pass, loss, gradients and optimiser as one compiled function."""

from __future__ import annotations

import contextlib
import math
import operator
import re
import sys
from typing import Any, Dict, List, Mapping, NoReturn, Optional, Sequence, Union

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
    settings = [f"loss={_word('loss', loss, 'cross_entropy')}",
                f"optimizer={_word('optimizer', optimizer, 'sgd')}",
                f"accumulate={_count('accumulate', accumulate)}",
                f"clip-norm={_number('clip_norm', clip_norm)}",
                f"clip-value={_number('clip_value', clip_value)}"]
    if memory is not None:
        settings.append("memory=" + (_word("memory", memory, "512MiB") if isinstance(memory, str)
                                     else f"{_number('memory', memory):g}"))
    names = _names(frozen)
    if batch_norm_momentum is not None:
        batch_norm_momentum = _number("batch_norm_momentum", batch_norm_momentum, 1.0)
    traced = model
    if "torch" in sys.modules and isinstance(model, sys.modules["torch"].nn.Module):
        _check_trainable(model)
        traced = _trace(model, args, kwargs, dynamic_shapes, batch_norm_momentum)
        args, kwargs, dynamic_shapes = (), {}, None
        names = _kept_names(model, traced, names)
        settings.append("batch-norm=false")  # they do what the module's mode says
    elif batch_norm_momentum is not None:
        settings.append(f"batch-norm-momentum={batch_norm_momentum}")
    if names:
        settings.append("frozen=" + ",".join(names))
    source = _Source(_trace_or_path(traced, args, kwargs, dynamic_shapes), cpu, " ".join(settings))
    if source.trace:
        source.trace.require_derivatives()
        if any(map(_has_hooks, source.trace.captured)):
            raise TraceError(f"a parameter of the program {_HOOKED}")
    return _compiled(source, TrainingStep, output, header, name, threads, progress)


def _refuse(name: str, wanted: str, value: Any) -> NoReturn:
    kind = TypeError if not isinstance(value, (str, int, float)) or isinstance(value, bool) \
        else ValueError
    shown = repr(value) if kind is ValueError or value is None or isinstance(value, bool) \
        else type(value).__name__
    raise kind(f"{name} is {wanted} (see help(dlc.compile_training_step)), not {shown}")


def _word(name: str, value: Any, like: str) -> str:
    """A setting that is text: one word, but for spaces around its parts."""
    text = re.sub(r"\s*([,=])\s*|(?<=\d)\s+(?=\w+$)", r"\1", value.strip()) \
        if isinstance(value, str) else ""
    if not re.fullmatch(r"\S+", text) or name == "loss" and "=" in text:
        _refuse(name, f"text, as {like!r}", value)
    return text


def _number(name: str, value: Any, most: float = math.inf) -> float:
    """A setting that is a number, not a negative one."""
    wanted = "a number of 0 or more" if most == math.inf else f"a number from 0 to {most:g}"
    try:
        number = float(value) if not isinstance(value, (bool, str)) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= most or number == math.inf:
        _refuse(name, wanted, value)
    return number


def _count(name: str, value: Any) -> int:
    try:
        count = operator.index(value) if not isinstance(value, bool) else 0
    except TypeError:
        count = 0
    if not 0 < count < 2**31:
        _refuse(name, "a whole number from 1 to 2147483647", value)
    return count


def _rate(lr: Any) -> float:
    try:
        rate = float(lr) if not isinstance(lr, (bool, str)) else float("")
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"lr is a number, not {type(lr).__name__}") from None
    if not 0 <= rate < math.inf:
        raise ValueError(f"lr is a finite number of 0 or more, not {rate!r}")
    return rate


def _names(frozen: Any) -> List[str]:
    """The names of weights that stay as they are."""
    try:
        names = [] if isinstance(frozen, (str, bytes)) else list(frozen)
    except TypeError:
        names = [None]
    if isinstance(frozen, (str, bytes)) or not all(isinstance(name, str) for name in names):
        _refuse("frozen", "a list of weights' names, as ['0.weight', '0.bias']", frozen)
    for name in names:
        if not re.fullmatch(r"[^\s,]+", name):
            _refuse("frozen", "a list of weights' names without spaces and commas", name)
    return names


def _kept_names(model: Any, trace: Trace, names: Sequence[str]) -> List[str]:
    """The names that the trace has for weights: of tied ones it keeps one."""
    tensors = dict(model.named_parameters(remove_duplicate=False))
    kept = {id(tensor): name for name, tensor in tensors.items() if name in trace.weights}
    unknown = [name for name in names if name not in trace.weights and name not in tensors]
    if unknown:
        raise ValueError(f"frozen names '{unknown[0]}', which is no parameter of the module")
    # What the program doesn't use isn't in the trace, and stays as it is.
    return [kept.get(id(tensors.get(name)), name) for name in names
            if name in trace.weights or id(tensors.get(name)) in kept]


def _check_trainable(model: Any) -> None:
    """Refuses what a trace doesn't show."""
    parameters = list(model.parameters())
    if parameters and not any(parameter.requires_grad for parameter in parameters):
        raise TraceError("no parameter of the module requires a gradient: nothing can be trained")
    for name, parameter in model.named_parameters():
        if _has_hooks(parameter):
            raise TraceError(f"parameter '{name}' {_HOOKED}")


_HOOKED = "has a hook on its gradient (register_hook, register_post_accumulate_grad_hook), which a " \
    "compiled step doesn't call: remove it"


def _has_hooks(parameter: Any) -> bool:
    return bool(getattr(parameter, "_backward_hooks", None) or
                getattr(parameter, "_post_accumulate_grad_hooks", None))


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
        trace = trace_program(model.eval(), args, kwargs, dynamic_shapes, is_differentiated=True)
        for module, mode in modes.items():
            module.training = mode
        for module in moved:
            module.momentum = batch_norm_momentum
        if any(modes.values()):
            _add_training(trace, trace_program(model, args, kwargs, dynamic_shapes, trains=True,
                                               is_differentiated=True))
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
    def step(self, *args: Any, lr: float, seed: int = 0, **kwargs: Any) -> float:
        """One step on the model's arguments, given as to the model itself, and the target, behind
        those that are given by position or as `target=`; gives the loss before it. Random
        numbers follow from `seed` and the number of the step, which is part of the state."""
        values = self._inputs_and_target(args, kwargs) + [_rate(lr)]
        if self._step_takes[-1].name == "seed":
            values.append(seed)
        outputs = self.run(values, self._result_kind, self._number)
        self.results = {s["name"]: float(o) for s, o in zip(self._step["outputs"], outputs)}
        return self.results["loss"]

    def _inputs_and_target(self, args: Sequence[Any], kwargs: Dict[str, Any]) -> List[Any]:
        takes = f"the step takes {', '.join(spec.name for spec in self._step_takes)}"
        if self._step_takes[len(self._takes)].name == "learning_rate":  # the model gives the loss
            return self._flatten(args, kwargs)
        if "target" in kwargs and "target" not in self._parameters:
            kwargs = dict(kwargs)
            target = kwargs.pop("target")
            return [*self._flatten(args, kwargs), target]
        try:
            return [*self._flatten(args[:-1], kwargs), args[-1]]
        except (TypeError, IndexError) as error:
            with contextlib.suppress(TypeError):
                self._flatten(args, kwargs)
                error = TypeError("target is missing")
            raise TypeError(f"{takes}; {error if args else 'target is missing'}") from None
