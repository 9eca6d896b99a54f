# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""TorchScript modules: their graphs are carried out while torch.export records.

What is known then (sizes, flags, lists) is Python's; a branch or a loop that data
decides is recorded as one. Tensors that a module keeps in attributes are state.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import re
import types
from typing import (TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Mapping,
                    NoReturn, Optional, Sequence, Tuple)

import torch
from torch.fx.experimental.symbolic_shapes import statically_known_false, statically_known_true
from torch.utils import _pytree

from . import checks, locations, quiet, reasons, recording, scriptops, shapes, tree
from ._errors import TraceError
from .tracefile import Trace

if TYPE_CHECKING:
    from typing_extensions import TypeAlias

#: TorchScript's own.
Node: TypeAlias = Any
Block: TypeAlias = Any

#: Without types in PyTorch.
_check: Any = torch._check
_sym_not: Any = torch.sym_not

#: Loops of at most so many rounds are unrolled.
_UNROLLED = 32

#: What changes from call to call.
_OPERANDS = (torch.Tensor, torch.SymInt, torch.SymFloat, torch.SymBool)

_CONVERTED: Dict[str, Dict[int, Any]] = {
    "dtype": scriptops.DTYPES, "layout": scriptops.LAYOUTS,
    "memory_format": scriptops.MEMORY_FORMATS}


def is_script(model: Any) -> bool:
    """Whether a model is TorchScript (torch.jit.trace, torch.jit.script, torch.jit.load)."""
    return isinstance(model, (torch.jit.ScriptModule, torch.jit.ScriptFunction))


def trace_script(model: Any, args: Sequence[Any], kwargs: Optional[Mapping[str, Any]],
                 dynamic_shapes: Any = None, trains: bool = False) -> Trace:
    """A trace of a TorchScript module or function; see `tracer.trace_program`."""
    from .tracer import check_example, from_exported, parameters_of, symbol_names

    program, args, kwargs = Program(model), tuple(args), dict(kwargs or {})
    check_example(program.module, args, kwargs)
    try:
        with recording.LOCK, torch.no_grad(), locations.recorded(), checks.recorded(), \
                shapes.open_sizes(), quiet.recording():
            exported = torch.export.export(program.module, args, kwargs, strict=False,
                                           dynamic_shapes=dynamic_shapes)
    except TraceError as error:
        raise TraceError(str(error)) from None
    except Exception as error:
        what = "the TorchScript program can't be recorded"
        raise TraceError(locations.explained(error, what,
                                             reason=reasons.reason_in_script)) from None
    return from_exported(exported, *parameters_of(program.module),
                         symbol_names(program.module, exported, args, kwargs, dynamic_shapes),
                         trains)


def _source(node: Node) -> Tuple[str, int]:
    """The file and line of the program that a node is from."""
    found = re.findall(r'File "([^"]+)", line (\d+)', node.sourceRange())
    return (found[-1][0], int(found[-1][1])) if found else ("TorchScript", 0)


@functools.lru_cache(maxsize=None)
def _frame_at(file: str, line: int) -> Callable[[Callable[[], Any]], Any]:
    """A function that calls another one, and is on that line of that file as far as
    frames tell."""
    code = (lambda run: run()).__code__.replace(
        co_filename=file, co_firstlineno=max(line, 1), co_name="forward")
    return types.FunctionType(code, {}, "forward")


def _fail(node: Node, message: str) -> NoReturn:
    file, line = _source(node)
    raise TraceError(f"{file}:{line}: {message}" if line else message)


def _nodes(block: Block) -> Iterator[Node]:
    """All nodes of a block and of the blocks within."""
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _nodes(inner)


