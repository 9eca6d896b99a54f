# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients of what torch.compile compiles, by the compiler's own derivatives.

A graph whose results need gradients becomes one artefact of two functions: the forward
part gives the results and what the backward part needs besides (-dl-split-vjp chooses
what), and a torch.autograd.Function calls the one and the other. The derivative of the
backward part is that of a program again, the gradient of the first: derivatives of any
order are made when they are asked for.

AOTAutograd takes care of what PyTorch's tensors are beyond their values: views, inputs
that are changed, one tensor in two places. It has a graph of forward and backward part
recorded, with PyTorch's derivatives, and compiled; while `captured()` is active the
forward part alone is.
"""

from __future__ import annotations

import contextlib
import unittest.mock
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

import torch
from torch._functorch._aot_autograd import graph_capture, graph_compile, runtime_wrappers
from torch._functorch._aot_autograd.functional_utils import assert_functional_graph
from torch._functorch._aot_autograd.graph_capture_wrappers import fn_prepped_for_autograd
from torch._functorch._aot_autograd.utils import simple_wraps
from torch.overrides import TorchFunctionMode

from . import detached, locations, recordable
from ._errors import DlcError
from .compiler import compile
from .tracefile import Json, Trace

_ATEN = torch.ops.aten

#: Makes what runs a graph: of the graph, which of its inputs need gradients, which of its
#: results have them, which inputs are changed afterwards, and what finishes the results
#: of a call.
MakeStep = Callable[[torch.fx.GraphModule, Set[int], Set[int], Set[int], Callable[..., Any]],
                    Callable[..., Any]]

#: Makes results of the outputs of a program, given what autograd keeps of the call.
Finish = Callable[[Any, Sequence[Any]], Tuple[Any, ...]]


#: Functions of which AOTAutograd records what has another derivative at a kink.
_KINKED = {torch.nn.functional.multi_margin_loss: recordable.multi_margin_loss}


class _Detaching(TorchFunctionMode):
    """Detaches what is computed where gradients are switched off."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (),
                           kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        func = _KINKED.get(func, func)
        if torch.is_grad_enabled():
            return func(*args, **kwargs)
        if detached.may_change(getattr(func, "__name__", ""), kwargs):  # what is given is kept
            return func(*args[:1], *detached.without_gradients(args[1:]),
                        **detached.without_gradients(kwargs))
        return detached.without_gradients(func(*args, **kwargs))


def _capture(flat_fn: Any, flat_args: Any, flat_args_descs: Any, aot_config: Any, *,
             fw_metadata: Any) -> Any:
    """As AOTAutograd's aot_dispatch_autograd_graph, but of the forward part alone, in which
    nothing requires gradients. The graph notes which of its results have cotangents."""
    prepared: Any = fn_prepped_for_autograd(flat_fn, flat_args_descs, fw_metadata, aot_config)
    has_cotangent: List[bool] = []

    @simple_wraps(flat_fn)
    def forward(*args: Any) -> Any:
        with torch.enable_grad(), _Detaching():
            (results, has_cotangent[:]), (described, _) = prepared(*args)
        return results, described

    args = graph_capture._detach_traced_inputs(flat_args)
    state = graph_capture._prepare_graph_capture_tracing(
        forward, args, flat_args_descs, flat_fn, fw_metadata=fw_metadata, aot_config=aot_config,
        trace_joint=False)
    if state.maybe_subclass_meta is not None:
        raise DlcError("tensors of a class of their own have no gradients by the backend dlc")
    module, saved = graph_capture._create_graph_and_save_traced_inputs(
        state.fn_to_trace, state.flat_args, state.flat_args_descs, aot_config=aot_config)
    module.graph.eliminate_dead_code()
    assert_functional_graph(module.graph)
    module.recompile()
    module.meta["dlc_has_cotangent"] = has_cotangent
    return module, saved, state.flat_args_descs, None


def _reached(module: torch.fx.GraphModule, results: Set[int]) -> Set[int]:
    """The numbers of the inputs that results depend on by way of floats."""
    placeholders = [n for n in module.graph.nodes if n.op == "placeholder"]
    output: Any = next(n for n in module.graph.nodes if n.op == "output")
    queue = [output.args[0][i] for i in results]
    seen: Set[torch.fx.Node] = set()
    while queue:
        node = queue.pop()
        if node in seen or node.target is _ATEN.detach.default or not any(
                isinstance(v, torch.Tensor) and (v.is_floating_point() or v.is_complex())
                for v in torch.utils._pytree.tree_leaves(node.meta.get("val"))):
            continue
        seen.add(node)
        queue += node.all_input_nodes
    return {i for i, node in enumerate(placeholders) if node in seen}


