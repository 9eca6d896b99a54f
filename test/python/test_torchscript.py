# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""TorchScript, traced and scripted: control flow, updates in place, state, exceptions."""

import unittest
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from frontend import FrontendTest, dlc
from torch import nn


@torch.library.custom_op("dlc_tests::scripted", mutates_args=())
def unknown(x: torch.Tensor) -> torch.Tensor:
    """An op that dlc doesn't import."""
    return x.clone()


@unknown.register_fake
def _(x):
    return torch.empty_like(x)


@torch.jit.script
def of_lists(x):
    rows, columns = x.size(0), x.size(1)
    chosen = x[[0, 2]] + torch.tensor([1.0, 2.0, 3.0, 4.0])
    return chosen * torch.tensor([[rows, 2, 1, 0]]) + max([rows, columns]) - min([rows, columns])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.linear = nn.Linear(4, 2)

    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)))
        return self.linear(y.mean([2, 3]).view(x.shape[0], -1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0]


class Counter(nn.Module):
    """A buffer and a plain attribute that a call changes, one of them only at times."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.calls = torch.ones(3)

    def forward(self, x):
        self.mean = torch.tanh(self.mean + x)
        if bool(x.sum() > 0):
            self.calls = self.calls + 1
        else:
            self.mean.mul_(2)
        return self.mean * self.calls


class Grows(nn.Module):
    def __init__(self):
        super().__init__()
        self.state = torch.zeros(0)

    def forward(self, x):
        if len(self.state) == 0:
            self.state = torch.zeros(3)
        self.state = self.state + x
        return self.state * 2


class Containers(nn.Module):
    """Tensors in a list and a dict that a call changes."""

    window: List[torch.Tensor]
    sums: Dict[str, torch.Tensor]

    def __init__(self):
        super().__init__()
        self.window = [torch.zeros(3), torch.zeros(3)]
        self.sums = {"all": torch.zeros(3), "large": torch.zeros(3)}

    def forward(self, x):
        self.window[0], self.window[1] = self.window[1], self.window[0] + x
        self.sums["all"] = self.sums["all"] + x
        if bool(x.sum() > 0):
            self.sums["large"] = x * 2
        else:
            self.sums["large"].add_(1)
        rounds = torch.tensor(0)
        while bool(rounds < 2):
            self.sums["all"] = self.sums["all"] * 2
            rounds = rounds + 1
        return self.window[0] + self.sums["all"] * self.sums["large"]


class Appends(nn.Module):
    seen: List[torch.Tensor]

    def __init__(self):
        super().__init__()
        self.seen = [torch.zeros(3)]

    def forward(self, x):
        self.seen.append(x)
        return x + len(self.seen)


class Counts(nn.Module):
    calls: List[int]

    def __init__(self):
        super().__init__()
        self.calls = [0]

    def forward(self, x):
        self.calls[0] += 1
        return x * self.calls[0]


class ReadsInBranch(nn.Module):
    """Reads a weight, a number and a list in a branch, and changes a buffer that is named
    as a weight is."""

    def __init__(self):
        super().__init__()
        self.linear, self.factor, self.shifts = nn.Linear(3, 3), 2.0, [1, 5]
        self.register_buffer("weight", torch.zeros(3))

    def forward(self, x):
        if bool(x.sum() > 0):
            y = self.linear(x) * self.factor
            self.weight = self.weight + y
        else:
            y = x + self.shifts[1]
        return y + self.weight


class SharedBuffer(nn.Module):
    def __init__(self, sets: bool):
        super().__init__()
        self.register_buffer("sum", torch.zeros(3))
        self.register_buffer("other", self.sum)
        self.sets = sets

    def forward(self, x):
        if self.sets:
            self.sum = self.sum + x
        else:
            self.sum.add_(x)
        return self.other * 1


class Pair(NamedTuple):
    first: torch.Tensor
    rest: Dict[str, Tuple[torch.Tensor, int]]


@torch.jit.script
def pair(x):
    if bool(x.sum() > 0):
        result = Pair(x, {"a": (x * 2, 3)})
    else:
        result = Pair(x + 1, {"a": (x, 4)})
    return result


class Forks(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        tasks = [torch.jit.fork(self.linear, x), torch.jit.fork(self.linear, x * 2)]
        return torch.jit.wait(tasks[0]) - torch.jit.wait(tasks[1])


@torch.jit.script
def perhaps(x):
    y: Optional[torch.Tensor] = None
    if bool(x.sum() > 0):
        y = x
    return y


@torch.jit.script
def branch(x):
    if bool(x.sum() > 0):
        y, n = x * 2, 3
    else:
        y, n = x - 1, 4
    return y, n


@torch.jit.script
def update_in_branch(x):
    x = x.clone()
    row = x[0]
    if bool(x[1, 0] > 0):
        row.add_(10)
        x[1:] *= 2
    return x


@torch.jit.script
def refuse_negative(x):
    if bool((x < 0).any()):
        raise ValueError("negative numbers have no root")
    return x.sqrt()


@torch.jit.script
def build_list(x, n: int):
    parts: List[torch.Tensor] = []
    for i in range(n):
        parts.append(x * i)
        if i == 3:
            break
    return torch.stack(parts)


@torch.jit.script
def double(x):
    rounds = 0
    while bool(x.sum() < 100):
        x = x * 2
        rounds += 1
    return x, rounds


@torch.jit.script
def rows(x):
    y = torch.zeros_like(x)
    for i in range(x.size(0)):
        y[i] = x[i].cumsum(0) * i
    return y


@torch.jit.script
def many_rounds(x):
    for i in range(100):
        x = torch.sin(x) + i
    return x


@torch.jit.script
def carry_float(x):
    total = 0.0
    for i in range(x.size(0)):
        value = float(x[i])
        if value > 0.0:
            total += value
        else:
            total -= 1.0
    return torch.tensor(total)


@torch.jit.script
def containers(x, scale: Optional[float] = None) -> Dict[str, Tuple[torch.Tensor, int]]:
    if scale is None:
        scale = 2.0
    found = {"a": (x * scale, x.dim())}
    found["b"] = (x.view([-1] + [s for s in x.shape[1:]]), len(found))
    return found


@torch.jit.script
def until(x):
    total = torch.zeros(1)
    for i in range(x.size(0)):
        if bool(x[i] < -1):
            break
        total = total + x[i]
    return total


@torch.jit.script
def left_twice(x):
    rounds = 0
    while True:
        x = x * 2
        rounds += 1
        if bool(x.sum() > 100):
            break
        if rounds > 5:
            break
    return x


@torch.jit.script
def count(x):
    n = 0
    for i in range(x.size(0)):
        if bool(x[i] > 0):
            n += 1
            continue
        if bool(x[i] < -3):
            break
    return torch.tensor(n)


@torch.jit.script
def first(x):
    if bool(x.sum() > 20):
        return x + 1
    for i in range(x.size(0)):
        if bool(x[i] < -5):
            return x * i
    return x - 1


class TorchScriptTest(FrontendTest):
    def check(self, model, *inputs, **options):
        """Compiled for the first inputs, a model gives its own results on all."""
        compiled = dlc.compile(model, *inputs[0], **options)
        for args in inputs:
            self.assert_close(compiled(*args), model(*args))
        return compiled

    def test_traced_and_scripted_modules(self):
        model, batch = Net().eval(), torch.export.Dim("batch")
        images = [(torch.randn(n, 3, 8, 8),) for n in (2, 5)]
        for script in (torch.jit.trace(model, images[0]), torch.jit.script(model)):
            self.check(script, *images, dynamic_shapes=({0: batch},))

    def test_recurrent_networks_stay_whole(self):
        model, x = Recurrent().eval(), torch.randn(2, 3, 4)
        for script in (torch.jit.trace(model, x), torch.jit.script(model)):
            self.check(script, (x,))
            self.assertIn("aten.lstm.input", dlc.trace(script, x).ops)

    def test_weights_keep_their_names(self):
        trace = dlc.trace(torch.jit.script(Net().eval()), torch.randn(2, 3, 8, 8))
        self.assertLessEqual({"conv.weight", "linear.bias"}, set(trace.weights))

    def test_branches(self):
        self.check(branch, (torch.ones(3),), (-torch.ones(3),))
        self.check(update_in_branch, (torch.ones(3, 2),), (-torch.ones(3, 2),))
        self.assertIn("higher_order.cond", dlc.trace(branch, torch.ones(3)).ops)

    def test_loops(self):
        self.check(build_list, (torch.randn(3), 3))
        self.check(build_list, (torch.randn(3), 9))
        self.check(double, (torch.ones(3),), (5 * torch.ones(3),), (50 * torch.ones(3),))
        self.check(many_rounds, (torch.randn(3),))
        self.assertIn("higher_order.while_loop", dlc.trace(many_rounds, torch.randn(3)).ops)

    def test_loops_that_data_ends(self):
        inputs = [(torch.tensor(x),) for x in ([1.0, 2, 3, 4], [-2.0, 1, 1, 1], [1.0, -1, -9, 1],
                                               [9.0, 9, 9, 9], [0.0, 1, -2, -8])]
        for function in (until, count, first):
            self.check(function, *inputs)

    def test_loops_over_open_sizes(self):
        size = torch.export.Dim("rows")
        self.check(rows, (torch.randn(5, 3),))
        self.check(rows, *[(torch.randn(n, 3),) for n in (5, 9, 2)],
                   dynamic_shapes=({0: size},))
        self.check(carry_float, (torch.randn(6),))
        self.check(carry_float, *[(torch.randn(n),) for n in (6, 3)],
                   dynamic_shapes=({0: size},))

    def test_question_about_the_layout(self):
        def function(x):
            return x * 2 if x.is_contiguous() else x + 1

        script = torch.jit.script(function)
        for x in (torch.randn(2, 3), torch.randn(3, 2).t()):
            self.check(script, (x,))

    def test_state(self):
        model = torch.jit.script(Counter())
        compiled = dlc.compile(model, torch.randn(3))
        for x in (torch.ones(3), -torch.ones(3), torch.randn(3)):
            self.assert_close(compiled(x), model(x))

    def test_state_that_changes_its_shape_is_refused(self):
        model = torch.jit.script(Grows())
        with self.assertRaisesRegex(dlc.TraceError, "'state' changes .* call the module before"):
            dlc.trace(model, torch.ones(3))
        model(torch.ones(3))
        self.check(model, (torch.ones(3),))

    def test_state_in_lists_and_dicts(self):
        model = torch.jit.script(Containers())
        compiled = dlc.compile(model, torch.randn(3))
        for x in (torch.ones(3), -torch.ones(3), torch.randn(3), torch.randn(3)):
            self.assert_close(compiled(x), model(x))

    def test_lists_that_grow_and_numbers_that_change_are_refused(self):
        for model, attribute in ((Appends(), "seen"), (Counts(), "calls")):
            with self.assertRaisesRegex(dlc.TraceError, rf"test_torchscript\.py:\d+: the attribute "
                                        f"'{attribute}' changes .* only tensors can be state"):
                dlc.trace(torch.jit.script(model), torch.ones(3))

    def test_what_a_branch_only_reads_is_no_state(self):
        model = torch.jit.script(ReadsInBranch().eval())
        compiled = dlc.compile(model, torch.ones(3))
        self.assertEqual(list(compiled.state), ["weight"])
        for x in (torch.ones(3), -torch.ones(3), torch.randn(3)):
            self.assert_close(compiled(x), model(x))

    def test_attributes_that_share_a_tensor(self):
        model = torch.jit.script(SharedBuffer(sets=False))
        compiled = dlc.compile(model, torch.ones(3))
        for x in (torch.ones(3), torch.randn(3)):
            self.assert_close(compiled(x), model(x))
        with self.assertRaisesRegex(dlc.TraceError, "it begins as one tensor with another attribute"):
            dlc.trace(torch.jit.script(SharedBuffer(sets=True)), torch.ones(3))

    def test_conditions_by_item(self):
        for function in (sign_by_item, halved_by_item):
            compiled = dlc.compile(torch.jit.script(function), torch.ones(4))
            for x in (torch.ones(4), -torch.ones(4)):
                self.assert_close(compiled(x), function(x))

    def test_hints_are_in_its_own_terms(self):
        @torch.jit.script
        def bad(x):
            return x.transpose(int(x.sum().item()), 0)

        with self.assertRaisesRegex(dlc.TraceError, "`if` and torch.where choose by such a value"):
            dlc.trace(bad, torch.ones(3, 1))

    def test_named_tuples(self):
        compiled = dlc.compile(pair, torch.ones(3))
        for x in (torch.ones(3), -torch.ones(3)):
            result, expected = compiled(x), pair(x)
            self.assertEqual(type(result).__name__, "Pair")
            self.assert_close(result.first, expected.first)
            self.assert_close(result.rest["a"][0], expected.rest["a"][0])
            self.assertEqual(result.rest["a"][1], expected.rest["a"][1])

    def test_tasks(self):
        self.check(torch.jit.script(Forks()), (torch.randn(2, 3),))

    def test_none_that_data_decides_is_refused(self):
        with self.assertRaisesRegex(dlc.TraceError, r"test_torchscript\.py:\d+: one branch gives "
                                    r"torch\.float32\[3\] and the other None"):
            dlc.trace(perhaps, torch.ones(3))

    def test_loops_left_at_two_places_are_refused(self):
        with self.assertRaisesRegex(dlc.TraceError, r"test_torchscript\.py:\d+: each branch has a value "
                                    "that the other lacks"):
            dlc.trace(left_twice, torch.ones(3))

    def test_script_classes_are_refused(self):
        @torch.jit.script
        def bad(x):
            with torch.no_grad():
                y = x * 2
            return y

        with self.assertRaisesRegex(dlc.TraceError, r"torchscript\.py:\d+: no_grad: script classes"):
            dlc.trace(bad, torch.ones(3))

    def test_programs_in_layouts_of_a_processor_are_refused(self):
        model = torch.jit.freeze(torch.jit.script(nn.Conv2d(3, 4, 3).eval()))
        with self.assertRaisesRegex(dlc.TraceError, "optimize_for_inference"):
            dlc.trace(torch.jit.optimize_for_inference(model), torch.randn(1, 3, 8, 8))

    def test_exceptions(self):
        compiled = self.check(refuse_negative, (torch.rand(3),))
        with self.assertRaisesRegex(dlc.RunError, "negative numbers have no root"):
            compiled(-torch.ones(3))

    def test_containers_and_defaults(self):
        self.check(containers, (torch.randn(2, 3),), )

    def test_constants_among_submodules_of_any_name(self):
        class Names(nn.Module):
            def __init__(self):
                super().__init__()
                self.root, self.aliases = nn.Linear(3, 3), nn.Linear(3, 3)
                self.constants, self.attributes = nn.Linear(3, 3), nn.Linear(3, 3)

            def forward(self, x):
                return self.attributes(self.constants(self.aliases(self.root(x)))) * 2.5

        model, x = Names().eval(), torch.randn(2, 3)
        self.check(torch.jit.trace(model, x), (x,))
        self.check(torch.jit.freeze(torch.jit.script(model)), (x,))

    def test_lists_of_numbers(self):
        self.check(of_lists, (torch.randn(3, 4),))

    def test_forward_of_several_forms(self):
        with self.assertRaisesRegex(dlc.TraceError, "LSTM has several forms of forward"):
            dlc.trace(torch.jit.script(nn.LSTM(3, 4)), torch.randn(2, 1, 3))

    def test_unsupported_op_names_the_line(self):
        @torch.jit.script
        def bad(x):
            return torch.ops.dlc_tests.scripted(x[:, :3])

        with self.assertRaisesRegex(dlc.DlcError, r"test_torchscript\.py:\d+.*dlc_tests.scripted"):
            dlc.compile(bad, torch.randn(3, 4))


class DefaultsTest(FrontendTest):
    def test_default_in_a_call(self):
        compiled = dlc.compile(torch.jit.script(scaled), torch.ones(2))
        for result in (compiled(torch.ones(2)), compiled(torch.ones(2), 2.0),
                       compiled(torch.ones(2), factor=2.0)):
            self.assert_close(result, torch.full((2,), 2.0))
        with self.assertRaisesRegex(TypeError, "compiled for factor=2.0, its default"):
            compiled(torch.ones(2), factor=3.0)


def sign_by_item(x):
    if (x.sum() > 0).item():
        return x + 1
    return x - 1


def halved_by_item(x):
    while bool((x.abs().sum() > 1.0).item()):
        x = x * 0.5
    return x


def scaled(x, factor: float = 2.0):
    return x * factor


if __name__ == "__main__":
    unittest.main()