class _Aliases:
    """Which values of a graph are views of which: `roots` has the tensor that a view is
    one of, or "attribute PATH"; `definers` the node that makes a value, `changes` the first
    that sets the attribute of a path, or changes the list or dict that it holds."""

    def __init__(self, graph: Block) -> None:
        self.roots: Dict[str, str] = {}
        self.definers: Dict[str, Node] = {}
        self.changes: Dict[str, Node] = {}
        for node in _nodes(graph):
            inputs = [value.debugName() for value in node.inputs()]
            for value in node.outputs():
                self.definers[value.debugName()] = node
            if node.kind() == "prim::GetAttr":
                self._join(node, _ATTRIBUTE + self.path(node))
            elif node.kind() == "prim::SetAttr":
                # It has no line, the value has one.
                self.changes.setdefault(self.path(node), self.definers.get(inputs[1], node))
            elif node.kind() in ("prim::ListUnpack", "prim::TupleUnpack", "prim::data",
                                 "aten::__getitem__", "prim::unchecked_cast", "aten::wait"):
                self._join(node, self.root(inputs[0]))
            elif node.kind() in scriptops.CHANGES_CONTAINER:
                for path in _attributes(self.written(node)):
                    self.changes.setdefault(path, node)
            for argument, value in zip(_arguments(node), inputs):
                if argument.alias_info is not None:
                    self._join(node, self.root(value))

    def root(self, name: str) -> str:
        return self.roots.get(name, name)

    def path(self, node: Node) -> str:
        """The path of the attribute that a node gets or sets."""
        owner = next(iter(node.inputs())).debugName()
        parents = _attributes([self.root(owner)])
        return ".".join([*parents, node.s("name")])

    def _join(self, node: Node, root: str) -> None:
        for value in node.outputs():
            self.roots.setdefault(value.debugName(), root)

    def written(self, node: Node) -> List[str]:
        """The roots of what a node writes to."""
        return [self.root(value.debugName()) for argument, value
                in zip(_arguments(node), node.inputs())
                if argument.alias_info is not None and argument.alias_info.is_write]


#: Begins the root of what is an attribute's.
_ATTRIBUTE = "attribute "


def _attributes(roots: Sequence[str]) -> List[str]:
    """The paths of those roots that are attributes'."""
    return [root[len(_ATTRIBUTE):] for root in roots if root.startswith(_ATTRIBUTE)]


def _arguments(node: Node) -> Sequence[Any]:
    """The arguments in an op's schema."""
    schema = node.schema()
    return () if node.kind().startswith("prim::") or schema == "(no schema)" \
        else torch._C.parse_schema(schema).arguments


class _Reference:
    """A module of the program, by its path."""

    def __init__(self, script: Any, path: str = "") -> None:
        self.script, self.path = script, path


class _Raised(Exception):
    """The program raised an exception."""


