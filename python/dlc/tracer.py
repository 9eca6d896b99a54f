# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recording PyTorch programs: torch.export, then what the trace format holds."""

from __future__ import annotations

import collections
import functools
import inspect
import itertools
import math
import operator
from typing import (Any, Callable, Dict, Iterator, List, Mapping, NoReturn, Optional,
                    Sequence, Set, Tuple)

import numpy as np
import torch
import torch.utils._pytree as pytree

from . import (_library, attributes, checks, detached, draws, foreach, guards, locations, quiet,
               recordable, recording, shapes, tied, transformer, tree)
from ._errors import NO_TRANSFORMS, TraceError, warn
from .tracefile import VERSION, Json, Trace, Weight, complex_places

_DTYPES = {
    torch.float64: "f64", torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16",
    torch.float8_e4m3fn: "f8E4M3FN", torch.float8_e5m2: "f8E5M2", torch.bool: "i1",
    torch.int8: "i8", torch.int16: "i16", torch.int32: "i32", torch.int64: "i64",
    torch.uint8: "ui8", torch.uint16: "ui16", torch.uint32: "ui32", torch.uint64: "ui64",
    torch.complex64: "c64", torch.complex128: "c128", torch.complex32: "c32",
}

#: Ops that are always taken apart. The first two change buffers although their schemas
#: don't say so; the others are imported because .pt2 files have them.
_NEVER_KEPT = {
    "aten.batch_norm.default", "aten.instance_norm.default",
    "aten.broadcast_tensors.default", "aten.cross_entropy_loss.default", "aten.einsum.default",
    "aten.meshgrid.default", "aten.meshgrid.indexing",
    "aten.movedim.int", "aten.movedim.intlist",
    "aten.repeat_interleave.self_int", "aten.slice_scatter.default", "aten.unflatten.int",
    "aten.multilabel_margin_loss.default", "aten.rrelu.default",
}

_OPERATORS = {
    operator.add: "operator.add", operator.sub: "operator.sub", operator.mul: "operator.mul",
    operator.floordiv: "operator.floordiv", operator.truediv: "operator.truediv",
    operator.mod: "operator.mod", operator.neg: "operator.neg", operator.abs: "operator.abs",
    operator.pow: "operator.pow",
    operator.eq: "operator.eq", operator.ne: "operator.ne", operator.lt: "operator.lt",
    operator.le: "operator.le", operator.gt: "operator.gt", operator.ge: "operator.ge",
    operator.and_: "operator.and", operator.or_: "operator.or",
    torch.sym_max: "torch.sym_max", torch.sym_min: "torch.sym_min",
    torch.sym_sum: "torch.sym_sum", torch.sym_float: "torch.sym_float", torch.sym_int: "torch.sym_int",
    torch.sym_not: "torch.sym_not", torch.sym_ite: "torch.sym_ite",
    math.floor: "math.floor", math.ceil: "math.ceil",
    math.trunc: "torch.sym_int", round: "math.round",
}

#: The parameters of ops that take graphs.
_HIGHER_ORDER = {
    "cond": ["pred", "true_graph", "false_graph", "operands"],
    "while_loop": ["cond_graph", "body_graph", "carried", "additional"],
    "scan": ["body", "init", "xs", "additional"],
    "map_impl": ["body", "xs", "additional"],
}


@functools.lru_cache(maxsize=None)
def decompositions() -> Dict[Any, Callable[..., Any]]:
    """How to take apart the ops that the compiler doesn't import."""
    known = _library.torch_ops() - _NEVER_KEPT
    table = dict(torch.export.default_decompositions().items())  # type: ignore[no-untyped-call]
    for op, decomposition in torch._decomp.decomposition_table.items():
        table.setdefault(op, decomposition)
    table.update({**transformer.DECOMPOSITIONS, **foreach.decompositions()})
    of_complex = _library.complex_torch_ops()
    left = {op: decomposition if str(op) not in known else _for_complex(decomposition)
            for op, decomposition in table.items() if str(op) not in known & of_complex}
    return {**left, torch.ops.aten.linalg_vector_norm.default: _complex_norm}


def _for_complex(decomposition: Callable[..., Any]) -> Callable[..., Any]:
    """The decomposition of an op that is kept but where a tensor or the result is complex."""
    def taken_apart(*args: Any, **kwargs: Any) -> Any:
        is_complex = any(isinstance(x, torch.Tensor) and x.is_complex() or
                         isinstance(x, torch.dtype) and x.is_complex or isinstance(x, complex)
                         for x in pytree.tree_leaves((args, kwargs)))
        return decomposition(*args, **kwargs) if is_complex else NotImplemented

    return taken_apart


