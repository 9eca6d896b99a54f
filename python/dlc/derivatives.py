# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives of PyTorch functions, compiled.

    import dlc, torch

    def energy(x):
        return (x.sin() * x).sum()

    force = dlc.grad(energy)              # a function, as torch.func.grad makes one
    force(torch.randn(3))                 # compiled at the first call of each shape
    force.trace(torch.randn(3)).save("force.json")      # for dl-compile

They compose, for derivatives of any order:

    hvp = dlc.directional(dlc.grad(energy))
    value, product = hvp((x,), (v,))      # the gradient, and the Hessian times v

What is differentiated is the program that `dlc.trace` records: by the compiler, not
by PyTorch's autograd.
"""

from __future__ import annotations

import abc
import copy
import itertools
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from . import tree
from ._errors import TraceError, require_torch
from .runtime import between_graphs
from .tracefile import COMPLEX, Json, Trace, complex_places

if TYPE_CHECKING:
    import torch

    from .runtime import CompiledModel

#: A tensor's name, and its type in a trace.
Typed = Tuple[str, Any]

#: Which arguments to differentiate by.
Argnums = Union[int, Sequence[int]]

_FLOATS = ("f64", "f32", "f16", "bf16")


class _Program:
    """A trace that asks for derivatives, and the names and types of its tensors."""

    def __init__(self, trace: Trace) -> None:
        trace.require_derivatives()
        document = copy.copy(trace.document)
        self.trace = Trace(document, trace.weights)
        self.trace.captured = trace.captured
        self.metadata = document["metadata"] = copy.deepcopy(document.get("metadata") or {})
        if not {"in_tree", "inputs", "out_tree", "outputs"} <= self.metadata.keys() or \
                self.metadata["in_tree"] is None:
            raise TraceError("the trace doesn't tell how its program is called, which the "
                             "derivative of it would be, too")
        self.requests = document["derivatives"] = list(document.get("derivatives", []))
        self.inputs, self.outputs = _tensors_of(document)
        for request in self.requests:
            self._add(request)
        if not self.requests:
            count = itertools.count()
            self.metadata["outputs"] = [
                leaf if leaf and "constant" in leaf
                else dict(leaf or {}, output=next(count)) for leaf in self.metadata["outputs"]]

    def arguments(self, argnums: Optional[Argnums] = None) -> Tuple[List[int], Any]:
        """The numbers of the tensors in the positional arguments `argnums` (in all), and
        the structure of these arguments."""
        positional = self.metadata["in_tree"]["tuple"][0]["tuple"]
        chosen = range(len(positional)) if argnums is None else \
            [argnums] if isinstance(argnums, int) else list(argnums)
        chosen = [a + len(positional) if a < 0 else a for a in chosen]
        if len(set(chosen)) < len(chosen):
            raise TraceError(f"argnums is {argnums}, which names an argument twice")
        if not all(0 <= a < len(positional) for a in chosen):
            count = len(positional)
            raise TraceError(f"argnums is {argnums}, but there " +
                             ("is 1 argument" if count == 1 else f"are {count} arguments"))
        leaves, at = iter(self.metadata["inputs"]), 0
        found: Dict[int, List[int]] = {a: [] for a in chosen}
        for position, structure in enumerate(positional):
            for _ in tree.paths(structure):
                is_tensor = next(leaves) is None
                if position in found:
                    if not is_tensor or not _is_float(self.inputs[at][1]):
                        raise TraceError(f"argument number {position + 1} isn't made of tensors of "
                                         "floats, which alone have derivatives")
                    found[position].append(at)
                at += is_tensor
        structures = [positional[a] for a in chosen]
        return [n for a in chosen for n in found[a]], \
            structures[0] if isinstance(argnums, int) else {"tuple": structures}

    def results(self) -> List[int]:
        """The numbers of the results that are tensors of floats."""
        numbers = [leaf["output"] for leaf in self.metadata["outputs"] if "output" in leaf]
        if not numbers or not all(_is_float(self.outputs[n][1]) for n in numbers):
            raise TraceError("the function doesn't return tensors of floats only: what it returns "
                             "besides has no derivative")
        return numbers

    def ask(self, mode: str, wrt: List[int], of: List[int], ones: bool = False,
            primal: bool = True) -> List[Json]:
        """Appends a request; returns the numbers of the derivatives among the outputs."""
        own, other = (of, wrt) if mode == "vjp" else (wrt, of)
        named = [self.outputs, self.inputs] if mode == "vjp" else [self.inputs, self.outputs]
        prefix = ("cotangent_", "grad_") if mode == "vjp" else ("tangent_", "tangent_")
        suffix = f"_{len(self.requests)}" if self.requests else ""
        directions = [] if ones else [prefix[0] + named[0][i][0] + suffix for i in own]
        results = [prefix[1] + named[1][i][0] + suffix for i in other]
        request = {"mode": mode, "wrt": wrt, "of": of, "primal": primal, "ones": ones,
                   "directions": directions, "results": results}
        self.requests.append(request)
        self._add(request)
        first = len(self.outputs) - len(results)
        return [{"output": first + i} for i in range(len(results))]

    def _add(self, request: Json) -> None:
        by_input = [self.inputs[i][1] for i in request["wrt"]]
        by_output = [self.outputs[i][1] for i in request["of"]]
        if request["mode"] == "jvp":
            by_input, by_output = by_output, by_input
        self.inputs = self.inputs + list(zip(request["directions"], by_output))
        self.outputs = (self.outputs if request["primal"] else []) + \
            list(zip(request["results"], by_input))

    def take_directions(self, structure: Any, count: int) -> None:
        """The call takes the arguments as one tuple, then the directions."""
        arguments, named = self.metadata["in_tree"]["tuple"]
        if named["dict"]:
            raise TraceError("give all arguments by position: one given by name has no derivative")
        self.metadata["in_tree"] = {"tuple": [{"tuple": [arguments, structure]}, named]}
        self.metadata["inputs"] = self.metadata["inputs"] + [None] * count
        self.metadata["parameters"], self.metadata["defaults"] = ["primals", "directions"], {}

    def finish(self, structure: Any, leaves: List[Any]) -> Trace:
        """The trace, whose call returns that."""
        self.metadata["out_tree"], self.metadata["outputs"] = structure, leaves
        found = {"inputs": complex_places(type for _, type in self.inputs),
                 "outputs": complex_places(type for _, type in self.outputs)}
        if any(found.values()):
            self.metadata["complex"] = found
        return self.trace


def _is_float(type: Any) -> bool:
    return isinstance(type, dict) and type["dtype"] in (*_FLOATS, *COMPLEX)


def _tensors_of(document: Json) -> Tuple[List[Typed], List[Typed]]:
    """Name and type of each input and output."""
    types = {v["value"]: v.get("type") for v in document["inputs"]}
    for node in document["nodes"]:
        types.update((r["value"], r.get("type")) for r in node["results"] if r)
    inputs = [(i["name"], i.get("type")) for i in document["inputs"]
              if "name" in i and i.get("type") != "none"]
    outputs = [(o["name"], types.get(o["arg"].get("value")) if isinstance(o["arg"], dict) else None)
               for o in document["outputs"] if "name" in o]
    return inputs, outputs


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    import torch

    dense = tensor.detach().resolve_conj().resolve_neg().contiguous()
    return dense.reshape(-1).view(torch.uint8)


class Derivative(abc.ABC):
    """A function that is the derivative of another (see `dlc.grad`), compiled for each
    kind of arguments that it is called with; and anew when a tensor that the function refers
    to (a parameter, say) has been changed in place. What else it refers to is taken as it
    was at the first call: another tensor under the same name isn't seen. What it returns
    is constant to torch.autograd: ask dlc for the derivative of it."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        if not callable(function) and not isinstance(function, Trace):
            raise TypeError(f"dlc.{name} is of a function, a module or a trace, not of "
                            f"{type(function).__name__}")
        self.function, self.name = function, name
        #: With the captured tensors, and copies to compare them with.
        self._compiled: Dict[Any, Tuple[CompiledModel, List[Any]]] = {}

    @between_graphs
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        require_torch()
        import torch
        import torch.utils._pytree as pytree

        from .compiler import compile

        leaves, structure = pytree.tree_flatten((args, kwargs))
        # Of numbers the text: 2 and 2.0 are other arguments, 0.0 and -0.0 as well.
        key = str(structure), tuple((str(leaf.dtype), tuple(leaf.shape)) if hasattr(leaf, "shape")
                                    else (type(leaf), repr(leaf)) for leaf in leaves)
        compiled, captured = self._compiled.get(key, (None, ()))
        if compiled is None or not all(_bytes(t).equal(copy) for t, copy in captured):
            trace = self._derive(self._program(args, kwargs, None))
            captured = [(t, _bytes(t).clone()) for t in trace.captured]
            compiled = compile(trace)
            self._compiled[key] = compiled, captured
        with torch.no_grad():
            return compiled(*args, **kwargs)

    def trace(self, *args: Any, dynamic_shapes: Any = None, **kwargs: Any) -> Trace:
        """The derivative as a trace, for `save` and `dlc.compile`."""
        return self._derive(self._program(args, kwargs, dynamic_shapes))

    @abc.abstractmethod
    def _derive(self, program: _Program) -> Trace:
        """Asks the program for the derivative."""

    def _program(self, args: Sequence[Any], kwargs: Dict[str, Any],
                 dynamic_shapes: Any) -> _Program:
        if isinstance(self.function, Trace):
            return _Program(self.function)
        if isinstance(self.function, Derivative):
            return _Program(self.function.trace(*args, dynamic_shapes=dynamic_shapes,
                                                **kwargs))
        require_torch()
        from .tracer import trace_program

        return _Program(trace_program(self.function, args, kwargs, dynamic_shapes,
                                      is_differentiated=True))

    def __repr__(self) -> str:
        return f"<dlc.{self.name} of {self.function!r}>"


