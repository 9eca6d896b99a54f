# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Why PyTorch can't record a program, in terms of the program."""

from __future__ import annotations

import re
from typing import Any, Callable

import sympy  # type: ignore[import-untyped]
import torch
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

_FIXED = "{0} is {1} in the example, and PyTorch takes 0 and 1 for fixed sizes: give an example " \
    "of 2 or more"

_NUMBER = "the program needs a tensor's value as a number of Python's: keep it a tensor; torch.cond " \
    "and torch.where choose by such a value"

#: What PyTorch's messages begin with or contain, and what is said instead; `{0}`, `{1}` are
#: the pattern's groups.
_KNOWN = tuple((re.compile(pattern, re.DOTALL), sentence) for pattern, sentence in (
    (r"You marked (\S+) as dynamic but your code specialized it to be a constant \(([01])\)",
     _FIXED),
    (r"0/1 specialized due to hint of [01] for dimension inputs\['(\w+)'\]\.shape\[(\d+)\]",
     "dimension {1} of '{0}' is 0 or 1 in the example, and PyTorch takes those for fixed sizes: "
     "give an example of 2 or more"),
    (r"You marked (\S+) as dynamic but your code specialized it to be a constant \((\d+)\)",
     "it works only where {0} is {1}, as in the example: leave that size out of dynamic_shapes, "
     "or write the program without the number"),
    (r"The values of (\S+) = \S+ and (\S+) = \S+ must always be equal",
     "the sizes {0} and {1} must always be equal: give both the same Dim"),
    (r"Constraints violated.*Suggested fixes:\n *(.*)",
     "it works for a part of the sizes only: declare them by {0}"),
    (r"^(\d+) not in range \[(\d+), (\S+)\]",
     "a size of the example, {0}, isn't in the range of its Dim, {1} to {2}"),
    (r"Constant (\S+) is mutated in the forward method",
     "the program changes the tensor '{0}' of its module, and a compiled model keeps buffers only "
     "from call to call: make it one (register_buffer)"),
    (r"operator '\S+' is not functional",
     "what torch.cond, while_loop, scan and map take changes a tensor in place that it is given: "
     "return the new value instead"),
    (r"does not have a field with name '__obj_flatten__'",
     "the program has weights that only PyTorch's own code reads, as torch.ao.quantization and "
     "mkldnn pack them: give the model as it was before"),
    (r"^Cannot access data pointer of Tensor",
     "the program reads a tensor's memory, as copy.deepcopy, pickle and ctypes do, and it has none "
     "while it is recorded: use PyTorch's functions, such as clone()"),
    (r"^\.numpy\(\) is not supported",
     "the program takes a tensor to NumPy, whose functions can't be recorded: use PyTorch's"),
    (r"cond's output stride is not",
     "a branch of torch.cond returns a part of a tensor that isn't dense in memory: return its "
     "clone() there"),
    (r"Attempting to use FunctionalTensor on its own",
     "a branch or loop in another one reads a tensor that is made of a number there "
     "(torch.tensor(0)): make it by torch.zeros or torch.full, or outside"),
    (r"cannot register a hook on a tensor that doesn't require gradient",
     "the program registers a hook on a tensor's gradient, which a program that is recorded "
     "doesn't have"),
    (r"Could not extract specialized integer from data-dependent", _NUMBER),
    (r"Higher order ops do not support aliasing|cond_\w+ might be aliasing the input or the output",
     "what torch.cond, while_loop and scan take may return none of its inputs, and no tensor "
     "twice: return x.clone() there"),
    (r"^Found <class '(?:\S+\.)?(\w+Cache)'> in output, which is not a known type",
     "it returns {0}, a class whose parts PyTorch doesn't know: a model of transformers leaves it "
     "out where use_cache=False is given, dlc.compile(model, x, kwargs={{'use_cache': False}})"),
    (r"^Found <class 'complex'> in output",
     "it returns a complex number of Python's, which is neither a tensor nor a constant that a "
     "compiled model gives: return torch.tensor of it"),
    (r"^Found <class '(?:\S+\.)?(\w+)'> in output, which is not a known type",
     "it returns {0}, a class whose parts PyTorch doesn't know: register it, a dataclass by "
     "torch.export.register_dataclass({0}), another class by "
     "torch.utils._pytree.register_pytree_node"),
    (r"^Unsupported input type <class '(?:\S+\.)?(\w+)'>",
     "it takes {0}, a class whose parts PyTorch doesn't know: register it, a dataclass by "
     "torch.export.register_dataclass({0}), another class by "
     "torch.utils._pytree.register_pytree_node"),
))