def _check_changes(module: torch.fx.GraphModule) -> None:
    """Refuses, in the graph that Dynamo recorded, what a graph without updates in place
    can't say (gradients flow past a change under torch.no_grad()), and derivatives that are
    Python code."""
    is_on, differentiable = True, _differentiable(module)
    for node in module.graph.nodes:
        name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
        if name == "_set_grad_enabled":
            is_on = node.args[0]
        where = locations.prefix(node)
        if name == "autograd_function_apply" or node.target is getattr(
                torch.ops.higher_order, "autograd_function_apply", None):
            raise DlcError(f"{where}the program calls a torch.autograd.Function, whose own "
                           "derivative the backend dlc doesn't take: put torch.compiler.disable "
                           "around it")
        if name == "register_hook":
            raise DlcError(f"{where}the program registers a hook on a tensor's gradient, which the "
                           "backend dlc doesn't call: register it outside the compiled code, or put "
                           "torch.compiler.disable around it")
        if any(detached.memory_of(value) in differentiable and not (is_on and value.requires_grad)
               for value in _changed(node, name)):
            how = "under torch.no_grad(), between ops that are differentiated" if not is_on \
                else "by way of what was detached from it"
            raise DlcError(f"{where}'{name}' changes a tensor that requires gradients {how}, which "
                           "isn't supported")


def _examples(nodes: Any) -> List[torch.Tensor]:
    """The example values of some nodes that are tensors of floats."""
    values = [node.meta.get("example_value") for node in torch.utils._pytree.tree_leaves(nodes)
              if isinstance(node, torch.fx.Node)]
    return [value for value in torch.utils._pytree.tree_leaves(values) if detached.is_float(value)]


def _differentiable(module: torch.fx.GraphModule) -> Set[Any]:
    """The memory of all tensors that require gradients."""
    found = {detached.memory_of(value) for value in _examples(list(module.graph.nodes))
             if value.requires_grad}
    return found - {None}


def _changed(node: torch.fx.Node, name: str) -> List[torch.Tensor]:
    """What the node changes in place."""
    if not detached.may_change(name, node.kwargs):
        return []
    return _examples([node.args[:1], node.kwargs.get("out")])


@contextlib.contextmanager
def captured(module: torch.fx.GraphModule, kept: Callable[[], contextlib.AbstractContextManager[Any]],
             make_step: MakeStep) -> Iterator[None]:
    """While it is active AOTAutograd captures graphs with `kept()`, and has those that need
    gradients, which come of the module, made by `make_step`."""

    def capture_base(*args: Any, **kwargs: Any) -> Any:
        with kept():
            return base(*args, **kwargs)

    def capture(*args: Any, **kwargs: Any) -> Any:
        _check_changes(module)
        with kept():
            return _capture(*args, **kwargs)

    def make(state: Any, graph: Any, *compilers: Any) -> Any:
        metadata, config = state.fw_metadata, state.aot_config
        results = {i for i, has in enumerate(graph.graph_module.meta["dlc_has_cotangent"]) if has}
        reached = _reached(graph.graph_module, results)
        infos = enumerate(metadata.input_info)
        needed = {i for i, info in infos if info.requires_grad} & reached
        changed = {i for i, info in enumerate(metadata.input_info) if info.mutates_data}
        step = make_step(graph.graph_module, needed, results, changed,
                         runtime_wrappers._AutogradForwardEpilogue(metadata).finalize)
        left = [i for i, info in enumerate(metadata.input_info)
                if info.requires_grad and not info.is_leaf and i not in needed]
        function = runtime_wrappers.RuntimeWrapper(
            indices_of_inps_to_detach=left, trace_joint=True,
            disable_amp=torch._C._is_any_autocast_enabled()).post_compile(
                step, config, runtime_metadata=metadata)
        return runtime_wrappers.post_compile(graph.wrappers, function, config,
                                             runtime_metadata=metadata)

    base = getattr(graph_compile, "aot_dispatch_base_graph")
    with contextlib.ExitStack() as stack:
        for name, ours in (("aot_dispatch_base_graph", capture_base),
                           ("aot_dispatch_autograd_graph", capture),
                           ("aot_stage2_autograd", make)):
            stack.enter_context(unittest.mock.patch.object(graph_compile, name, ours))
        yield