def _complex_norm(x: torch.Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *,
                  dtype: Any = None) -> Any:
    """A norm of complex numbers is that of their absolute values; others are kept."""
    if not x.is_complex():
        return NotImplemented
    size = x.abs() if dtype is None else x.to(dtype).abs()
    return torch.linalg.vector_norm(size, ord, dim, keepdim)


def _module_of(function: Callable[..., Any]) -> torch.nn.Module:
    """A function as a module whose `forward` has its parameters."""

    class Function(torch.nn.Module):
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some builtins have none
        return Function()
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    setattr(Function.forward, "__signature__", signature.replace(
        parameters=[itself, *signature.parameters.values()]))
    return Function()


def _least_squares_shapes(self: torch.Tensor, b: torch.Tensor, rcond: Optional[float] = None, *,
                          driver: Optional[str] = None) -> Tuple[torch.Tensor, ...]:
    """The results of aten.linalg_lstsq, which PyTorch itself can't trace. Residuals are
    those of matrices of full rank."""
    rows, columns = self.shape[-2:]
    is_vector = b.dim() == 1 or (b.dim() == self.dim() - 1 and b.shape == self.shape[:-1])
    other = (*b.shape, 1) if is_vector else b.shape
    broadcast_shapes: Any = torch.broadcast_shapes
    batch = broadcast_shapes(self.shape[:-2], other[:-2])
    count = other[-1]
    driver = driver or "gelsy"
    has_residuals, has_values = driver != "gelsy" and rows > columns, driver in ("gelss", "gelsd")
    return (self.new_empty((*batch, columns) if is_vector else (*batch, columns, count)),
            self.new_empty((*batch, count) if has_residuals else (0,)),
            self.new_empty((0,) if driver == "gels" else self.shape[:-2], dtype=torch.int64),
            self.new_empty((*self.shape[:-2], min(rows, columns)) if has_values else (0,)))


if not torch._C._dispatch_has_kernel_for_dispatch_key("aten::linalg_lstsq", "Meta"):
    torch.library.register_fake("aten::linalg_lstsq", _least_squares_shapes)


def trace_program(model: Any, args: Sequence[Any], kwargs: Optional[Mapping[str, Any]] = None,
                  dynamic_shapes: Any = None, strict: bool = False, trains: bool = False,
                  is_differentiated: bool = False) -> Trace:
    """See dlc.trace. A program that `trains` isn't warned of for what is for training; one that
    `is_differentiated` sees that its tensors require gradients."""
    from .torchscript import is_script, trace_script

    if recording.is_here():
        raise TraceError("a program that is recorded compiles or records another one: do that "
                         "outside of it")
    if isinstance(model, type) and issubclass(model, torch.nn.Module):
        raise TraceError(f"{model.__name__} is a class: make an instance of it, "
                         f"{model.__name__}(...), which is what can be recorded")
    args, kwargs = _distinct(model, pytree.tree_map(_example, (tuple(args), dict(kwargs or {}))))
    if is_script(model):
        return trace_script(model, args, kwargs, dynamic_shapes, trains)
    module = model if isinstance(model, torch.nn.Module) else _module_of(model)
    check_example(module, args, kwargs)
    watch = attributes.Watch(model, strict)
    with watch.tensors_kept():
        try:
            with recording.LOCK, torch.no_grad(), locations.recorded(), watch.recorded(), \
                    detached.recorded(module, is_differentiated) as own_derivatives, \
                    recordable.substituted(), checks.recorded(), shapes.open_sizes(), quiet.recording():
                if isinstance(dynamic_shapes, (dict, tuple, list)):
                    check_dimensions(module, args, kwargs, dynamic_shapes)
                program = torch.export.export(module, tuple(args), kwargs, strict=strict,
                                              dynamic_shapes=dynamic_shapes)
        except Exception as error:
            what = "torch.export can't record the program"
            raise TraceError(locations.explained(error, what, module)) from None
        watch.check(args, kwargs)
        names = symbol_names(module, program, args, kwargs, dynamic_shapes)
        try:
            trace = from_exported(program, *parameters_of(model), names, trains)
        except _ConstantChanged as error:
            raise watch.changed_tensor(args, kwargs) or error from None
    if own_derivatives:
        trace.document["metadata"]["own_derivatives"] = own_derivatives
    return trace


class _ConstantChanged(TraceError):
    """A program changes a tensor that is neither an input nor a buffer."""


