# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Buffers that a program changes: state of the compiled model."""

import copy
import functools
import pickle
import random
import types
import unittest
import unittest.mock
import warnings

import numpy as np
import torch
from frontend import FrontendTest, dlc

from dlc import _library, reached


class Counter(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(2))

    def forward(self, x):
        self.calls.add_(1)
        return x + self.calls


class Statistics(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)

    def forward(self, x):
        return self.norm(self.conv(x))


class KeyCache(torch.nn.Module):
    """A cache written by index."""

    def __init__(self):
        super().__init__()
        self.register_buffer("keys", torch.zeros(8, 2))

    def forward(self, position, key):
        self.keys[position] = key
        return (self.keys * (torch.arange(8) <= position)[:, None]).sum(0)


class Swapped(torch.nn.Module):
    """Two buffers that take each other's value."""

    def __init__(self):
        super().__init__()
        self.register_buffer("a", torch.ones(2))
        self.register_buffer("b", torch.full((2,), 2.0))

    def forward(self, x):
        a = self.a.clone()
        self.a.copy_(self.b)
        self.b.copy_(a)
        return x + self.a


class Transposed(torch.nn.Module):
    """Buffers of one shape whose copies aren't contiguous."""

    def __init__(self):
        super().__init__()
        for i in range(8):
            self.register_buffer(f"b{i}", torch.full((3, 2), float(i)).t())

    def forward(self, x):
        for i in range(8):
            getattr(self, f"b{i}").add_(1)
        return sum(10.0**i * getattr(self, f"b{i}") for i in range(8)) + x