class _Grad(Derivative):
    def __init__(self, function: Callable[..., Any], argnums: Argnums, has_aux: bool,
                 with_value: bool) -> None:
        super().__init__(function, "value_and_grad" if with_value else "grad")
        numbers = argnums if isinstance(argnums, (list, tuple)) else [argnums]
        if not numbers or not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
            raise TypeError("argnums is the number of an argument, or a tuple of such, not "
                            f"{argnums!r}")
        self.argnums, self.has_aux, self.with_value = argnums, has_aux, with_value

    def _derive(self, program: _Program) -> Trace:
        wrt, gradients = program.arguments(self.argnums)
        structure, leaves = program.metadata["out_tree"], program.metadata["outputs"]
        value, auxiliary = structure, None
        if self.has_aux:
            parts = structure.get("tuple") if isinstance(structure, dict) else None
            if not parts or len(parts) != 2:
                raise TraceError("with has_aux the function returns a value and something else; "
                                 f"this one returns {tree.describe(structure)}")
            value, auxiliary = parts
        type: Any = None
        if value == "*" and "output" in leaves[0]:
            type = program.outputs[leaves[0]["output"]][1]
        if not _is_float(type) or type["shape"] or type["dtype"] in COMPLEX:
            returned = f"{type['dtype']}{type['shape']}" if isinstance(type, dict) else \
                f"the constant {leaves[0]['constant']}" if value == "*" and "constant" in leaves[0] \
                else tree.describe(structure)
            raise TraceError("grad is of a function that returns one number, a tensor of floats "
                             f"without dimensions; this one returns {returned}")
        primal = self.has_aux or self.with_value
        found = program.ask("vjp", wrt, [leaves[0]["output"]], ones=True, primal=primal)
        if not self.with_value:
            return program.finish({"tuple": [gradients, auxiliary]}, found + leaves[1:]) \
                if self.has_aux else program.finish(gradients, found)
        return program.finish({"tuple": [structure, gradients]}, leaves + found)