class Differentiable:
    """A program that can be called with tensors that require gradients.

    `inputs` and `outputs` are its tensors' names, in order; `wrt`
    the numbers of inputs that have gradients, `of` those of the outputs that have cotangents,
    `overwritten` those of inputs that the caller changes before the backward part."""

    def __init__(self, trace: Trace, inputs: Sequence[str], outputs: Sequence[str],
                 wrt: Sequence[int], of: Sequence[int], overwritten: Sequence[int],
                 options: Dict[str, Any]) -> None:
        self.trace, self.inputs, self.outputs = trace, list(inputs), list(outputs)
        self.wrt, self.of, self.overwritten = list(wrt), list(of), list(overwritten)
        self.options = options
        split = self._request(primal=True, split=True, overwritten=self.overwritten)
        self.compiled = compile(self._asking(split), **options)
        self.gradient: Optional[Differentiable] = None  # made when it is needed
        given = [s["name"] for s in self.compiled.signature["outputs"]]
        backward, = self.compiled.signature["functions"]
        places = {name: ("given", i) for i, name in enumerate(given)}
        places.update((name, ("input", i)) for i, name in enumerate(self.inputs))
        places.update((name, ("cotangent", i)) for i, name in enumerate(split["directions"]))
        #: Where each input of the backward part comes from.
        self.sources = [places[spec["name"]] for spec in backward["inputs"]]
        self.kept = sorted({i for kind, i in self.sources if kind == "input"})
        self.saved = [i for kind, i in self.sources if kind == "given"]

    def _request(self, **more: Any) -> Json:
        suffix = f"_{len(self.trace.document.get('derivatives', []))}"
        return {"mode": "vjp", "wrt": self.wrt, "of": self.of,
                "directions": [f"cotangent_{self.outputs[i]}{suffix}" for i in self.of],
                "results": [f"grad_{self.inputs[i]}{suffix}" for i in self.wrt], **more}

    def _asking(self, request: Json) -> Trace:
        document = self.trace.document
        requests = [*document.get("derivatives", []), request]
        return Trace(dict(document, derivatives=requests), self.trace.weights)

    def get_gradient(self) -> Differentiable:
        """The program that takes the inputs and cotangents, and gives the gradients."""
        if self.overwritten:
            raise DlcError("the compiled function changes its inputs in place, so that its "
                           "gradients have no derivatives (create_graph=True)")
        if self.gradient is None:
            request = self._request(primal=False)
            inputs = self.inputs + request["directions"]
            wrt = self.wrt + list(range(len(self.inputs), len(inputs)))
            self.gradient = Differentiable(self._asking(request), inputs, request["results"], wrt,
                                           range(len(self.wrt)), (), self.options)
        return self.gradient

    def apply(self, values: Sequence[Any], finish: Optional[Finish] = None,
              places: Optional[Sequence[int]] = None) -> Tuple[Any, ...]:
        """The results: the program's outputs, or what `finish` makes of them, in which
        case `places` says where among its results those of `of` are."""
        call: Callable[..., Tuple[Any, ...]] = getattr(_Function, "apply")
        return call(self, finish or _as_they_are, self.of if places is None else places, *values)


def _as_they_are(ctx: Any, outputs: Sequence[Any]) -> Tuple[Any, ...]:
    return tuple(outputs)


class _Function(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, program: Differentiable, finish: Finish, places: Sequence[int],
                *values: Any) -> Tuple[Any, ...]:
        given = program.compiled.run(values, torch.Tensor)
        results = finish(ctx, given[:len(program.outputs)])
        ctx.program, ctx.places = program, places
        #: Inputs that only a derivative of the gradients needs, as they are now.
        ctx.others = {i: (value, getattr(value, "_version", 0)) for i, value in enumerate(values)
                      if i not in program.kept or not isinstance(value, torch.Tensor)}
        ctx.save_for_backward(*(values[i] for i in program.kept if i not in ctx.others),
                              *(given[i] for i in program.saved))
        return results

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Tuple[Any, ...]:
        program: Differentiable = ctx.program
        saved = iter(ctx.saved_tensors)
        inputs = {i: next(saved) for i in program.kept if i not in ctx.others}
        values = {("input", i): value for i, (value, _) in ctx.others.items()}
        values.update((("input", i), value) for i, value in inputs.items())
        values.update((("given", i), next(saved)) for i in program.saved)
        directions = [cotangents[i] for i in ctx.places]
        values.update((("cotangent", i), value) for i, value in enumerate(directions))
        if torch.is_grad_enabled():
            gradient = program.get_gradient()
            if any(getattr(v, "_version", 0) != version for v, version in ctx.others.values()):
                raise DlcError("an input of the compiled function was changed in place after the "
                               "call, and a derivative of its gradients (create_graph=True) "
                               "needs it as it was")
            found: Sequence[Any] = gradient.apply(
                [values["input", i] for i in range(len(program.inputs))] + directions)
        else:
            found = program.compiled.run([values[source] for source in program.sources],
                                         torch.Tensor, function=1)
        gradients = dict(zip(program.wrt, found))
        return (None, None, None, *(gradients.get(i) for i in range(len(program.inputs))))