class StateTest(FrontendTest):
    def follow(self, model, *calls):
        """Call after call the compiled model gives what eager gives."""
        compiled = dlc.compile(copy.deepcopy(model), *calls[0])
        compiled.save(self.folder / "m.so")
        loaded = dlc.load(self.folder / "m.so")
        with torch.no_grad():
            for args in calls:
                expected = model(*args)
                self.assert_close(compiled(*args), expected)
                self.assert_close(loaded(*args), expected)

    def test_batch_norm_in_training(self):
        self.follow(Statistics().train(), *[(torch.randn(2, 3, 6, 6),) for _ in range(3)])

    def test_statistics_are_used(self):
        # What training calls left is what inference takes.
        model = Statistics().train()
        with torch.no_grad():
            for _ in range(3):
                model(torch.randn(2, 3, 6, 6))
        self.follow(model.eval(), *[(torch.randn(2, 3, 6, 6),) for _ in range(2)])

    def test_cache_written_by_index(self):
        self.follow(KeyCache(), *[(torch.tensor([i]), torch.randn(2)) for i in range(6)])

    def test_buffers_that_change_places(self):
        self.follow(Swapped(), *[(torch.zeros(2),)] * 3)

    def test_buffers_that_are_not_contiguous(self):
        self.follow(Transposed(), *[(torch.zeros(2, 3),)] * 2)

    def test_two_callers_of_one_file(self):
        compiled = dlc.compile(Counter(), torch.zeros(2))
        compiled.save(self.folder / "m.so")
        first, second = dlc.load(self.folder / "m.so"), dlc.load(self.folder / "m.so")
        first(torch.zeros(2))
        self.assert_close(first(torch.zeros(2)), torch.full((2,), 2.0))
        self.assert_close(second(torch.zeros(2)), torch.ones(2))

    def test_argument_that_is_changed(self):
        def function(x):
            x.add_(1)
            return x

        with self.assertRaisesRegex(dlc.TraceError, "changes its input 'x'.*return the new value"):
            dlc.compile(function, torch.ones(2))

    def test_buffers_that_share_memory(self):
        class Shared(torch.nn.Module):
            def __init__(self, part):
                super().__init__()
                self.register_buffer("whole", torch.zeros(4))
                self.register_buffer("part", part(self.whole))

            def forward(self, x):
                self.whole += x
                return self.whole * 2, self.part * 2

        with self.assertRaisesRegex(dlc.TraceError, "changes buffers that share memory: "
                                                    "'whole' and 'part'; register one"):
            dlc.trace(Shared(lambda whole: whole[1:3]), torch.ones(4))
        same = Shared(lambda whole: whole)  # one buffer by two names
        compiled, x = dlc.compile(same, torch.ones(4)), torch.arange(4.0)
        self.assertEqual(list(compiled.state), ["whole"])
        for _ in range(3):
            self.assert_close(compiled(x), same(x))

    def test_module_of_two_names(self):
        class Twice(torch.nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.first, self.layers = inner, torch.nn.ModuleList([inner])

            def forward(self, x):
                return self.layers[0](self.first(x)) + self.first(x)

        x = torch.randn(4, 2)
        assigned = Module(lambda self, x: setattr(self, "sum", self.sum + x) or self.sum * 2)
        assigned.register_buffer("sum", torch.zeros(4, 2))
        for inner in (torch.nn.BatchNorm1d(2), assigned):
            expected = Twice(inner)
            compiled = dlc.compile(expected, x)
            self.assertTrue(all(name.startswith("first.") for name in compiled.state))
            for _ in range(3):
                self.assert_close(compiled(x), expected(x))

    def test_reset_gives_the_first_value(self):
        compiled, x = dlc.compile(Counter(), torch.zeros(2)), torch.zeros(2)
        for _ in range(2):
            for count in (1.0, 2.0, 3.0):
                self.assert_close(compiled(x), torch.full((2,), count))
            compiled.reset()

    def test_state_by_name(self):
        compiled, x = dlc.compile(KeyCache(), torch.tensor([0]), torch.zeros(2)), torch.ones(2)
        compiled(torch.tensor([1]), x)
        self.assertEqual(list(compiled.state), ["keys"])
        np.testing.assert_array_equal(compiled.state["keys"][:3], [[0, 0], [1, 1], [0, 0]])
        compiled.state["keys"][0] = 4
        self.assert_close(compiled(torch.tensor([2]), x), torch.full((2,), 6.0))
        self.assertEqual(dlc.compile(lambda x: x + 1, x).state, {})

    def test_state_in_a_file(self):
        compiled, x, path = dlc.compile(Counter(), torch.zeros(2)), torch.zeros(2), \
            self.folder / "state.safetensors"
        compiled(x)
        compiled.save_state(path)
        compiled(x)
        compiled.load_state(path)
        self.assert_close(compiled(x), torch.full((2,), 2.0))
        other = dlc.compile(KeyCache(), torch.tensor([0]), torch.zeros(2))
        with self.assertRaisesRegex(dlc.RunError, "keys|calls"):
            other.load_state(path)
        for function in (compiled.save_state, compiled.load_state):
            with self.assertRaisesRegex(FileNotFoundError, "none/state.safetensors"):
                function(self.folder / "none" / "state.safetensors")
        stateless = dlc.compile(lambda x: x + 1, x)
        for function in (stateless.save_state, stateless.load_state):
            with self.assertRaisesRegex(dlc.DlcError, "has no state"):
                function(path)

    def test_copies_have_state_of_their_own(self):
        compiled, x = dlc.compile(Counter(), torch.zeros(2), name="count"), torch.zeros(2)
        compiled(x)
        for other in (copy.deepcopy(compiled), pickle.loads(pickle.dumps(compiled))):
            self.assert_close(other(x), torch.full((2,), 2.0))
            self.assert_close(other(x), torch.full((2,), 3.0))
            other.save(self.folder / "count.so")
            self.assert_close(dlc.load(self.folder / "count.so")(x), torch.ones(2))
        self.assert_close(compiled(x), torch.full((2,), 2.0))

    def test_weights_in_another_file(self):
        trace = dlc.trace(torch.nn.Linear(90, 90), torch.ones(90))
        _library.compile_file("trace", str(self.folder / "m.so"), model=trace.to_json().encode(),
                              weights=trace.weights, external_weights=True)
        model, x = dlc.load(self.folder / "m.so"), torch.ones(90)
        with torch.no_grad():
            self.assert_close(copy.deepcopy(model)(x), model(x))
        with self.assertRaisesRegex(dlc.DlcError, "m.so' has its weights in a file beside it"):
            pickle.dumps(model)


class Module(torch.nn.Module):
    """One whose forward is a function of it and the input."""

    def __init__(self, function, **attributes):
        super().__init__()
        self.function = function
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, x):
        return self.function(self, x)