class Program:
    """A TorchScript module or function, as a `module` that torch.export records.
    Its parameters are the module's; tensors in buffers, attributes and constants are the
    module's buffers, all under the names that they have in the original; it has nothing
    else."""

    def __init__(self, model: Any) -> None:
        self.module = torch.nn.Module()
        try:
            self.graph = model.inlined_graph
        except AttributeError:
            name = getattr(model, "original_name", "the program")
            raise TraceError(f"{name} has several forms of forward, and which is "
                             "meant shows only where it is called: script a module that calls "
                             "it, or give the module itself") from None
        torch._C._jit_pass_inline_fork_wait(self.graph)  # a task is run where it begins
        torch._C._jit_pass_inline(self.graph)
        for node in _nodes(self.graph):
            if "mkldnn" in node.kind().lower():
                raise TraceError("torch.jit.optimize_for_inference made the program of another, "
                                 "for this processor's own layouts: give that other one")
        self.aliases = _Aliases(self.graph)
        inputs = list(self.graph.inputs())
        self.is_module = isinstance(model, torch.jit.ScriptModule)
        self.root = _Reference(model)  # no submodule: what is recorded are the buffers
        schema = model.forward.schema if self.is_module else model.schema
        arguments = schema.arguments[1:] if self.is_module else schema.arguments
        self.input_names = [value.debugName() for value in inputs]
        self.attributes: Dict[str, Callable[[], Any]] = {}
        self.constants: Dict[str, Callable[[], torch.Tensor]] = {}
        #: Where tensors are kept: what has two names is one tensor.
        self.places: Dict[Any, Callable[[], torch.Tensor]] = {}
        names = {n.s("name") for n in _nodes(self.graph)
                 if n.kind() in ("prim::GetAttr", "prim::SetAttr")}
        modules = model.named_modules() if self.is_module else ()
        for path, module in modules:
            for name in sorted(names):
                self._take_attribute(module, path, name)
        for node in _nodes(self.graph):
            self._take_constant(node)
        parameters = [inspect.Parameter(
            a.name, inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=a.default_value if a.has_default_value() else inspect.Parameter.empty)
            for a in arguments]

        def forward(*args: Any, **kwargs: Any) -> Any:
            return self._run(signature.bind(*args, **kwargs))

        signature = inspect.Signature(parameters)
        setattr(forward, "__signature__", signature)
        self.module.forward = forward

    def _keep(self, path: str, tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Registers a parameter or buffer under a path with dots."""
        place = (tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride()) \
            if tensor.numel() else path
        if place in self.places:
            return self.places[place]
        *parents, name = path.split(".")
        module: Any = self.module
        for parent in parents:
            if parent not in module._modules:
                module.add_module(parent, torch.nn.Module())
            module = module._modules[parent]
        if isinstance(tensor, torch.nn.Parameter):
            module.register_parameter(name, torch.nn.Parameter(tensor.detach(),
                                                               tensor.requires_grad))
        else:
            module.register_buffer(name, tensor.detach())
        return self.places.setdefault(place, functools.partial(getattr, module, name))

    def _take_attribute(self, module: Any, path: str, name: str) -> None:
        value = getattr(module, name, None)
        if not hasattr(module, name) or isinstance(value, torch.nn.Module) or callable(value):
            return
        full = f"{path}.{name}" if path else name
        self.attributes[full] = self._taken(value, full)

    def _taken(self, value: Any, name: str) -> Callable[[], Any]:
        """A value of the program with the tensors in it as buffers: a function of no
        arguments that gives it."""
        if scriptops.is_tensor(value):
            return self._keep(name, value)
        leaves, spec = _pytree.tree_flatten(value)
        kept = [self._keep(f"{name}.{i}", leaf) if scriptops.is_tensor(leaf)
                else functools.partial(copy.copy, leaf) for i, leaf in enumerate(leaves)]
        return lambda: _pytree.tree_unflatten([get() for get in kept], spec)

    def _take_constant(self, node: Node) -> None:
        if node.kind() == "prim::Constant" and node.hasAttribute("value") and \
                node.kindOf("value") == "t":
            name = node.output().debugName()
            self.constants[name] = self._keep(f"constants.c{len(self.constants)}",
                                              node.t("value"))

    def _run(self, bound: inspect.BoundArguments) -> Any:
        bound.apply_defaults()
        values = [copy.copy(v) if isinstance(v, (list, dict)) else v for v in bound.args]
        if self.is_module:
            values.insert(0, self.root)
        state = {name: get() for name, get in self.attributes.items()}
        before = {name: _pytree.tree_map(lambda leaf: leaf, value)  # in containers of its own
                  for name, value in state.items()}
        frame = _Frame(dict(zip(self.input_names, values)), state, self.constants, self.aliases)
        try:
            frame.run(self.graph)
        except _Raised as error:
            raise TraceError(f"the program raises an exception on these inputs: {error}") from None
        self._write_back(before, state)
        results = [frame.get(value) for value in self.graph.outputs()]
        return results[0] if len(results) == 1 else tuple(results)

    def _write_back(self, before: Dict[str, Any], state: Dict[str, Any]) -> None:
        """Makes what the attributes are at the end the state of the next call."""
        changed: Dict[int, Tuple[torch.Tensor, torch.Tensor]] = {}
        for name, value in state.items():
            if _differ(before[name], value):
                _refuse(self.aliases, name, before[name], value, _ONLY_TENSORS)
            for old, new in zip(*map(_tensors_of, (before[name], value))):
                if old.shape != new.shape or old.dtype != new.dtype:
                    _refuse(self.aliases, name, before[name], value, _SAME_SHAPE)
                if changed.setdefault(id(old), (old, new))[1] is not new:
                    _refuse(self.aliases, name, before[name], value,
                            "it begins as one tensor with another attribute, and only one of "
                            "them is set: give each a tensor of its own")
        kept = [(old, new.clone()) for old, new in changed.values() if old is not new]
        for old, new in kept:
            old.copy_(new)


_ONLY_TENSORS = ("only tensors can be state: make numbers tensors, and call the module before it "
                 "is recorded where its first call makes what lasts")
_SAME_SHAPE = ("state keeps its shape: call the module before it is recorded where its first call "
               "makes what lasts; write into a tensor of a fixed size instead of one that grows")


def _tensors_of(value: Any) -> List[torch.Tensor]:
    return [leaf for leaf in _pytree.tree_leaves(value) if scriptops.is_tensor(leaf)]


def _differ(old: Any, new: Any) -> bool:
    """Whether two values differ otherwise than by their tensors: in structure, in a number."""
    olds, old_spec = _pytree.tree_flatten(old)
    news, spec = _pytree.tree_flatten(new)

    def is_same(a: Any, b: Any) -> bool:
        if scriptops.is_tensor(a):
            return scriptops.is_tensor(b)
        return a is b or (type(a) is type(b) and not isinstance(b, _OPERANDS) and a == b)

    return spec != old_spec or not all(map(is_same, olds, news))


def _refuse(aliases: _Aliases, name: str, old: Any, new: Any, why: str) -> NoReturn:
    message = f"the attribute '{name}' changes from {_shown(old)} to {_shown(new)}; {why}"
    if name in aliases.changes:
        _fail(aliases.changes[name], message)
    raise TraceError(message)


class _Text(str):
    """A text that is shown without quotes in a list."""

    __repr__ = str.__str__


def _shown(value: Any) -> str:
    """A value as a message shows it; of tensors their type, of numbers that aren't known
    only that."""
    def show(leaf: Any) -> str:
        if scriptops.is_tensor(leaf):
            return _Text(f"{leaf.dtype}{list(leaf.shape)}")
        known = isinstance(leaf, (bool, int, float, str, type(None)))
        return _Text(repr(leaf) if known else f"another {_kind(leaf)}")

    return repr(_pytree.tree_map(show, value))


def _kind(value: Any) -> str:
    names = {torch.SymInt: "int", torch.SymFloat: "float", torch.SymBool: "bool"}
    return names.get(type(value), type(value).__name__)


class _Frame:
    """Values of a graph while it is carried out, and those of the attributes."""

    def __init__(self, values: Dict[str, Any], state: Dict[str, Any],
                 constants: Dict[str, Callable[[], torch.Tensor]], aliases: _Aliases) -> None:
        self.values, self.state = values, state
        self.constants, self.aliases = constants, aliases

    def get(self, value: Any) -> Any:
        return self.values[value.debugName()]

    def run(self, block: Block) -> None:
        """Carries a block's nodes out, and notes their results."""
        for node in block.nodes():
            results = _frame_at(*_source(node))(functools.partial(self.results, node))
            for value, result in zip(node.outputs(), results):
                self.values[value.debugName()] = result

    def results(self, node: Node) -> List[Any]:
        """Carries a node out: its results."""
        kind = node.kind()
        special = _SPECIAL.get(kind)
        if special:
            return special(self, node)
        args = [self.get(value) for value in node.inputs()]
        known = scriptops.find(kind, args)
        try:
            result = known(*args) if known else _call(node, kind, args)
        except (TraceError, _Raised):
            raise
        except Exception as error:
            _fail(node, f"{kind} can't be recorded: {reasons.reason_in_script(error)}")
        count = node.outputsSize()
        return [result] if count == 1 else result if count else []

    # --- What isn't an op ---------------------------------------------------------

    def constant(self, node: Node) -> List[Any]:
        name = node.output().debugName()
        if name in self.values:  # a branch's or loop's operand
            return [self.values[name]]
        return [self.constants[name]() if name in self.constants else node.output().toIValue()]

    def get_attribute(self, node: Node) -> List[Any]:
        owner, name = self.get(node.input()), node.s("name")
        if not isinstance(owner, _Reference):
            _fail(node, f"the attribute '{name}' of a script class isn't supported")
        path = f"{owner.path}.{name}" if owner.path else name
        if path in self.state:
            return [self.state[path]]
        value = getattr(owner.script, name)
        if not isinstance(value, torch.nn.Module):
            _fail(node, f"the attribute '{path}', a {type(value).__name__}, isn't supported")
        return [_Reference(value, path)]

    def set_attribute(self, node: Node) -> List[Any]:
        owner, value = (self.get(v) for v in node.inputs())
        if not isinstance(owner, _Reference):
            _fail(node, "script classes aren't supported")
        name = node.s("name")
        self.state[f"{owner.path}.{name}" if owner.path else name] = value
        return []

    def create_object(self, node: Node) -> NoReturn:
        name = str(node.output().type()).split(".")[-1]
        _fail(node, f"{name}: script classes aren't supported, and so neither is with")

    def raise_exception(self, node: Node) -> NoReturn:
        raise _Raised(self.get(next(iter(node.inputs()))))

    # --- Branches -------------------------------------------------------------------

    def branch(self, node: Node) -> List[Any]:
        """Carries out the block whose condition is known, else that which doesn't raise an
        exception; a condition that data decides is recorded with both blocks."""
        flag = self.get(node.input())
        then, other = node.blocks()
        if not isinstance(flag, bool) and not scriptops.is_tensor(flag):
            if statically_known_true(flag) or statically_known_false(flag):
                flag = statically_known_true(flag)
        if isinstance(flag, bool):
            return self.inline(then if flag else other)
        for block, holds in ((then, False), (other, True)):
            failing = [n for n in block.nodes() if n.kind() == "prim::RaiseException"]
            if failing:
                self.require(flag if holds else _negate(flag), failing[0])
                return self.inline(other if block is then else then)
        if scriptops.is_tensor(flag):
            flag = scriptops.truth(flag)
        if _leaves_unset(then):  # the other one, recorded first, tells what there would be
            return _Branch(self, node, (other, then)).record(_negate(flag))
        return _Branch(self, node, (then, other)).record(flag)

    def inline(self, block: Block) -> List[Any]:
        self.run(block)
        return [self.get(value) for value in block.outputs()]

    def require(self, flag: Any, node: Node) -> None:
        """A condition without which the program raises an exception."""
        message = self.values.get(next(iter(node.inputs())).debugName()) or \
            "the program raises an exception"
        if scriptops.is_tensor(flag):
            torch.ops.aten._assert_async.msg(flag, str(message))
        else:
            _check(flag, lambda: str(message))

    # --- Loops ------------------------------------------------------------------------

    def loop(self, node: Node) -> List[Any]:
        """Unrolls a loop of few rounds, or one that can't be recorded, for as long as its
        condition is known; records it, or what is left of it, otherwise."""
        most, go, *carried = (self.get(value) for value in node.inputs())
        carried = [scriptops.settled(value, str(output.type()))
                   for value, output in zip(carried, node.outputs())]
        body = next(node.blocks())
        if isinstance(most, int) and (most <= _UNROLLED or most >= 2**62
                                      or not _Loop.can_record(node, carried)):
            done = 0
            while done < most and isinstance(go, bool):
                if not go:
                    return carried
                names = [value.debugName() for value in body.inputs()]
                self.values.update(zip(names, [done, *carried]))
                go, *carried = self.inline(body)
                done += 1
            if done == most:
                return carried
            return _Loop(self, node, body).record(done, most, go, carried)
        return _Loop(self, node, body).record(0, most, go, carried)


def _leaves_unset(block: Block) -> bool:
    """Whether a block leaves a tensor without a value."""
    return any(value.node().kind() == "prim::Uninitialized" and str(value.type()) == "Tensor"
               for value in block.outputs())


def _negate(flag: Any) -> Any:
    return ~flag if scriptops.is_tensor(flag) else _sym_not(flag)


def _call(node: Node, kind: str, args: Sequence[Any]) -> Any:
    """Calls an op on tensors."""
    if kind in ("aten::tensor", "aten::scalar_tensor") and not scriptops.is_tensor(args[0]):
        return _make_tensor(args[0], scriptops.DTYPES.get(args[1]))
    try:
        schema = torch._C.parse_schema(node.schema())
        namespace, name = schema.name.split("::")
        packet = getattr(getattr(torch.ops, namespace), name)
        op = getattr(packet, schema.overload_name or "default")
    except (RuntimeError, AttributeError):
        _fail(node, f"this op isn't supported: {kind}")
    positional, named = [], {}
    for argument, value in zip(schema.arguments, args):
        if argument.name in _CONVERTED and isinstance(value, int) and \
                not isinstance(value, bool):
            value = _CONVERTED[argument.name][value]
        if str(argument.type) == "Tensor" and scriptops.is_number(value):
            value = torch.scalar_tensor(value, dtype=scriptops.dtype_of(value))
        if argument.kwarg_only:
            named[argument.name] = value
        else:
            positional.append(value)
    return op(*positional, **named)


def _make_tensor(value: Any, dtype: Optional[torch.dtype]) -> torch.Tensor:
    """A number, or a list of lists of numbers, as torch.tensor makes a tensor of it."""
    leaves = _pytree.tree_leaves(value)
    if dtype is None:
        types = [torch.get_default_dtype() if isinstance(leaf, (float, torch.SymFloat))
                 else scriptops.dtype_of(leaf) for leaf in leaves]
        dtype = functools.reduce(torch.promote_types, types) if types else torch.get_default_dtype()

    def make(value: Any) -> torch.Tensor:
        if scriptops.is_number(value):
            return torch.scalar_tensor(value, dtype=dtype)
        return torch.stack([make(each) for each in value]) if value else torch.empty(0, dtype=dtype)

    return make(value)


def _is_value(value: Any) -> bool:
    return scriptops.is_number(value) or scriptops.is_tensor(value)


def _as_number(tensor: torch.Tensor, like: Any) -> Any:
    """The other way round, for a number like that."""
    if scriptops.is_tensor(like) or isinstance(like, (bool, torch.SymBool)):
        return tensor
    return scriptops.item(tensor)


class _Region:
    """What the blocks of a node have in common: the values from outside that they
    read, which become operands, and those that they change. Where they write to a
    tensor, a copy takes its place in there, and views of it are made anew."""

    def __init__(self, frame: _Frame, node: Node, blocks: Sequence[Block]) -> None:
        self.frame, self.node, self.aliases = frame, node, frame.aliases
        nodes = [n for block in blocks for n in _nodes(block)]
        values = [v for n in nodes for v in n.outputs()]
        values += [v for b in [*blocks, *(c for n in nodes for c in n.blocks())]
                   for v in b.inputs()]
        inside = {value.debugName() for value in values}
        read, written = [], []
        #: Attributes whose lists or dicts they change.
        self.refilled: List[str] = []
        for n in nodes:
            if n.kind() in scriptops.CHANGES_CONTAINER:
                if next(iter(n.inputs())).debugName() not in inside:
                    _fail(n, "a list or dict is changed in a branch or loop that data decides, "
                             "which isn't supported")
                self.refilled += _attributes(self.aliases.written(n))
            if n.kind() == "prim::Constant" and n.output().debugName() in frame.constants:
                read.append(n.output().debugName())
            read += [v.debugName() for v in n.inputs() if v.debugName() not in inside]
            written += self.aliases.written(n)
        read += [v.debugName() for b in blocks for v in b.outputs() if v.debugName() not in inside]
        #: Attributes that they read or change, that they change, and those of them that
        #: they change in place.
        self.used = self._attributes_of(
            n for n in nodes if n.kind() in ("prim::GetAttr", "prim::SetAttr"))
        self.updated = {path for path in _attributes(written) if path in frame.state}
        self.touched = [*dict.fromkeys([
            *self._attributes_of(n for n in nodes if n.kind() == "prim::SetAttr"),
            *sorted(self.updated)])]
        self.written = [name for name in dict.fromkeys(written)
                        if name not in inside and scriptops.is_tensor(frame.values.get(name))]
        self.views: List[str] = []
        for name in dict.fromkeys(read):
            self._find_views(name)
        read += [v.debugName() for view in self.views
                 for v in self.aliases.definers[view].inputs()]
        self.read = [name for name in dict.fromkeys([*read, *self.written])
                     if name not in self.views
                     and not isinstance(frame.values.get(name), _Reference)]

    def _attributes_of(self, nodes: Iterable[Node]) -> List[str]:
        paths = dict.fromkeys(map(self.aliases.path, nodes))
        return [path for path in paths if path in self.frame.state]

    def _find_views(self, name: str) -> None:
        """Notes the views that lead to a value, from the tensor that is written to."""
        if self.aliases.root(name) in self.written and name not in self.written and \
                name not in self.views:
            for value in self.aliases.definers[name].inputs():
                self._find_views(value.debugName())
            self.views.append(name)

    def operands(self) -> Tuple[List[Any], Callable[[Sequence[Any]], _Frame]]:
        """The operands, and a function that makes a frame of the like."""
        outer = [self.frame.values[name] if name in self.frame.values
                 else self.frame.constants[name]() for name in self.read]
        state = {path: self.frame.state[path] for path in self.used}
        leaves, spec = _pytree.tree_flatten((outer, state))
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, _OPERANDS)]

        def make_frame(operands: Sequence[Any]) -> _Frame:
            filled = list(leaves)
            for place, operand in zip(places, operands):
                like = leaves[place]
                filled[place] = operand if isinstance(like, torch.SymInt) \
                    else _as_number(operand, like)
            values, mine = _pytree.tree_unflatten(filled, spec)
            values = dict(self.frame.values, **dict(zip(self.read, values)))
            return _Frame(values, dict(self.frame.state, **mine), self.frame.constants,
                          self.aliases)

        # Graphs take tensors and integers.
        return [leaves[i] if isinstance(leaves[i], (torch.Tensor, torch.SymInt))
                else scriptops.as_tensor(leaves[i]) for i in places], make_frame

    def begin(self, frame: _Frame) -> None:
        """Copies what is written to."""
        for name in self.written:
            frame.values[name] = frame.values[name].clone()
        for path in self.updated:
            frame.state[path] = _pytree.tree_map_only(torch.Tensor, torch.clone,
                                                      frame.state[path])
        for name in self.views:
            node = self.aliases.definers[name]
            for value, result in zip(node.outputs(), frame.results(node)):
                frame.values[value.debugName()] = result

    def apply(self, written: Sequence[torch.Tensor], attributes: Dict[str, Any]) -> None:
        """Takes over what the blocks changed, tensors and attributes."""
        for name, value in zip(self.written, written):
            self.frame.values[name].copy_(value)
        for path, value in attributes.items():
            old = self.frame.state[path]
            if path in self.refilled and isinstance(old, list) and isinstance(value, list):
                old[:] = value
            elif path in self.refilled and isinstance(old, dict) and isinstance(value, dict):
                old.clear()
                old.update(value)
            elif path in self.updated and not _differ(old, value) and \
                    all(a.shape == b.shape for a, b in zip(*map(_tensors_of, (old, value)))):
                for mine, new in zip(*map(_tensors_of, (old, value))):
                    mine.copy_(new)
            else:
                self.frame.state[path] = value