class _Directed(Derivative):
    """Called with a tuple of arguments, and directions: tangents, which have the structure
    of the arguments, or cotangents, which have that of the results."""

    def __init__(self, function: Any, mode: str) -> None:
        super().__init__(function, {"vjp": "pullback", "jvp": "directional"}[mode])
        self.mode = mode

    def _program(self, args: Sequence[Any], kwargs: Dict[str, Any],
                 dynamic_shapes: Any) -> _Program:
        if kwargs or len(args) not in (1, 2) or not isinstance(args[0], (tuple, list)):
            raise TypeError(f"dlc.{self.name}(f) takes (primals, directions), and primals is the "
                            "tuple of f's arguments, as (x,)")
        return super()._program(args[0], {}, dynamic_shapes)

    def _derive(self, program: _Program) -> Trace:
        wrt, arguments = program.arguments()
        of, results = program.results(), program.metadata["out_tree"]
        leaves = program.metadata["outputs"]
        if len(of) != len(leaves):
            raise TraceError("the function returns constants, as None or a number, besides tensors")
        reverse = self.mode == "vjp"
        program.take_directions(results if reverse else arguments, len(of if reverse else wrt))
        found = program.ask(self.mode, wrt, of)
        return program.finish({"tuple": [results, arguments if reverse else results]},
                              leaves + found)


