# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What torch.export took for granted of open sizes, as nodes that check it.

Where a program asks for a size that is open (`Dim.AUTO`, `Dim.DYNAMIC`), torch.export records what
happens to the example, and keeps the answer as Python's text in `ExportedProgram._guards_code`:
"(L['x'].size()[0] % 2) == 0". lib/Import/Torch/SizeGuards.cpp does the same for .pt2 files.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Dict, List, Optional, Tuple

import torch

from ._errors import TraceError

Json = Dict[str, Any]

_BINARY = {
    ast.Add: "operator.add", ast.Sub: "operator.sub", ast.Mult: "operator.mul",
    ast.FloorDiv: "operator.floordiv", ast.Div: "operator.truediv", ast.Mod: "operator.mod",
    ast.Pow: "operator.pow"}

_COMPARISONS = {
    ast.Eq: "operator.eq", ast.NotEq: "operator.ne", ast.Lt: "operator.lt", ast.LtE: "operator.le",
    ast.Gt: "operator.gt", ast.GtE: "operator.ge"}

_FUNCTIONS = {
    "max": "torch.sym_max", "min": "torch.sym_min", "math.floor": "math.floor",
    "math.ceil": "math.ceil", "math.trunc": "torch.sym_int", "torch.sym_float": "torch.sym_float"}


class _NotKnown(Exception):
    pass


def readable(guard: str) -> str:
    """A guard as one would write it: "(x.shape[0] % 2) == 0"."""
    return re.sub(r"L\['(\w+)'\]", r"\1", guard).replace(".size()", ".shape")


class _Writer:
    """The nodes of the guards."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        users = set(program.graph_signature.user_inputs)
        self.inputs = {node.name: node.meta.get("val") for node in program.graph.nodes
                       if node.op == "placeholder" and node.name in users}
        self.ranges = program.range_constraints
        self.nodes: List[Json] = []
        #: Of the guards made already: the values.
        self.made: Dict[str, Json] = {}

    def write(self, guard: str) -> None:
        try:
            tree = ast.parse(guard, mode="eval").body
            if self._is_implied(tree):
                return
            condition = self._value(tree)
        except (_NotKnown, SyntaxError):
            raise TraceError(f"the program holds only where {readable(guard)}, as in the example, "
                             "and a compiled model can't check that: leave those sizes out of "
                             "dynamic_shapes") from None
        message = f"the program was recorded for {readable(guard)}, which doesn't hold"
        self._node("aten._assert_scalar.default", self=condition, assert_msg=message)

    def _node(self, op: str, /, **args: Any) -> Json:
        key = repr((op, args))
        if key not in self.made:
            self.made[key] = {"value": f"guard.{len(self.nodes)}"}
            self.nodes.append({"op": op, "args": [list(pair) for pair in args.items()],
                               "results": [self.made[key]]})
        return self.made[key]

    def _size(self, tree: ast.AST) -> Optional[Tuple[str, int]]:
        """The input and dimension of L['x'].size()[0]; None if it isn't that."""
        found = re.fullmatch(r"L(.*)\.size\(\)\[(\d+)\]", ast.unparse(tree))
        if not found or not isinstance(tree, ast.Subscript):
            return None
        # As torch.export names the inputs: L['a'][0] is a_0.
        path = re.findall(r"\['([^']*)'\]|\[(\d+)\]|\.(\w+)", found[1])
        name = "_".join(re.sub(r"\W", "_", "".join(part)).lower() for part in path)
        value = self.inputs.get(name)
        if not isinstance(value, torch.Tensor) or int(found[2]) >= value.dim():
            raise _NotKnown
        return name, int(found[2])

    def _is_implied(self, tree: ast.AST) -> bool:
        """Whether the inputs' types and the ranges of symbols say it already."""
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
            return False
        left, right = self._size(tree.left), self._size(tree.comparators[0])
        if not left:
            return False
        size: Any = self.inputs[left[0]].shape[left[1]]
        if right:
            return isinstance(tree.ops[0], ast.Eq) and \
                str(size) == str(self.inputs[right[0]].shape[right[1]])
        number = getattr(tree.comparators[0], "value", None)
        limits = self.ranges.get(size.node.expr) if isinstance(size, torch.SymInt) else None
        if type(number) is not int or limits is None:
            return False
        lower, upper = limits.lower, limits.upper
        return bool({ast.GtE: lower >= number, ast.Gt: lower > number, ast.LtE: upper <= number,
                     ast.Lt: upper < number,
                     ast.NotEq: lower > number or upper < number}.get(type(tree.ops[0])))

    def _value(self, tree: ast.AST) -> Any:
        """What an expression is: a number, or the value that a node makes."""
        if isinstance(tree, ast.Constant) and type(tree.value) in (int, float):
            return tree.value
        size = self._size(tree)
        if size:
            return self._node("aten.sym_size.int", self={"value": size[0]}, dim=size[1])
        if isinstance(tree, ast.BinOp) and type(tree.op) in _BINARY:
            return self._binary(_BINARY[type(tree.op)], tree.left, tree.right)
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            return self._node("operator.neg", a=self._value(tree.operand))
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
            return self._node("torch.sym_not", a=self._value(tree.operand))
        if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and \
                type(tree.ops[0]) in _COMPARISONS:
            return self._binary(_COMPARISONS[type(tree.ops[0])], tree.left, tree.comparators[0])
        if isinstance(tree, ast.BoolOp):
            op = "operator.and" if isinstance(tree.op, ast.And) else "operator.or"
            return self._fold(op, tree.values)
        if isinstance(tree, ast.Call) and not tree.keywords and tree.args:
            op = _FUNCTIONS.get(ast.unparse(tree.func), "")
            if op in ("torch.sym_max", "torch.sym_min"):
                return self._fold(op, tree.args)
            if op and len(tree.args) == 1:
                return self._node(op, a=self._value(tree.args[0]))
        raise _NotKnown

    def _binary(self, op: str, left: ast.AST, right: ast.AST) -> Json:
        return self._node(op, a=self._value(left), b=self._value(right))

    def _fold(self, op: str, trees: List[Any]) -> Any:
        value = self._value(trees[0])
        for tree in trees[1:]:
            value = self._node(op, a=value, b=self._value(tree))
        return value


def nodes_of(program: torch.export.ExportedProgram) -> List[Json]:
    """Nodes of a trace that end the run where a guard of `program` doesn't hold."""
    writer = _Writer(program)
    for guard in program._guards_code:
        writer.write(guard)
    return writer.nodes