class _Branch(_Region):
    """A branch that data decides: torch.cond. What one block leaves without a value, since
    the program never reads it there, is zero, as large as in the block before."""

    def __init__(self, frame: _Frame, node: Node, blocks: Sequence[Block]) -> None:
        super().__init__(frame, node, blocks)
        self.blocks = blocks
        self.spec: Any = None
        self.leaves: List[Any] = []
        #: The results of the block that was run first.
        self.results: List[Any] = []

    def record(self, flag: Any) -> List[Any]:
        """Records torch.cond, and takes over what its branches changed: the node's results."""
        operands, make_frame = self.operands()

        def run(block: Block, *given: Any) -> Tuple[torch.Tensor, ...]:
            """A branch as torch.cond calls it: all that it gives and changes, as tensors."""
            frame = make_frame(given)
            self.begin(frame)
            results = self._settled(frame.inline(block))
            written = [frame.values[name] for name in self.written]
            leaves, spec = _pytree.tree_flatten(
                (results, written, {path: frame.state[path] for path in self.touched}))
            self._agree(leaves, spec)
            return tuple(scriptops.as_tensor(leaf) for leaf in leaves if _is_value(leaf))

        outputs = torch.ops.higher_order.cond(
            flag, functools.partial(run, self.blocks[0]), functools.partial(run, self.blocks[1]),
            tuple(operands))
        outputs = iter(outputs)
        leaves = [_as_number(next(outputs), leaf) if _is_value(leaf) else leaf
                  for leaf in self.leaves]
        results: List[Any]
        results, written, attributes = _pytree.tree_unflatten(leaves, self.spec)
        self.apply(written, attributes)
        return results

    def _agree(self, leaves: List[Any], spec: Any) -> None:
        """Checks that both branches give the same structure, and the same of what is no
        tensor or number."""
        if self.spec is not None:
            if spec != self.spec:
                _fail(self.node, "the branches give values of different structure, and data "
                                 "decides which")
            for mine, other in zip(self.leaves, leaves):
                if scriptops.UNSET in (mine, other):
                    _fail(self.node, "each branch has a value that the other lacks, as where a loop "
                                     "is left at two places, and data decides which: this isn't "
                                     "supported; join the conditions into one")
                if not (_is_value(mine) and _is_value(other)) and _differ(mine, other):
                    _fail(self.node, f"one branch gives {_shown(mine)} and the other "
                                     f"{_shown(other)}, and data decides which: this isn't "
                                     "supported")
        self.spec, self.leaves = spec, leaves

    def _settled(self, results: List[Any]) -> List[Any]:
        results = [scriptops.settled(value, str(output.type()))
                   for value, output in zip(results, self.node.outputs())]
        self.results = self.results or results
        return [torch.zeros(like.shape, dtype=like.dtype)
                if value is scriptops.UNSET and scriptops.is_tensor(like) else value
                for value, like in zip(results, self.results)]