class AttributesTest(FrontendTest):
    """Attributes of Python's that a program changes aren't state."""

    def setUp(self):
        super().setUp()
        self.x = torch.arange(3.0) + 1

    def refused(self, name, function, **attributes):
        for strict in (False, True):
            module = torch.nn.Sequential(Module(function, **copy.deepcopy(attributes)))
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:\d+: .*'0\.{name}' of its "
                                        r"module, .* make it one \(register_buffer\)$"):
                dlc.trace(module, self.x, strict=strict)
            for attribute, value in attributes.items():
                self.assertEqual(getattr(module[0], attribute), value)

    def test_numbers(self):
        def count(self, x):
            self.calls += 1
            return x * self.calls

        def change(self, x):
            self.is_first, was_first = False, self.is_first
            return x * 2 if was_first else x

        self.refused("calls", count, calls=0)
        self.refused("is_first", change, is_first=True)

    def test_tensors(self):
        def add(self, x):
            self.total = self.total + x
            return self.total * 2

        def append(self, x):
            self.seen.append(x)
            return sum(self.seen)

        def note(self, x):
            self.sums["x"] = self.sums.get("x", 0) + x
            return self.sums["x"] * 2

        self.refused("total", add, total=0)
        self.refused(r"seen\[0\]", append, seen=[])
        self.refused(r'sums\["x"\]', note, sums={})

    def test_tensor_changed_in_place(self):
        with self.assertRaisesRegex(dlc.TraceError, r"the tensor that it refers to as 'total', "
                                    r".*make it a buffer of a module \(register_buffer\)$"):
            dlc.trace(Module(lambda self, x: self.total.add_(x) * 2, total=torch.ones(3)), self.x)

    def test_what_is_kept_of_the_first_call(self):
        def keep(self, x):
            if "first" not in self.kept:
                self.kept["first"] = x * 2
            return x + self.kept["first"]

        self.refused(r'kept\["first"\]', keep, kept={})

    def test_what_calls_do_not_depend_on(self):
        def keep(self, x):
            if x.shape[0] > self.longest:
                self.longest = x.shape[0]
                self.kept["places"] = torch.arange(self.longest)
            self.last = x + self.kept["places"]
            return self.last * 2

        for strict in (False, True):
            module = Module(keep, longest=0, kept={})
            trace = dlc.trace(module, self.x, strict=strict)
            self.assertEqual((module.longest, module.kept, hasattr(module, "last")), (0, {}, False))
            self.assert_close(dlc.compile(trace)(-self.x), module(-self.x))

    def test_cache_of_a_function(self):
        @functools.lru_cache(maxsize=None)
        def table(size):
            return torch.arange(float(size))

        def add(self, x):
            return x + table(len(x))

        module = Module(add)
        self.assert_close(dlc.compile(module, self.x)(self.x), module(self.x))
        self.assert_close(table(3), torch.arange(3.0))

    def test_failure_leaves_nothing(self):
        def fail(self, x):
            self.calls, self.last = 1, x * 2
            return bool(self.last.sum())

        module = Module(fail, calls=0)
        with self.assertRaises(dlc.TraceError):
            dlc.trace(module, self.x)
        self.assertEqual((module.calls, hasattr(module, "last")), (0, False))

    def test_other_objects(self):
        class Slots:
            __slots__ = ("count",)

        class Odd:
            def __init__(self):
                self.count = 0

            def __eq__(self, other):
                raise ValueError("no == here")

        def count(self, x):
            self.own.count += 1
            return x * self.own.count

        def nested(self, x):
            self.parts["a"][0].append(x)
            return sum(self.parts["a"][0])

        def array(self, x):
            self.table[0] += 1
            return x * float(self.table[0])

        def train(self, x):
            was_training = self.training
            self.eval()
            return x * was_training

        slots = Slots()
        slots.count = 0
        for name, function, attributes in (
                (r"own\.count", count, {"own": slots}), (r"own\.count", count, {"own": Odd()}),
                (r'parts\["a"\]\[0\]\[0\]', nested, {"parts": {"a": [[]]}}),
                ("table", array, {"table": np.zeros(3)}), ("training", train, {})):
            module = torch.nn.Sequential(Module(function, **attributes))
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:\d+: .*'0\.{name}' of its"):
                dlc.trace(module, self.x)
        self.assertEqual((slots.count, module.training), (0, True))

    def test_what_lies_outside_of_a_module(self):
        def counting():
            def count(self, x):
                self.calls += 1
                return x * self.calls
            return Module(count, calls=0)

        inner, seen, calls = counting(), [], 0

        def append(x):
            seen.append(x)
            return sum(seen)

        def count(x):
            nonlocal calls
            calls += 1
            return x * calls

        def keep(x, first=[]):
            first[:] = first or [x]
            return x + first[0]

        class Called:
            calls = 0

            def __call__(self, x):
                self.calls += 1
                return x * self.calls

        def itself(x):
            itself.calls = getattr(itself, "calls", 0) + 1
            return x * itself.calls

        hooked = torch.nn.Sequential(torch.nn.Identity())
        hooked.register_forward_hook(lambda module, args, result: append(result))
        for name, program in (
                (r"inner\.calls", lambda x: inner(x)), (r"self\.calls", counting().forward),
                (r"func\.calls", functools.partial(counting())), (r"seen\[0\]", append),
                (r"self\.calls", Called()), (r"itself\.calls", itself),
                (r"seen\[0\]", hooked), ("calls", count), (r"first\[0\]", keep)):
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:\d+: the program changes "
                                        rf"'{name}', on which later calls depend, .* it a buffer"):
                dlc.trace(program, self.x)
        self.assertEqual((inner.calls, seen, calls), (0, [], 0))

    def test_counter_that_no_result_depends_on(self):
        def count(self, x):
            self.calls += 1
            return x * 2

        with self.assertRaisesRegex(dlc.TraceError, "'calls' of its module, on which a later call may "
                                    r"depend, if not the next \(leave it out where none does\)"):
            dlc.trace(Module(count, calls=0), self.x)

    def test_tensors_that_are_no_buffers(self):
        total, owned = torch.zeros(1), torch.zeros(1)

        def add(x):
            total.add_(1)
            return x * total

        def add_own(self, x):
            self.total += 1
            return x * self.total

        for program, name in ((add, "total"), (Module(add_own, total=owned), "total")):
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:\d+: the program changes the "
                                        rf"tensor that it refers to as '{name}', .*register_buffer"):
                dlc.compile(program, self.x)
        self.assertEqual((total.item(), owned.item()), (0, 0))

    def test_many_objects(self):
        def count(self, x):
            self.own[0][0].calls += 1
            return x * self.own[0][0].calls

        own = types.SimpleNamespace(calls=0)
        many = [[i] for i in range(1000)]
        for value in (many, list(range(1000)), {"word": 1}):
            module = Module(lambda self, x: x * 2, value=value)
            with unittest.mock.patch.object(reached, "_MOST_OBJECTS", 500), \
                    warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                dlc.trace(module, self.x)
            self.assertEqual(["more than 500 objects" in str(w.message) for w in caught],
                             [True] if value is many else [])
        with self.assertRaisesRegex(dlc.TraceError, r"'own\[0\]\[0\]\.calls' of its module"):
            dlc.trace(Module(count, held=[[i] for i in range(1000)], own=[[own]]), self.x)

    def test_call_that_fails(self):
        def count(self, x):
            self.calls += 1
            if not torch.compiler.is_exporting():
                raise ValueError("not here")
            return x * self.calls

        with self.assertRaisesRegex(dlc.TraceError, r"'calls' of its module, which can't be tried, "
                                    r"for a call of it fails \(not here\), "):
            dlc.trace(Module(count, calls=0), self.x)

    def test_generators_of_others(self):
        def drawn(x):
            return x * random.random()

        with self.assertWarnsRegex(dlc.DlcWarning, rf"{__file__}:\d+: .* numbers of Python's"):
            dlc.trace(drawn, self.x)
        with self.assertWarnsRegex(dlc.DlcWarning, "numbers of NumPy's"):
            dlc.trace(lambda x: x + np.random.rand(), self.x)