def _example(value: Any) -> Any:
    """An example input: tensors of other libraries as PyTorch's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, torch.Tensor) and torch._C._functorch.is_functorch_wrapped_tensor(value):
        raise TraceError(NO_TRANSFORMS)
    if isinstance(value, torch.Tensor) or not hasattr(value, "__dlpack__"):
        return value
    if not isinstance(value, np.ndarray):
        return torch.utils.dlpack.from_dlpack(value)
    try:
        return torch.from_numpy(np.array(value, value.dtype.newbyteorder("="), order="C"))
    except TypeError:
        raise TraceError(f"an example input is an array of {value.dtype}, of which there are no "
                         "tensors") from None


def _distinct(model: Any, inputs: Any) -> Any:
    """Example inputs of which no two are one tensor, nor one of the model's own: what is
    one tensor to torch.export is one value of the program."""
    seen: Set[int] = set()
    if isinstance(model, torch.nn.Module):
        seen.update(id(tensor) for tensor in itertools.chain(model.parameters(), model.buffers()))

    def own(value: Any) -> Any:
        if isinstance(value, torch.Tensor) and id(value) in seen:
            value = value.detach()
        seen.add(id(value))
        return value

    return pytree.tree_map(own, inputs)


def check_example(module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Refuses example inputs that the program can't be called with."""
    try:
        signature = inspect.signature(module.forward)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        takes = ", ".join(map(str, signature.parameters.values()))
        needed = "" if args or kwargs else \
            "to record a program takes an example of its inputs, as in dlc.compile(model, x) " \
            "with x = torch.randn(1, 784); "
        raise TraceError(f"{needed}the program takes ({takes}): {error}") from None


def parameters_of(model: Any) -> Tuple[Optional[List[str]], Json]:
    """The names of a callable's positional parameters, None where they aren't fixed; and
    the defaults of those parameters that have plain ones."""
    function = model.forward if isinstance(model, torch.nn.Module) else model
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None, {}
    plain = (bool, int, float, str, type(None))
    return [p.name for p in parameters
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)], \
        {p.name: _plain(p.default) for p in parameters if isinstance(p.default, plain)}


def from_exported(program: torch.export.ExportedProgram, parameters: Optional[List[str]] = None,
                  defaults: Optional[Json] = None, names: Optional[Dict[Any, str]] = None,
                  trains: bool = False) -> Trace:
    """A trace of a torch.export.ExportedProgram; `parameters` and `defaults` are those of
    the function that was exported, `names` those of symbolic sizes."""
    try:
        with recording.LOCK, torch.no_grad(), recordable.taken_apart(), shapes.open_sizes(), \
                quiet.recording():
            program = tied.merged(program)
            program = program.run_decompositions(decompositions())
    except Exception as error:
        shared = "expected compiled_fn to be" in str(error) and tied.shared_buffers(program)
        if shared:
            raise TraceError(tied.shared_memory(*shared)) from None
        where = _changed_in_branch(program) if "is not functional" in str(error) else ""
        kind = _ConstantChanged if "is mutated in the forward method" in str(error) else TraceError
        raise kind(where + locations.explained(error, "the program can't be recorded")) from None
    writer = _ProgramWriter(program, parameters, defaults or {}, names or {})
    trace = writer.write()
    if not trains:
        writer.warn_of_training()
    return trace


def _changed_in_branch(program: torch.export.ExportedProgram) -> str:
    """"file.py:12: " of what changes an operand of a branch or loop."""
    for module in program.graph_module.modules():
        for node in module.graph.nodes if isinstance(module, torch.fx.GraphModule) and \
                module is not program.graph_module else ():
            if isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable:
                return locations.prefix(node)
    return ""


def _layout_notes(tensor: torch.Tensor) -> List[List[Any]]:
    """What an op that looks into the memory behind a tensor must know of it."""
    notes = [] if tensor.is_contiguous() else [["self_is_contiguous", False]]
    holds = torch.fx.experimental.symbolic_shapes.statically_known_true
    memory = tensor.untyped_storage().nbytes()
    if not holds(tensor.storage_offset() == 0) or \
            not holds(memory == tensor.numel() * tensor.element_size()):
        notes.append(["self_is_whole", False])
    return notes