class _Loop(_Region):
    """A loop whose rounds data or sizes decide, or that has many: while_loop."""

    def __init__(self, frame: _Frame, node: Node, body: Block) -> None:
        super().__init__(frame, node, [body])
        self.body = body

    @staticmethod
    def can_record(node: Node, carried: Sequence[Any]) -> bool:
        """Whether the loop carries tensors and numbers only, and changes no list."""
        changed = any(n.kind() in scriptops.CHANGES_CONTAINER for n in _nodes(next(node.blocks())))
        return not changed and all(map(_is_value, carried))

    def record(self, first: int, most: Any, go: Any, carried: Sequence[Any]) -> List[Any]:
        """Rounds from the number `first` on, at most up to `most`."""
        if not all(map(_is_value, carried)):
            _fail(self.node, "the loop carries something else than tensors and numbers")
        operands, make_frame = self.operands()
        written = [self.frame.values[name] for name in self.written]
        kept = {path: self.frame.state[path] for path in self.touched}
        leaves, spec = _pytree.tree_flatten(kept)
        start = [*carried, *written, *_tensors_of(kept)]
        limit = torch.scalar_tensor(min(most, 2**62) if isinstance(most, int) else most,
                                    dtype=torch.int64)
        names = [value.debugName() for value in self.body.inputs()]

        def filled(tensors: Sequence[torch.Tensor]) -> Dict[str, Any]:
            """The attributes with these tensors."""
            rest = iter(tensors)
            result: Dict[str, Any] = _pytree.tree_unflatten(
                [next(rest) if scriptops.is_tensor(leaf) else leaf for leaf in leaves], spec)
            return result

        def check(i: torch.Tensor, go: Any, *rest: Any) -> Any:
            return (i < rest[len(start)]) & go

        def body(i: torch.Tensor, go: Any, *rest: Any) -> Tuple[Any, ...]:
            """One round as while_loop calls it: its number, whether to go on, what is
            carried; then the limit and the operands."""
            values, given = rest[:len(start)], rest[len(start) + 1:]
            frame = make_frame(given)
            number = scriptops.item(i)
            _check(number >= 0)
            own = [_as_number(v, like) for v, like in zip(values, carried)]
            frame.values.update(zip(names, [number, *own]))
            frame.values.update(zip(self.written, values[len(carried):]))
            frame.state.update(filled(values[len(carried) + len(written):]))
            self.begin(frame)
            again, *results = frame.inline(self.body)
            results += [frame.values[name] for name in self.written]
            for path, old in kept.items():
                if _differ(old, frame.state[path]):
                    _refuse(self.aliases, path, old, frame.state[path],
                            "in a loop that data decides only tensors can change")
                results += _tensors_of(frame.state[path])
            return (i + 1, scriptops.as_tensor(again), *map(scriptops.as_tensor, results))

        outputs = torch.ops.higher_order.while_loop(
            check, body, (torch.scalar_tensor(first, dtype=torch.int64), scriptops.as_tensor(go),
                          *map(scriptops.as_tensor, start)), (limit, *operands))[2:]
        results = [_as_number(v, like) for v, like in zip(outputs, carried)]
        rest = outputs[len(carried):]
        self.apply(rest[:len(written)], filled(rest[len(written):]))
        return results


