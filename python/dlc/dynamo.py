# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""torch.compile(model, backend="dlc"): graphs that Dynamo captured, compiled by dlc.

    import torch

    fast = torch.compile(model.eval(), backend="dlc")
    with torch.no_grad():
        y = fast(x)

What Dynamo can't capture stays in Python, around compiled parts (graph breaks). Sizes
that change from call to call become open ones, so that one compilation serves all.
Parameters, buffers and whatever else the model refers to are inputs of the compiled
code: changing them elsewhere is seen, and what the model changes is changed in place.
With options={"freeze": True} the code knows them, until they are changed.
Random numbers are those that eager draws after the same torch.manual_seed (dropout and
multinomial, too; all but bernoulli's of computed probabilities), drawn by PyTorch before
the compiled code runs.

It trains, too: where results need gradients, the backward part is compiled with the forward
part, by dlc's own derivatives (dlc.autograd).
Errors are dlc's own (dlc.CompileError with the line of your program), not wrapped.
"""

from __future__ import annotations

import contextlib
import functools
import operator
from typing import (Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple,
                    Union)

import torch
from torch._dynamo.backends.common import aot_autograd
from torch._dynamo.backends.registry import list_backends, register_backend
from torch._dynamo.exc import ShortenTraceback
from torch.export import exported_program
from torch.export._trace import _ignore_backend_decomps
from torch.utils._python_dispatch import _disable_current_modes

from . import autograd, draws, locations, shapes
from ._errors import DlcError, warn
from .compiler import compile
from .frozen import FrozenGraph
from .runtime import CompiledModel
from .tracefile import Json, Trace
from .tracer import GraphWriter, decompositions


def backend(module: torch.fx.GraphModule, example_inputs: Sequence[Any],
            **options: Any) -> Callable[..., Any]:
    """The backend `dlc` of torch.compile. Its options, torch.compile(…, options={…}), are
    `threads` and `cpu`, as dlc.compile's, and `freeze` (see FrozenGraph)."""
    try:
        return _compiled(module, example_inputs, {**options.pop("options", {}), **options})
    except (DlcError, TypeError, ValueError) as error:
        kind: Any = type(error) if isinstance(error, DlcError) else \
            TypeError if isinstance(error, TypeError) else ValueError
        raise _reported(kind)(str(error)) from error


class _Reported(ShortenTraceback):
    """An error that Dynamo hands to the user as it is, not wrapped in one of its own."""

    def __init__(self, message: str) -> None:
        super().__init__(message, first_useful_frame=None)


@functools.lru_cache(maxsize=None)
def _reported(kind: Any) -> Callable[[str], Exception]:
    """A class of errors of this kind that are handed on as such."""
    return type(kind.__name__, (_Reported, kind), {"__module__": kind.__module__})


def _compiled(module: torch.fx.GraphModule, example_inputs: Sequence[Any],
              options: Dict[str, Any]) -> Callable[..., Any]:
    unknown = sorted(options.keys() - {"threads", "cpu", "freeze"})
    if unknown:
        raise TypeError("the options of the backend dlc are threads, cpu and freeze, not "
                       + ", ".join(unknown))
    kept, taken_apart = _composites()
    # Composites are kept in the graph only: kept before, they would hide from AOTAutograd
    # what its results' shapes are, and what needs gradients.
    with locations.recorded(), shapes.open_sizes(), autograd.captured(
            module, functools.partial(_composites_kept, kept),
            functools.partial(_DifferentiableGraph, options)):
        compile_graph = aot_autograd(fw_compiler=functools.partial(_CompiledGraph, options),
                                     decompositions=taken_apart)
        return compile_graph(module, example_inputs)


if "dlc" not in list_backends():  # an installed package's entry point tells PyTorch
    register_backend(backend, "dlc")


def _composites() -> Tuple[Dict[Any, Any], Dict[Any, Any]]:
    """What becomes of composites (those that the compiler imports are kept), and how to take
    apart all other ops."""
    table = {**decompositions(), **draws.DECOMPOSITIONS}
    kept, taken_apart = exported_program._split_decomp_table_to_cia_and_python_decomp(table)
    return kept, taken_apart


@contextlib.contextmanager
def _composites_kept(kept: Dict[Any, Any]) -> Iterator[None]:
    """While it is active, PyTorch keeps composites, as torch.export does."""
    with exported_program._override_composite_implicit_decomp(kept), \
            _ignore_backend_decomps():
        yield


class _CompiledGraph:
    """A graph that AOTAutograd made functional, compiled: called with a list of its
    inputs, it gives a list of its results."""

    _boxed_call = True

    def __init__(self, options: Dict[str, Any], module: torch.fx.GraphModule,
                 example_inputs: Sequence[Any]) -> None:
        trace = self._write(module)
        self.compiled = _compile(trace, self.taken, **options)

    def _write(self, module: torch.fx.GraphModule) -> Trace:
        with _disable_current_modes():  # constants are real tensors
            writer = _GraphWriter(module)
            trace = writer.write()
        self.taken, self.results = writer.taken, writer.results
        self.symbols = writer.symbols if any(result.is_laid_out for result in self.results) else {}
        return trace

    def _take(self, inputs: Sequence[Any]) -> Tuple[List[Any], Dict[Any, Any]]:
        """What the compiled code takes, and the sizes that results' strides are made of."""
        return [inputs[i] if isinstance(i, int) else i(inputs) for i in self.taken], {
            s: inputs[i] if d is None else inputs[i].shape[d]
            for s, (i, d) in self.symbols.items()}

    def _give(self, outputs: Sequence[Any], symbols: Dict[Any, Any]) -> List[Any]:
        following = iter(outputs)
        return [result.of(following, symbols) for result in self.results]

    def __call__(self, inputs: List[Any]) -> List[Any]:
        values, symbols = self._take(inputs)
        inputs.clear()
        return self._give(self.compiled.run(values, torch.Tensor) if self.compiled else (), symbols)


class _DifferentiableGraph(_CompiledGraph):
    """One whose results have gradients: called with its inputs. `needed`, `changed` and
    `results` are as autograd.MakeStep's."""

    _boxed_call = False

    def __init__(self, options: Dict[str, Any], module: torch.fx.GraphModule, needed: Set[int],
                 results: Set[int], changed: Set[int], finish: Callable[..., Any]) -> None:
        trace, self.finish = self._write(module), finish
        if options.get("freeze"):
            warn("freeze has no effect where results need gradients, for training changes the "
                 "weights; under torch.no_grad() it has")
        given = [i for i, result in enumerate(self.results) if isinstance(result, _Computed)]
        inputs, outputs = trace.document["inputs"], trace.document["outputs"]
        self.places = [place for place in given if place in results]
        if (trace.document.get("metadata") or {}).get("complex"):
            raise DlcError("gradients by complex numbers aren't supported by the backend dlc")
        self.program = autograd.Differentiable(
            trace, [i["name"] for i in inputs if "name" in i], [o["name"] for o in outputs],
            [i for i, place in enumerate(self.taken) if place in needed],
            [i for i, place in enumerate(given) if place in results],
            [i for i, place in enumerate(self.taken) if place in changed],
            {k: v for k, v in options.items() if k != "freeze"})

    def __call__(self, *inputs: Any) -> Any:
        with torch.no_grad():
            values, symbols = self._take(inputs)
        return self.program.apply(
            values, lambda ctx, outputs: self.finish(ctx, self._give(outputs, symbols)),
            self.places)


def _compile(trace: Trace, taken: Sequence[Any], freeze: bool = False,
             **options: Any) -> Union[CompiledModel, FrozenGraph, None]:
    if not trace.document["outputs"]:
        return None
    context = torch._guards.TracingContext.try_get()
    if not freeze or context is None or context.fw_metadata is None:
        return compile(trace, **options)
    known = context.fw_metadata
    weights = set(known.static_input_indices) - set(known.mutated_inp_runtime_indices)
    return FrozenGraph(trace, {k for k, i in enumerate(taken) if i in weights},
                       functools.partial(compile, **options))


class _Computed:
    """A result that the compiled code gives, as the graph has it: a tensor of the same
    strides, or a number."""

    def __init__(self, example: Any) -> None:
        kinds = {torch.SymInt: int, torch.SymFloat: float, torch.SymBool: bool}
        self.number = kinds.get(type(example))
        self.sizes: List[Any] = []
        self.strides: List[Any] = []
        self.is_laid_out = False  # otherwise than the compiled code's results, row by row
        if isinstance(example, torch.Tensor):
            self.sizes, self.strides = (list(map(_expression, v))
                                        for v in (example.shape, example.stride()))
            rows: List[Any] = []
            stride: Any = 1
            for size in reversed(self.sizes):
                rows.insert(0, stride)
                stride *= size
            self.is_laid_out = self.strides != rows

    def of(self, outputs: Iterator[torch.Tensor], symbols: Dict[Any, Any]) -> Any:
        value = next(outputs)
        if self.number:
            return self.number(value.item())
        if not self.is_laid_out or not value.numel():
            return value
        symbols = symbols | dict(zip(self.sizes, value.shape))
        return _laid_out(value, [s if isinstance(s, int) else int(s.subs(symbols))
                                 for s in self.strides])


def _expression(size: Any) -> Any:
    return size if isinstance(size, int) else size.node.expr


def _laid_out(value: torch.Tensor, strides: List[int]) -> torch.Tensor:
    """The tensor with these strides, which may be of 0."""
    if all(a == b for a, b, n in zip(value.stride(), strides, value.shape) if n > 1):
        return value
    result = torch.empty_strided(value.shape, strides, dtype=value.dtype)
    one = tuple(slice(0, 1 if s == 0 else None) for s in strides)
    result[one].copy_(value[one])
    return result


class _Constant:
    """A result that is known beforehand."""

    is_laid_out = False

    def __init__(self, value: Any) -> None:
        self.value = value

    def of(self, outputs: Iterator[torch.Tensor], symbols: Dict[Any, Any]) -> Any:
        return self.value


class _GraphWriter(GraphWriter):
    """Turns a functional graph into a trace."""

    def __init__(self, module: torch.fx.GraphModule) -> None:
        super().__init__()
        self.module = module
        #: The compiled code's inputs: places among the graph's, and what is drawn.
        self.taken: List[Union[int, draws.Draw]] = []
        self.results: List[Union[_Computed, _Constant]] = []
        self.inputs: List[Json] = []
        self.constants: Dict[str, str] = {}
        #: Where each symbol's value is: an input's place, and its dimension.
        self.symbols: Dict[Any, Tuple[int, Optional[int]]] = {}

    def write(self) -> Trace:
        graph = self.module.graph
        placeholders = [n for n in graph.nodes if n.op == "placeholder"]
        nodes = self._take(placeholders) + self._nodes(graph, self.module)
        outputs = self._outputs(next(n for n in graph.nodes if n.op == "output").args[0])
        return self._trace(self.inputs, nodes, outputs, self._ranges(placeholders), None)

    def _take(self, placeholders: List[torch.fx.Node]) -> List[Json]:
        """Takes the graph's inputs. A symbol that is the size of a tensor isn't one of
        the compiled code's, but read off the tensor: gives the nodes that do it."""
        for i, node in enumerate(placeholders):
            if isinstance(node.meta["val"], torch.Tensor):
                for d, size in enumerate(node.meta["val"].shape):
                    if isinstance(size, torch.SymInt) and size.node.expr.is_Symbol:
                        self.symbols.setdefault(size.node.expr, (i, d))
        nodes: List[Json] = []
        for i, node in enumerate(placeholders):
            value = node.meta["val"]
            symbol = value.node.expr if isinstance(value, torch.SymInt) else None
            entry = dict(self._value(node), name=f"input_{i}")
            if symbol in self.symbols:
                tensor, dimension = self.symbols[symbol]
                nodes.append({"op": "aten.sym_size.int", "results": [self._value(node)], "args":
                              [["self", {"value": placeholders[tensor].name}],
                               ["dim", dimension]]})
                continue
            if symbol is not None and symbol.is_Symbol:
                self.symbols[symbol] = (i, None)
            self.inputs.append(entry)
            self.taken.append(i)
        return nodes

    def _evaluate(self, size: Any, inputs: Sequence[Any]) -> int:
        """A size's value in a call."""
        if isinstance(size, int):
            return size
        values = {}
        for symbol in size.node.expr.free_symbols:
            i, d = self.symbols[symbol]
            values[symbol] = inputs[i] if d is None else inputs[i].shape[d]
        return int(size.node.expr.subs(values))

    def _nodes(self, graph: torch.fx.Graph, module: torch.fx.GraphModule) -> List[Json]:
        """The nodes but those that draw random numbers, which are inputs."""
        drawn = [node for node in graph.nodes if draws.is_random(node)]
        if drawn and module is not self.module:
            raise DlcError(f"{drawn[0].target} in a branch or loop draws random numbers, which "
                           "isn't supported")
        for node in drawn:
            self.inputs.append(dict(self._value(node), name=f"random_{len(self.inputs)}"))
            self.taken.append(draws.Draw(node, self._evaluate))
        return [self._node(node, module) for node in graph.nodes if node not in drawn
                and node.op == "call_function" and node.target is not operator.getitem]

    def _value(self, node: torch.fx.Node) -> Json:
        return {"value": node.name, "type": self._type(node.meta["val"])}

    def _ranges(self, placeholders: List[torch.fx.Node]) -> Mapping[Any, Any]:
        """The limits of the symbols, as Dynamo's guards keep them."""
        for node in placeholders:
            value = node.meta["val"]
            sizes = value.shape if isinstance(value, torch.Tensor) else [value]
            for size in sizes:
                if isinstance(size, torch.SymInt):
                    return dict(size.node.shape_env.var_to_range)
        return {}

    def _outputs(self, results: Sequence[Any]) -> List[Json]:
        outputs = []
        for i, result in enumerate(results):
            if not isinstance(result, torch.fx.Node):
                self.results.append(_Constant(result))
                continue
            self.results.append(_Computed(result.meta["val"]))
            outputs.append({"arg": self._argument(result, self.module), "name": f"output_{i}"})
        return outputs

    def _attribute(self, node: torch.fx.Node, module: torch.fx.GraphModule) -> Json:
        """A branch's or loop's graph; or a constant tensor, which becomes a weight."""
        attribute, target = self._found(node, module), str(node.target)
        if not isinstance(attribute, torch.Tensor):
            return super()._attribute(node, module)
        name = self.constants.get(target)
        if name is None:
            name = self.constants[target] = f"constant_{len(self.constants)}"
            self.inputs.append({"value": name, "type": self._type(attribute),
                                "weight": self._weight(name, attribute)})
        return {"value": name}