def _expression(expr: Any, names: Dict[Any, str]) -> Any:
    """A size as JSON: a number, a symbol (by its name), or [operation, operand, ...]; None
    where the format hasn't its operations."""
    if expr.is_Integer:
        return int(expr)
    if expr.is_Symbol:
        return names.get(expr, str(expr))
    name, operands = type(expr).__name__, list(expr.args)
    if name in ("CeilToInt", "FloorToInt") and type(operands[0]).__name__ == "IntTrueDiv" and \
            operands[0].args[1].is_positive:  # a quotient that is rounded
        dividend, divisor = operands[0].args
        operands = [dividend + divisor - 1 if name == "CeilToInt" else dividend, divisor]
        name = "FloorDiv"
    if name == "Pow" and expr.exp.is_Integer and 1 < int(expr.exp) < 8:
        name, operands = "Mul", [expr.base] * int(expr.exp)
    parts = [_expression(operand, names) for operand in operands]
    known = {"Add": "add", "Mul": "mul", "FloorDiv": "floordiv", "CleanDiv": "floordiv",
             "Mod": "mod", "PythonMod": "mod", "Max": "max", "Min": "min"}
    return None if name not in known or None in parts else [known[name], *parts]


def _dimensions(shapes: Any) -> List[Tuple[int, torch.export.Dim]]:
    """The open dimensions of one tensor, of those that torch.export takes."""
    pairs = shapes.items() if isinstance(shapes, dict) else enumerate(shapes or ())
    return [(d, dim) for d, dim in pairs if isinstance(dim, torch.export.Dim)]


def check_dimensions(module: torch.nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any],
                     dynamic_shapes: Any) -> None:
    """Says which dimension of `dynamic_shapes` its tensor hasn't."""
    from torch.export import dynamic_shapes as dims

    def check(path: Any, value: Any, shapes: Any) -> None:
        if not isinstance(value, torch.Tensor) or not isinstance(shapes, dict):
            return
        for d in shapes:
            if isinstance(d, int) and not -value.dim() <= d < value.dim():
                name = list(inputs)[path[0].idx] if hasattr(path[0], "idx") else path[0].key
                raise ValueError(f"dynamic_shapes names dimension {d} of '{name}', which has "
                                 f"{value.dim()}")

    inputs: Any = dims._combine_args(module, args, kwargs)
    same = inputs if isinstance(dynamic_shapes, dict) else \
        type(dynamic_shapes)(inputs.values())
    dims._tree_map_with_path(check, same, dynamic_shapes, tree_name="inputs")


def symbol_names(module: torch.nn.Module, program: torch.export.ExportedProgram,
                 args: Sequence[Any], kwargs: Mapping[str, Any],
                 dynamic_shapes: Any) -> Dict[Any, str]:
    """The names that the user gave the symbolic sizes of `program`, as which `module` was
    recorded: those of torch.export.Dim."""
    from torch.export import dynamic_shapes as dims
    from torch.export._tree_utils import reorder_kwargs

    if not dynamic_shapes:
        return {}
    named: Dict[int, List[Tuple[int, torch.export.Dim]]] = {}

    def note(path: Any, value: Any, shapes: Any) -> None:
        if isinstance(value, torch.Tensor):
            named[id(value)] = _dimensions(shapes)

    inputs: Any = dims._combine_args(module, args, kwargs)
    if isinstance(dynamic_shapes, (tuple, list)):
        inputs = type(dynamic_shapes)(inputs.values())
    dims._tree_map_with_path(note, inputs, dynamic_shapes, tree_name="inputs")
    leaves = pytree.tree_leaves((args, reorder_kwargs(dict(kwargs), program.call_spec.in_spec)))
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    names: Dict[Any, str] = {}
    for leaf, name in zip(leaves, program.graph_signature.user_inputs):
        for d, dim in named.get(id(leaf), ()):
            size = values[name].shape[d]
            symbols = list(size.node.expr.free_symbols) if isinstance(size, torch.SymInt) else []
            if len(symbols) == 1:
                names.setdefault(symbols[0], getattr(dim, "root", dim).__name__)
    others = {str(symbol) for symbol in program.range_constraints}
    return {symbol: name for symbol, name in names.items() if name not in others}


def _note_complex(inputs: List[Json], nodes: List[Json], outputs: List[Json],
                  metadata: Optional[Json]) -> Optional[Json]:
    """Adds to the metadata which of the artefact's inputs and outputs are complex: to
    the artefact they are real tensors with a last dimension of 2."""
    types = {v["value"]: v.get("type") for n in nodes for v in n["results"] if v}
    types.update((i["value"], i.get("type")) for i in inputs)
    found = {"inputs": complex_places(i.get("type") for i in inputs
                                      if "name" in i and i.get("type") != "none"),
             "outputs": complex_places(types.get(o["arg"]["value"]) if "value" in o["arg"] else None
                                       for o in outputs
                                       if "name" in o and isinstance(o["arg"], dict))}
    return dict(metadata or {}, complex=found) if any(found.values()) else metadata