def _inputs(frame: _Frame, node: Node) -> List[Any]:
    return [frame.get(value) for value in node.inputs()]


def _unpack(frame: _Frame, node: Node) -> List[Any]:
    return list(frame.get(node.input()))


def _first(frame: _Frame, node: Node) -> List[Any]:
    return [frame.get(next(iter(node.inputs())))]


def _dict(frame: _Frame, node: Node) -> List[Any]:
    values = _inputs(frame, node)
    return [dict(zip(values[::2], values[1::2]))]


def _tuple(frame: _Frame, node: Node) -> List[Any]:
    kind = node.output().type()
    fields = _fields(kind.str())
    if not fields:
        return [tuple(_inputs(frame, node))]
    return [tree.namedtuple(kind.annotation_str.split(".")[-1], fields)(*_inputs(frame, node))]


def _fields(kind: str) -> Tuple[str, ...]:
    """The fields' names of "NamedTuple(a : Tensor, b : (int, int))"; of another type none."""
    start = "NamedTuple("
    outer, depth = "", 0
    for sign in kind[len(start):-1] if kind.startswith(start) else "":
        depth += (sign in "([") - (sign in ")]")
        outer += sign if depth == 0 else ""
    return tuple(part.split(" : ")[0].strip() for part in outer.split(",") if part)