def reason_of(error: BaseException) -> str:
    """One sentence on an error of PyTorch's."""
    if isinstance(error, GuardOnDataDependentSymNode):
        if _is_from(error, getattr(torch, "_assert")):
            return "torch._assert needs a tensor's value when the program is recorded: " \
                "torch._assert_async(condition, message) asserts it in each call"
        if isinstance(error.cond, (sympy.core.relational.Relational,
                                   sympy.logic.boolalg.BooleanFunction)):
            return "the program branches on a tensor's value, or on a size that follows from " \
                "one: torch.cond and torch.where choose by such a value"
        return _NUMBER
    raised = re.search(r"(?:raised exception|fake tensors: .*got) \w+\((['\"])(.*?)\1\)$",
                       str(error), re.MULTILINE)
    text, *rest = str(error).strip().split("\n\n")
    if text.endswith(":") and rest:  # the reason is what follows
        text = rest[0]
    text = raised[2] if raised else _without_hints(text)
    for pattern, sentence in _KNOWN:
        found = pattern.search(text)
        if found:
            return sentence.format(*(_plain(group) for group in found.groups()))
    guards = _guards(text) or _least(text)
    if guards:
        return guards
    text = re.split(r"\s*For more information", text)[0]
    return " ".join(text.split()) or type(error).__name__


#: What other programs say to PyTorch by functions, and TorchScript by its own words.
_IN_SCRIPT = ((r"what torch\.cond(?:, [\w, ]+? take| takes)", "a branch or loop"),
              (r"a branch of torch\.cond", "a branch"),
              (r"torch\.cond and torch\.where", "`if` and torch.where"))


def reason_in_script(error: BaseException) -> str:
    """`reason_of` in terms of TorchScript."""
    text = reason_of(error)
    for pattern, words in _IN_SCRIPT:
        text = re.sub(pattern, words, text)
    return text


def _is_from(error: BaseException, function: Callable[..., Any]) -> bool:
    """Whether a function of Python's has raised an error."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code is not getattr(function, "__code__", None):
        trace = trace.tb_next
    return trace is not None


def _without_hints(text: str) -> str:
    """What Dynamo explains, without its hints on torch.compile, and in which branch or loop."""
    found = re.search(r"^\s*Explanation: (.*?)(?=^\s*(?:Hint|Developer debug context):|\Z)", text,
                      re.DOTALL | re.MULTILINE)
    operator = re.search(r"Higher Order Operator: (\S+)", text)
    where = f"in what {operator[1]} takes, " if operator else ""
    return f"{where}{found[1] if found else text}"


def _guards(text: str) -> str:
    """What PyTorch can't show of open sizes, each by the name of its Dim; empty where the
    error isn't about that."""
    names = dict((size, name) for name, size in
                 re.findall(r"values of (\w+) = (L\[.*?\]\.size\(\)\[\d+\])", text))
    found = []
    for limits, guard in re.findall(r"Not all values of .*? in the specified range (.*?) satisfy "
                                    r"the generated guard (.*?)\.?$", text, re.MULTILINE):
        for size, name in names.items():
            guard = guard.replace(size, name)
        guard = re.sub(r"torch\.sym_float\(([^()]*)\)", r"\1", _plain(guard))
        found.append(f"{guard.replace('math.', '')} for all {_plain(limits)}")
    return "" if not found else \
        f"PyTorch can't show that {', '.join(found)}: give the Dim a narrower range, such as by a " \
        "larger min, or leave that size out of dynamic_shapes"


def _least(text: str) -> str:
    """The least size that torch.export could not write down, because it follows from a fraction;
    empty where the error isn't about that."""
    found = re.search(r"^Expected op to be '==', got <=? for (\d+)/(\d+) <=? (\w+)$", text)
    if not found:
        return ""
    least = -(-int(found[1]) // int(found[2]))
    return f"it works for a part of the sizes only: give the Dim {found[3]} a larger min, " \
        f"{least} or more"


def _plain(text: str) -> str:
    """A part of PyTorch's message in one line, dimensions in words."""
    text = re.sub(r"L\['(\w+)'\]\.size\(\)\[(\d+)\]", r"dimension \2 of '\1'", text)
    return ", ".join(filter(None, map(str.strip, text.splitlines())))


def may_fail(condition: Any) -> bool:
    """Whether a condition on sizes doesn't hold for some of the usual ones."""
    sizes = (2, 3, 4, 5, 7, 8, 16, 31, 64, 100, 1000)
    return any(condition.subs(dict.fromkeys(condition.free_symbols, size)) == sympy.false
               for size in sizes)