class AssignedTest(FrontendTest):
    """Buffers and parameters to which a call assigns a tensor."""

    def test_buffers_of_modules_within(self):
        class Swaps(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("a", torch.zeros(3))
                self.register_buffer("b", torch.ones(3))

            def forward(self, x):
                before = self.a
                self.a, self.b = self.b, self.a + x
                return before, x * self.a

        x = torch.arange(3.0)
        for make in (Swaps, lambda: torch.nn.Sequential(torch.nn.Sequential(Swaps()))):
            expected, compiled = make(), dlc.compile(make(), x)
            for _ in range(3):
                self.assert_close(compiled(x), expected(x))

    def test_buffers_by_their_dictionary(self):
        def add(self, x):
            self._buffers["a"] = self._buffers["a"] + x
            return self.a

        def update(self, x):
            self._buffers.update(a=self.a + x)
            return self.a * 2

        x = torch.arange(3.0)
        for function in (add, update):
            expected = torch.nn.Sequential(Module(function))
            expected[0].register_buffer("a", torch.zeros(3))
            compiled = dlc.compile(copy.deepcopy(expected), x)
            for _ in range(3):
                self.assert_close(compiled(x), expected(x))

    def test_what_is_refused(self):
        def grow(self, x):
            self.table = torch.cat([self.table, x])
            return self.table.sum()

        def replace(self, x):
            self.weight = torch.nn.Parameter(self.weight + x)
            return x * self.weight

        def first(self, x):
            if not hasattr(self, "first"):
                self.register_buffer("first", x * 2)
            return x + self.first

        def part(self, x):
            self.table = self.table + x
            return self.same * 2

        for function, reason in ((grow, "the program gives its buffer 'table' another shape"),
                                 (part, "changes buffers that share memory: 'table' and 'same'"),
                                 (replace, "the program changes its parameter 'weight'"),
                                 (first, "attribute 'first' of its module, on which later calls")):
            module = Module(function)
            module.register_buffer("table", torch.zeros(3))
            module.register_buffer("same", module.table)
            module.weight = torch.nn.Parameter(torch.ones(3))
            with self.assertRaisesRegex(dlc.TraceError, rf"^{__file__}:\d+: .*{reason}"):
                dlc.trace(module, torch.ones(3))
            self.assertFalse(hasattr(module, "first"))

    def test_buffer_that_each_call_would_make(self):
        def make(self, x):
            if not hasattr(self, "mask"):
                self.register_buffer("mask", torch.arange(3.0), persistent=False)
            return x * self.mask

        module, x = Module(make), torch.ones(3)
        self.assert_close(dlc.compile(module, x)(x), torch.arange(3.0))
        self.assertFalse(hasattr(module, "mask"))


if __name__ == "__main__":
    unittest.main()