def _index(frame: _Frame, node: Node) -> List[Any]:
    values, at = _inputs(frame, node)
    return [values[at]]


def _slice(frame: _Frame, node: Node) -> List[Any]:
    return [frame.get(node.input())[node.i("beg"):node.i("end")]]


def _is_instance(frame: _Frame, node: Node) -> List[Any]:
    value = frame.get(node.input())
    names = " ".join(str(t) for t in node.tys("types"))
    kinds = {torch.Tensor: "Tensor", bool: "bool", int: "int", float: "float", str: "str",
             type(None): "NoneType", list: "List", tuple: "Tuple", dict: "Dict"}
    name = next((n for kind, n in kinds.items() if isinstance(value, kind)), None)
    return [name is not None and name in names]


_SPECIAL = {
    "prim::Constant": _Frame.constant, "prim::GetAttr": _Frame.get_attribute,
    "prim::SetAttr": _Frame.set_attribute, "prim::RaiseException": _Frame.raise_exception,
    "prim::CreateObject": _Frame.create_object,
    "prim::If": _Frame.branch, "prim::Loop": _Frame.loop,
    "prim::ListConstruct": lambda frame, node: [_inputs(frame, node)],
    "prim::TupleConstruct": _tuple,
    "prim::DictConstruct": _dict, "prim::ListUnpack": _unpack, "prim::TupleUnpack": _unpack,
    "prim::TupleIndex": _index, "prim::TupleSlice": _slice, "prim::isinstance": _is_instance,
    "prim::Uninitialized": lambda frame, node: [scriptops.UNSET], "prim::unchecked_cast": _first,
    "prim::unchecked_unwrap_optional": _first, "aten::_unwrap_optional": _first,
    "aten::wait": _first,
}