def grad(function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Derivative:
    """The gradient of a function that returns one number (a tensor of one element), as
    a function of the same arguments: `dlc.grad(f)(x, y)` is df/dx, in x's structure;
    with `argnums=(0, 1)` the pair of df/dx and df/dy.

    With `has_aux` the function returns (value, auxiliary), and its gradient
    (gradient, auxiliary).

    >>> import dlc, torch
    >>> dlc.grad(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
    tensor([ 3., 12.])
    """
    return _Grad(function, argnums, has_aux, False)


def value_and_grad(function: Callable[..., Any], argnums: Argnums = 0,
                   has_aux: bool = False) -> Derivative:
    """As `grad`, but returning (value, gradient), or ((value, auxiliary), gradient), from
    one program: JAX's order, not that of torch.func.grad_and_value."""
    return _Grad(function, argnums, has_aux, True)


def vjp(function: Callable[..., Any], *primals: Any) -> Tuple[Any, Callable[[Any], Any]]:
    """The function's value at `primals`, and a function from cotangents (in the value's
    structure) to the tuple of gradients by `primals`; torch.func.vjp's signature. The
    program for the gradients computes the value anew, and both are compiled at each
    call: keep `pullback(function)` to compile once."""
    from .compiler import compile

    require_torch()
    import torch

    derivative = pullback(function)
    with torch.no_grad():
        value = function(*primals) if isinstance(function, Derivative) else \
            compile(function, *primals)(*primals)

    def pull_back(cotangents: Any) -> Any:
        return derivative(primals, cotangents)[1]

    return value, pull_back


def jvp(function: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The function's value at `primals` (a tuple), and its derivative in the direction
    `tangents`: torch.func.jvp, except that it compiles anew at each call; to compile
    once keep `directional(function)`."""
    for name, value in (("primals", primals), ("tangents", tangents)):
        if not isinstance(value, (tuple, list)):
            raise TypeError(f"{name} is a tuple with one part for each argument, as (x,), not "
                            f"{type(value).__name__}")
    return directional(function)(tuple(primals), tuple(tangents))


def directional(function: Callable[..., Any]) -> Derivative:
    """What `jvp` calls, as a function of (primals, tangents) that can be kept: it is
    compiled once. `directional(grad(f))` gives Hessian-vector products."""
    return _Directed(function, "jvp")


def pullback(function: Callable[..., Any]) -> Derivative:
    """What `vjp` calls, as a function of (primals, cotangents) that can be kept: it gives
    the value and the gradients by the primals."""
    return _Directed(function, "vjp")


def hessian(function: Callable[..., Any]) -> Callable[..., torch.Tensor]:
    """The matrix of second derivatives of a function of one tensor that returns one
    number, of the tensor's shape twice: one compiled Hessian-vector product, run for
    each element."""
    product = directional(grad(function))

    def evaluate(*args: torch.Tensor) -> torch.Tensor:
        require_torch()
        import torch

        if len(args) != 1:
            raise TypeError(f"dlc.hessian is for functions of one tensor, not of {len(args)}")
        x, = args
        if not isinstance(x, torch.Tensor):
            raise TypeError("dlc.hessian is for functions of one tensor, not of "
                            f"{type(x).__name__}")
        if not x.numel():
            return x.new_zeros((*x.shape, *x.shape))
        columns = [product((x,), (direction.reshape(tuple(x.shape)),))[1]
                   for direction in torch.eye(x.numel(), dtype=x.dtype)]
        return torch.stack(columns).reshape((*x.shape, *x.shape))

    return evaluate