class GraphWriter:
    """What turning any of PyTorch's graphs into a trace has in common."""

    def __init__(self) -> None:
        self.weights: Dict[str, Weight] = {}
        self.storages: Dict[Any, Tuple[str, torch.Tensor]] = {}
        #: The program's own tensors that became weights.
        self.captured: List[torch.Tensor] = []
        self.sources: List[List[Any]] = []
        self.source_index: Dict[locations.Place, int] = {}
        #: Symbolic sizes that occur, and the names of those that have one.
        self.used_symbols: Set[Any] = set()
        self.symbol_names: Dict[Any, str] = {}

    def _trace(self, inputs: List[Json], nodes: List[Json], outputs: List[Json],
               ranges: Mapping[Any, Any], metadata: Optional[Json]) -> Trace:
        """The trace of these parts; `ranges` has the limits of each symbolic size."""
        metadata = _note_complex(inputs, nodes, outputs, metadata)
        symbols = {str(symbol): {"min": 0} for symbol in self.used_symbols - set(ranges)}
        for symbol, limits in ranges.items():
            if not symbol.is_Symbol:
                continue
            entry = {"min": max(int(limits.lower), 0) if limits.lower.is_Integer else 0}
            if limits.upper.is_Integer and int(limits.upper) < 2**62:
                entry["max"] = int(limits.upper)
            symbols[self.symbol_names.get(symbol, str(symbol))] = entry
        document = {
            "format": "dlc-trace", "version": VERSION,
            "producer": f"torch {torch.__version__}", "weights_file": None,
            "symbols": symbols, "inputs": inputs, "nodes": nodes, "outputs": outputs,
            "sources": self.sources, "metadata": metadata,
        }
        if torch.get_default_dtype() != torch.float32:
            document["default_dtype"] = _DTYPES[torch.get_default_dtype()]
        trace = Trace(document, self.weights)
        trace.captured = self.captured
        return trace

    def _weight(self, name: str, tensor: torch.Tensor) -> str:
        """The name under which a parameter, buffer or constant is kept; tied ones are
        kept once."""
        self.captured.append(tensor)
        tensor = tensor.detach().resolve_conj().resolve_neg()
        key = (tensor.device, tensor.data_ptr(), tuple(tensor.shape), tensor.stride(),
               tensor.dtype)
        if tensor.numel() and key in self.storages:
            return self.storages[key][0]
        self.storages[key] = name, tensor  # which keeps its address
        return self._keep(name, tensor)

    def _keep(self, name: str, tensor: torch.Tensor) -> str:
        if tensor.is_meta:
            raise TraceError(f"the weight '{name}' is on the device 'meta', where tensors have no "
                             "values; load the module's weights first")
        if tensor.device.type != "cpu":
            tensor = tensor.cpu()
        if tensor.is_complex():  # kept as its parts
            tensor = torch.view_as_real(tensor.resolve_conj())
        dtype = _DTYPES.get(tensor.dtype)
        if dtype is None or tensor.is_sparse or tensor.is_quantized:
            raise TraceError(f"the weight '{name}' is of a kind that isn't supported, "
                             f"{tensor.dtype} {tensor.layout}")
        dense = tensor.contiguous()
        size = dense.numel() * dense.element_size()
        data = memoryview(b"")
        if size:
            flat = dense.reshape(-1).view(torch.uint8)
            data = memoryview(flat.numpy())  # type: ignore[arg-type]
        self.weights[name] = Weight(dtype, tensor.shape, data, dense)
        return name

    def _type(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return {"dtype": _DTYPES.get(value.dtype, str(value.dtype)),
                    "shape": [self._size(s) for s in value.shape]}
        for kinds, name in (((bool, torch.SymBool), "bool"), ((int, torch.SymInt), "int"),
                            ((float, torch.SymFloat), "float")):
            if isinstance(value, kinds):
                return name
        return "none" if value is None else None

    def _size(self, size: Any) -> Any:
        if isinstance(size, int):
            return size
        self.used_symbols |= size.node.expr.free_symbols
        return _expression(size.node.expr, self.symbol_names)

    def _nodes(self, graph: torch.fx.Graph, module: Any) -> List[Json]:
        return [self._node(node, module) for node in graph.nodes
                if node.op == "call_function" and node.target is not operator.getitem]

    def _node(self, node: torch.fx.Node, module: Any) -> Json:
        entry: Json = {"op": self._target(node), "args": self._arguments(node, module),
                 "results": self._results(node)}
        source = locations.source_of(node)
        if source:
            if source not in self.source_index:
                self.sources.append(list(source))
                self.source_index[source] = len(self.sources)
            entry["at"] = self.source_index[source]
        return entry

    def _target(self, node: torch.fx.Node) -> str:
        target: Any = node.target
        if isinstance(target, torch._ops.OpOverload):
            return str(target)
        if isinstance(target, torch._ops.HigherOrderOperator):
            return f"higher_order.{target._name}"
        if target in _OPERATORS:
            return _OPERATORS[target]
        return f"{getattr(target, '__module__', '')}.{getattr(target, '__name__', target)}"

    def _results(self, node: torch.fx.Node) -> List[Optional[Json]]:
        value = node.meta.get("val")
        if not isinstance(value, (list, tuple)):
            return [{"value": node.name, "type": self._type(value)}]
        used = {user.args[1]: user for user in node.users if user.target is operator.getitem}
        return [{"value": used[i].name, "type": self._type(v)} if i in used else None
                for i, v in enumerate(value)]

    def _arguments(self, node: torch.fx.Node, module: Any) -> List[List[Any]]:
        """All arguments by name, defaults filled in."""
        target: Any = node.target
        if isinstance(target, torch._ops.OpOverload):
            given = dict(node.kwargs)
            arguments = []
            for i, parameter in enumerate(target._schema.arguments):
                if i < len(node.args) and not parameter.kwarg_only:
                    value = node.args[i]
                else:
                    value = given.get(parameter.name, parameter.default_value)
                wants_float = str(parameter.type) in ("float", "Optional[float]")
                if wants_float and isinstance(value, int) and not isinstance(value, bool):
                    value = float(value)
                if parameter.name == "assert_msg":
                    value = checks.message_of(node) or value
                arguments.append([parameter.name, self._argument(value, module)])
            if target._opname in ("as_strided", "as_strided_scatter"):
                viewed: Any = node.args[0]
                arguments += _layout_notes(viewed.meta["val"])
            return arguments
        names = ["a", "b", "c"]
        if isinstance(target, torch._ops.HigherOrderOperator):
            names = _HIGHER_ORDER.get(target._name, [f"arg{i}" for i in range(len(node.args))])
        if target is torch.sym_sum and not isinstance(node.args[0], (list, tuple)):
            return [["a", self._argument(node.args, module)]]
        pairs = list(zip(names, node.args)) + list(node.kwargs.items())
        return [[name, self._argument(value, module)] for name, value in pairs]

    def _argument(self, value: Any, module: Any = None) -> Any:
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            return _float(value)
        if isinstance(value, torch.fx.Node):
            if value.op == "get_attr":
                return self._attribute(value, module)
            return {"value": value.name}
        if isinstance(value, (list, tuple, torch.fx.immutable_collections.immutable_list)):
            return [self._argument(v, module) for v in value]
        if isinstance(value, torch.dtype):
            return {"dtype": _DTYPES.get(value, str(value))}
        if isinstance(value, (torch.device, torch.layout, torch.memory_format)):
            return str(value)
        if isinstance(value, complex):
            return {"complex": [self._argument(value.real), self._argument(value.imag)]}
        raise TraceError(f"an argument of type {type(value).__name__} isn't supported")

    def _attribute(self, node: torch.fx.Node, module: Any) -> Json:
        attribute = self._found(node, module)
        if isinstance(attribute, torch.fx.GraphModule):
            return {"graph": self._subgraph(attribute)}
        raise TraceError(f"the constant '{node.target}' isn't an input of the exported program")

    @staticmethod
    def _found(node: torch.fx.Node, module: Any) -> Any:
        """What a `get_attr` node is."""
        for part in str(node.target).split("."):
            module = getattr(module, part)
        return module

    def _subgraph(self, module: Any) -> Json:
        graph = module.graph
        results = next(n for n in graph.nodes if n.op == "output").args[0]
        results = results if isinstance(results, (list, tuple)) else [results]
        return {"inputs": [{"value": n.name, "type": self._type(n.meta.get("val"))}
                           for n in graph.nodes if n.op == "placeholder"],
                "nodes": self._nodes(graph, module),
                "outputs": [self._argument(r, module) for r in results]}


class _ProgramWriter(GraphWriter):
    """Turns one exported program into a trace."""

    def __init__(self, program: torch.export.ExportedProgram, parameters: Optional[List[str]],
                 defaults: Json, names: Dict[Any, str]) -> None:
        super().__init__()
        self.symbol_names = names
        self.program, self.parameters, self.defaults = program, parameters, defaults
        self.all_nodes: List[torch.fx.Node] = []  # branches' and loops', too

    def write(self) -> Trace:
        graph = self.program.graph
        signature = self.program.graph_signature
        inputs, in_metadata = self._inputs(graph, signature)
        nodes = guards.nodes_of(self.program) + self._nodes(graph, self.program.graph_module)
        outputs, out_metadata = self._outputs(graph, signature)
        call = self.program.module_call_graph[0].signature
        metadata = {"in_tree": _tree(call.in_spec), "out_tree": _tree(call.out_spec),
                    "inputs": in_metadata, "outputs": out_metadata,
                    "parameters": self.parameters, "defaults": self.defaults}
        trace = self._trace(inputs, nodes, outputs, self.program.range_constraints, metadata)
        trace.specs = (call.in_spec, call.out_spec) if call.in_spec else None
        return trace

    def _node(self, node: torch.fx.Node, module: Any) -> Json:
        self.all_nodes.append(node)
        return super()._node(node, module)

    def warn_of_training(self) -> None:
        """Warns of what is for training: once of each kind, at its first line."""
        for is_meant, message in (
                (draws.is_random, "the program draws random numbers ({op}), and a compiled trace "
                 "draws the same ones in every call"),
                (_normalises_by_the_batch, "a batch norm in training mode normalises by the batch "
                 "and changes its statistics")):
            found = [node for node in self.all_nodes if is_meant(node)]
            if found:
                places = map(locations.source_of, found)
                file, line = next((place for place in places if place), (None, None))
                where = f"{file}:{line}: " if file else ""
                warn(where + message.format(op=found[0].target) + "; call model.eval() first if "
                     "the model is to infer")

    def _inputs(self, graph: torch.fx.Graph,
                signature: Any) -> Tuple[List[Json], List[Optional[Json]]]:
        from torch.export.graph_signature import (ConstantArgument, InputKind)

        kept = {InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR}
        mutated = set(signature.buffers_to_mutate.values())
        values = dict(self.program.constants)
        values.update(self.program.state_dict)
        placeholders = [n for n in graph.nodes if n.op == "placeholder"]
        names = self._input_names(signature)
        inputs: List[Json] = []
        metadata: List[Optional[Json]] = []
        for node, spec in zip(placeholders, signature.input_specs):
            entry = {"value": node.name, "type": self._type(node.meta.get("val"))}
            if spec.kind in kept:
                name = spec.target
                if name in mutated:  # state is shared with nothing
                    entry["weight"] = self._own_weight(name, values[name])
                else:
                    entry["weight"] = self._weight(name, values[name])
                if spec.kind == InputKind.PARAMETER:
                    entry["parameter"] = values[name].requires_grad
            elif spec.kind == InputKind.USER_INPUT:
                name = next(names)
                if isinstance(spec.arg, ConstantArgument):
                    entry["type"] = "none"
                    metadata.append({"constant": _plain(spec.arg.value)})
                else:
                    metadata.append(None)
                entry["name"] = name
            elif spec.kind == InputKind.CUSTOM_OBJ:
                raise TraceError(f"{_first_use(node)}the program uses an object that is neither a "
                                 "tensor nor a number, as a torch.Generator: give it as a constant "
                                 "of Python's, or do without")
            elif spec.kind == InputKind.TOKEN:
                _refuse_effects(node)
            else:
                raise TraceError(f"an input of kind {spec.kind} isn't supported")
            inputs.append(entry)
        return inputs, metadata

    def _own_weight(self, name: str, tensor: torch.Tensor) -> str:
        """State: tied to nothing, and a copy, which the program may change."""
        self.captured.append(tensor)
        return self._keep(name, tensor.detach().clone())

    def _input_names(self, signature: Any) -> Iterator[str]:
        """What callers call the inputs: parameters' names, with keys where nested."""
        call = self.program.module_call_graph[0].signature
        structure = _tree(call.in_spec)
        if structure is None:
            return iter(str(n) for n in signature.user_inputs)
        positional, named = structure["tuple"]
        names: List[str] = []
        for i, inner in enumerate(positional["tuple"]):
            known = (self.parameters or [])[i:i + 1]
            names += tree.paths(inner, known[0] if known else f"input_{i}")
        names += tree.paths(named)
        counts = collections.Counter(names)
        return iter(n if counts[n] == 1 else f"{n}_{i}" for i, n in enumerate(names))

    def _outputs(self, graph: torch.fx.Graph,
                 signature: Any) -> Tuple[List[Json], List[Optional[Json]]]:
        from torch.export.graph_signature import ConstantArgument, OutputKind

        results = next(n for n in graph.nodes if n.op == "output").args[0]
        call = self.program.module_call_graph[0].signature
        out_tree = _tree(call.out_spec)
        names = iter(tree.paths(out_tree, "output"))
        outputs: List[Json] = []
        metadata: List[Optional[Json]] = []
        inputs = [s.arg for s in signature.input_specs if s.kind.name == "USER_INPUT"]
        tensors = [a.name for a in inputs if not isinstance(a, ConstantArgument)]
        for result, spec in zip(results, signature.output_specs):
            if spec.kind == OutputKind.BUFFER_MUTATION:
                outputs.append({"arg": self._argument(result), "weight": spec.target})
            elif spec.kind == OutputKind.USER_OUTPUT:
                name = next(names)
                if isinstance(spec.arg, ConstantArgument):
                    metadata.append({"constant": _plain(spec.arg.value)})
                    continue
                is_number = not isinstance(result.meta.get("val"), torch.Tensor)
                metadata.append({"number": True} if is_number else None)
                outputs.append({"arg": self._argument(result), "name": name})
            elif spec.kind == OutputKind.USER_INPUT_MUTATION:
                raise TraceError(f"{locations.prefix(result)}the program changes its input "
                                 f"'{spec.target}', which isn't supported; return the new value "
                                 "instead")
            elif spec.kind == OutputKind.PARAMETER_MUTATION:
                raise TraceError(f"{locations.prefix(result)}the program changes its parameter "
                                 f"'{spec.target}', which isn't supported; a buffer is state")
            else:
                raise TraceError(f"an output of kind {spec.kind} isn't supported")
        return outputs, metadata


def _first_use(node: torch.fx.Node) -> str:
    """Where a value is used first, to begin a message with."""
    return next((locations.prefix(user) for user in node.users), "")


def _refuse_effects(token: torch.fx.Node) -> NoReturn:
    """Says which op it is that does more than to give results."""
    node = next(iter(token.users), token)
    op, arguments = (node.args[1], node.args[2:]) if len(node.args) > 2 else (node.target, ())
    what = f"this op isn't supported: {op}"
    if op is torch.ops.aten._linalg_check_errors.default:
        name = str(arguments[1]).replace("torch.", "")
        what = f"torch.{name} of complex matrices isn't supported"
    raise TraceError(locations.prefix(node) + what)


def _normalises_by_the_batch(node: torch.fx.Node) -> bool:
    return node.target is torch.ops.aten._native_batch_norm_legit_functional.default \
        and bool(node.args[5])


def _plain(value: Any) -> Any:
    """A constant of the program's inputs or outputs as JSON; what JSON lacks as text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return _float(value) if isinstance(value, float) else str(value)


def _float(value: float) -> Any:
    if math.isfinite(value):
        return value
    return {"float": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}


def _tree(spec: Any) -> Any:
    """A TreeSpec as JSON (see dlc.tree)."""
    if spec is None:
        return None
    if spec.is_leaf():
        return "*"
    children = spec.children() if callable(getattr(spec, "children", None)) else spec.children_specs
    inner = [_tree(c) for c in children]
    kind = spec.context if spec.type is collections.namedtuple else spec.type
    if kind is tuple:
        return {"tuple": inner}
    if kind is list or kind is collections.deque:
        return {"list": inner}
    if kind is type(None):
        return None
    if kind in (dict, collections.OrderedDict):
        return {"dict": [[k, c] for k, c in zip(spec.context, inner)]}
    if kind is collections.defaultdict:
        return {"dict": [[k, c] for k, c in zip(spec.context[1], inner)]}
    if pytree.is_namedtuple_class(kind):
        return {"namedtuple": kind.__name__, "fields": list(kind._fields), "items": inner}
    # A class that somebody registered: its parts, by its names where it has them.
    context = spec.context[0] if isinstance(spec.context, (list, tuple)) and spec.context \
        and isinstance(spec.context[0], (list, tuple)) else spec.context
    if isinstance(context, (list, tuple)) and len(context) == len(inner):
        return {"dict": [[str(k), c] for k, c in zip(context, inner)]}
    return {"tuple": inner}
