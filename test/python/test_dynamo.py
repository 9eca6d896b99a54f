# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""torch.compile(model, backend="dlc")."""

import math
import unittest
import unittest.mock

import torch
from frontend import FrontendTest, dlc

from dlc import dynamo


@torch.library.custom_op("dlc_tests::foreign", mutates_args=())
def unknown(x: torch.Tensor) -> torch.Tensor:
    """An op that dlc doesn't import."""
    return x.clone()


@unknown.register_fake
def _(x):
    return torch.empty_like(x)


class DynamoTest(FrontendTest):
    """Counts the graphs that are compiled."""

    def setUp(self):
        super().setUp()
        torch._dynamo.reset()
        self.graphs = 0
        compiled_graph = dynamo._CompiledGraph

        def counted(*args):
            self.graphs += 1
            return compiled_graph(*args)

        patch = unittest.mock.patch.object(dynamo, "_CompiledGraph", counted)
        patch.start()
        self.addCleanup(patch.stop)
        inference = torch.no_grad()
        inference.__enter__()
        self.addCleanup(inference.__exit__, None, None, None)

    def check(self, function, *calls, **options):
        """Each call gives what eager gives, and changes its arguments as eager does."""
        fast = torch.compile(function, backend=dynamo.backend, **options)
        for args in calls:
            copies = [a.clone() if isinstance(a, torch.Tensor) else a for a in args]
            self.assert_close(fast(*args), function(*copies))
            self.assert_close(args, tuple(copies))
        return fast


class FreezeTest(DynamoTest):
    def test_weights(self):
        model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4),
                                    torch.nn.Flatten(), torch.nn.Linear(64, 5)).eval()
        x = torch.randn(2, 3, 6, 6)
        with unittest.mock.patch.object(dynamo, "compile", wraps=dlc.compile) as compiled:
            fast = self.check(model, (x,), (x + 1,), options={"freeze": True})
            self.assertEqual(compiled.call_count, 1)
            inputs = [i for i in compiled.call_args[0][0].document["inputs"] if "name" in i]
            self.assertEqual(len(inputs), 1)  # the image alone
            model[3].weight.mul_(2)
            self.assert_close(fast(x), model(x))
            self.assertEqual(compiled.call_count, 2)
            model[0].weight.data = torch.randn(4, 3, 3, 3)
            model[1].running_mean += 1
            self.assert_close(fast(x), model(x))

    def test_changes(self):
        class Counter(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = torch.nn.Parameter(torch.randn(3))
                self.register_buffer("count", torch.zeros(3))

            def forward(self, x):
                self.count += 1
                return x * self.scale + self.count

        with unittest.mock.patch.object(dynamo, "compile", wraps=dlc.compile) as compiled:
            fast = torch.compile(Counter(), backend=dynamo.backend, options={"freeze": True})
            x = torch.randn(3)
            first = fast(x)
            self.assert_close(fast(x), first + 1)
            self.assertEqual(compiled.call_count, 1)


class SizesTest(DynamoTest):
    def test_open_sizes(self):
        model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh()).eval()
        self.check(model, *[(torch.randn(rows, 4),) for rows in (3, 5, 9)], dynamic=True)
        self.assertEqual(self.graphs, 1)

    def test_sizes_that_change_are_opened(self):
        self.check(lambda x: x.reshape(-1, 2).sum(0) * x.shape[0],
                   *[(torch.randn(rows, 4),) for rows in (3, 5, 9, 64)])
        self.assertEqual(self.graphs, 2)

    def test_one_size_in_two_inputs(self):
        self.check(lambda x, y: x @ y,
                   *[(torch.randn(2, n), torch.randn(n, 3)) for n in (4, 5, 6)], dynamic=True)
        self.assertEqual(self.graphs, 1)

    def test_numbers(self):
        self.check(lambda x, n: torch.nn.functional.pad(x, (n, n)) * n,
                   *[(torch.randn(3), n) for n in (2, 3, 4, 7)])
        self.assertLessEqual(self.graphs, 2)

    def test_sizes_as_results(self):
        self.check(lambda x: (x.shape[0] * 3, x + 1), *[(torch.randn(n),) for n in (2, 3, 4)],
                   dynamic=True)

    def test_size_that_no_input_has_alone(self):
        def function(x, n):
            return x[:n * 2].reshape(n, 2) * n

        self.check(function, *[(torch.randn(2 * n), n) for n in (3, 4, 5)], dynamic=True)


    def test_numbers_of_modules(self):
        class Scaled(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = 3.5

            def forward(self, x):
                return x * math.sqrt(2 / self.scale)

        self.check(Scaled(), (torch.randn(3),), (torch.randn(5),), dynamic=True)

    def test_recurrent_networks(self):
        with torch._dynamo.config.patch(allow_rnn=True):
            lstm = torch.nn.LSTM(4, 3, num_layers=2, batch_first=True, bidirectional=True).eval()
            self.check(lstm, *[(torch.randn(2, steps, 4),) for steps in (5, 2, 7)], dynamic=True)
            self.assertEqual(self.graphs, 1)
            for kind in (torch.nn.GRU, torch.nn.RNN):  # Dynamo unrolls these
                self.check(kind(4, 3).eval(), (torch.randn(2, 5, 4),), fullgraph=True)


class GraphsTest(DynamoTest):
    def test_graph_break(self):
        def function(x):
            y = torch.relu(x)
            torch._dynamo.graph_break()
            return y * 2 + x

        self.check(function, (torch.randn(3),), (torch.randn(3),))
        self.assertEqual(self.graphs, 2)

    def test_branch_on_data(self):
        self.check(lambda x: x * 2 if x.sum() > 0 else x - 1,
                   (torch.ones(3),), (-torch.ones(3),))

    def test_constants_and_missing_results(self):
        self.check(lambda x: (None, 3, x + torch.tensor([1.0, 2.0])), (torch.randn(2),))

    def test_nothing_to_compute(self):
        self.check(lambda x: x, (torch.randn(2),))

    def test_control_flow(self):
        self.check(lambda x: torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,)),
                   (torch.ones(3),), (-torch.ones(3),))
        self.assertEqual(self.graphs, 1)

    def test_transformer_layers(self):
        x, hidden = torch.randn(2, 7, 32), torch.arange(7) > torch.tensor([[4], [6]])
        later = torch.nn.Transformer.generate_square_subsequent_mask(7)
        for first in (False, True):
            layer = torch.nn.TransformerEncoderLayer(32, 4, 64, batch_first=True,
                                                     norm_first=first).eval()
            for masks in ({}, {"src_key_padding_mask": hidden}, {"src_mask": later}):
                torch._dynamo.reset()
                with torch.no_grad():
                    fast = torch.compile(layer, backend=dynamo.backend)
                    self.assert_close(fast(x, **masks), layer(x, **masks))
        attention = torch.nn.MultiheadAttention(32, 4, batch_first=True).eval()
        self.check(attention, (x, x, x))

    def test_composites_are_kept(self):
        attention = torch.nn.functional.scaled_dot_product_attention
        self.check(lambda q: attention(q, q, q, is_causal=True), (torch.randn(1, 2, 6, 8),))


class CompiledWithinTest(DynamoTest):
    """Compiled models in functions under torch.compile run between its graphs."""

    def test_model(self):
        model = dlc.compile(torch.nn.Linear(3, 3), torch.ones(2, 3))
        self.check(lambda x: model(x * 2) + 1, (torch.ones(2, 3),))

    def test_derivative(self):
        gradient = dlc.grad(lambda x: (x * x).sum())
        self.check(lambda x: gradient(x + 1) * 2, (torch.ones(3),))


class AliasTest(DynamoTest):
    def test_input_changed_in_place(self):
        def function(x):
            x.add_(1)
            return x * 2

        self.check(function, (torch.randn(3),), (torch.randn(3),))

    def test_view_of_an_input_changed(self):
        def function(x):
            x[1:].mul_(3)
            return x.sum()

        self.check(function, (torch.randn(4),))

    def test_result_is_a_view_of_an_input(self):
        def function(x):
            return x[1:], x.t() if x.dim() == 2 else x.view(2, -1)

        x = torch.randn(4)
        rest, square = torch.compile(function, backend=dynamo.backend)(x)
        rest.zero_()
        self.assert_close(square, torch.stack([x[:2], torch.zeros(2)]))
        self.assert_close(x[1:], torch.zeros(3))

    def test_strides_of_results(self):
        def function(x):
            y, z = x.t() + 1, (x[:1] * 2).expand(3, x.shape[1])
            torch._dynamo.graph_break()
            return y.t().view(-1), y.stride(), z.stride(), z

        for dynamic in (False, True):
            fast = self.check(function, (torch.randn(2, 4),), (torch.randn(5, 3),), dynamic=dynamic)
            x = torch.randn(7, 6)
            self.assertEqual(fast(x)[1:3], function(x)[1:3])

    def test_one_tensor_as_two_inputs(self):
        def function(x, y):
            x.add_(1)
            return x + y

        fast = torch.compile(function, backend=dynamo.backend)
        x = torch.ones(3)
        self.assert_close(fast(x, x), torch.full((3,), 4.0))
        self.assert_close(fast(x, torch.ones(3)), torch.full((3,), 4.0))


class StateTest(DynamoTest):
    def test_batch_norm_in_training(self):
        def model():
            torch.manual_seed(1)
            return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).train()

        fast, eager = model(), model()
        compiled = torch.compile(fast, backend=dynamo.backend)
        for _ in range(3):
            x = torch.randn(2, 3, 5, 5)
            self.assert_close(compiled(x), eager(x))
        self.assert_close(fast.state_dict(), eager.state_dict())
        self.assertEqual(self.graphs, 1)

    def test_parameters_changed_elsewhere(self):
        model = torch.nn.Linear(3, 3)
        x = torch.randn(2, 3)
        fast = self.check(model, (x,))
        model.weight.data.mul_(2)
        self.assert_close(fast(x), model(x))
        model.load_state_dict({k: v + 1 for k, v in model.state_dict().items()})
        self.assert_close(fast(x), model(x))


class Attention(torch.nn.Module):
    """One layer whose cache of keys and values is its caller's."""

    def __init__(self, width=16, heads=2):
        super().__init__()
        self.heads = heads
        self.embed = torch.nn.Embedding(32, width)
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Linear(width, 32)

    def project(self, token):
        qkv = self.qkv(self.embed(token)).unflatten(-1, (3, self.heads, -1))
        return [part.transpose(1, 2) for part in qkv.unbind(2)]

    def read(self, q, k, v, mask=None):
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out(y.transpose(1, 2).flatten(2))


class Concatenated(Attention):
    def forward(self, token, cache):
        q, k, v = self.project(token)
        k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        return self.read(q, k, v), (k, v)


class Preallocated(Attention):
    def __init__(self, length=32):
        super().__init__()
        self.register_buffer("keys", torch.zeros(1, self.heads, length, 8))
        self.register_buffer("values", torch.zeros(1, self.heads, length, 8))

    def forward(self, token, position):
        q, k, v = self.project(token)
        self.keys.index_copy_(2, position, k)
        self.values.index_copy_(2, position, v)
        mask = torch.arange(self.keys.shape[2]) <= position
        return self.read(q, self.keys, self.values, mask[None, None, None])


class GenerationTest(DynamoTest):
    def test_concatenated_cache(self):
        model = Concatenated().eval()
        fast = torch.compile(model, backend=dynamo.backend)
        empty = torch.zeros(1, 2, 0, 8)
        token, cache, eager_cache = torch.tensor([[1]]), (empty, empty), (empty, empty)
        for _ in range(24):
            logits, cache = fast(token, cache)
            expected, eager_cache = model(token, eager_cache)
            self.assert_close(logits, expected)
            token = expected.argmax(-1)
        self.assert_close(cache, eager_cache)
        # No key, one key, and any number of them.
        self.assertLessEqual(self.graphs, 3)

    def test_preallocated_cache(self):
        model, eager = Preallocated().eval(), Preallocated().eval()
        eager.load_state_dict(model.state_dict())
        fast = torch.compile(model, backend=dynamo.backend)
        token = torch.tensor([[1]])
        for position in range(24):
            position = torch.tensor([position])
            logits, expected = fast(token, position), eager(token, position)
            self.assert_close(logits, expected)
            token = expected.argmax(-1)
        self.assert_close(model.keys, eager.keys)
        self.assertEqual(self.graphs, 1)


class RandomTest(DynamoTest):
    """Random numbers are PyTorch's own."""

    def test_seeded(self):
        def function(x):
            return x + torch.rand_like(x), torch.randn(x.shape[0], 2), torch.randperm(7)

        fast = torch.compile(function, backend=dynamo.backend, dynamic=True)
        for rows in (3, 4):
            x = torch.ones(rows, 2)
            torch.manual_seed(rows)
            results = fast(x)
            torch.manual_seed(rows)
            self.assert_close(results, function(x))
            self.assertFalse(torch.equal(fast(x)[0], fast(x)[0]))

    def check_seeded(self, function, *args):
        """The same numbers as eager's, and others in the next call."""
        fast = torch.compile(function, backend=dynamo.backend)
        torch.manual_seed(3)
        results = [fast(*args) for _ in range(3)]
        torch.manual_seed(3)
        self.assert_close(results, [function(*args) for _ in range(3)])
        first, second = (result[0] if isinstance(result, tuple) else result
                         for result in results[:2])
        self.assertFalse(torch.equal(first, second))

    def test_dropout(self):
        self.check_seeded(torch.nn.Dropout(0.25), torch.randn(50, 20))
        attention = torch.nn.functional.scaled_dot_product_attention
        self.check_seeded(lambda q: attention(q, q, q, dropout_p=0.3), torch.randn(2, 3, 5, 8))
        self.check_seeded(lambda x: torch.dropout(x.t(), 0.5, True), torch.randn(6, 8))
        self.check_seeded(torch.nn.Sequential(torch.nn.Dropout2d(0.5), torch.nn.Dropout(0.5)),
                          torch.randn(2, 30, 4, 5))

    def test_normal(self):
        self.check_seeded(lambda x: torch.normal(x, 1.0), torch.randn(5))
        self.check_seeded(lambda x: torch.normal(0.0, x), torch.rand(5))
        self.check_seeded(lambda x: torch.normal(1.0, 2.0, (5,)) + x, torch.randn(5))

    def test_numbers_that_depend_on_data(self):
        weights = torch.rand(40, 50)
        self.check_seeded(lambda x: torch.multinomial(x * 2, 1), weights)
        self.check_seeded(lambda x: torch.multinomial(x * 2, 3), weights)
        self.check_seeded(lambda x: torch.multinomial(x * 2, 3, replacement=True), weights)
        self.check_seeded(lambda x: torch.normal(x * 2, 3.0), weights)
        self.check_seeded(lambda x: torch.normal(1.0, x * 2), weights)
        self.check_seeded(lambda x: torch.normal(x + 1, x * 2), weights)
        fast = torch.compile(lambda x: torch.bernoulli(x * 0.5), backend=dynamo.backend)
        results = []
        for _ in range(2):
            torch.manual_seed(3)
            results.append(fast(torch.full((4000,), 0.5)))
        self.assert_close(*results)
        self.assert_close(results[0].unique(), torch.tensor([0.0, 1.0]))
        self.assertAlmostEqual(results[0].mean().item(), 0.25, delta=0.05)

    def test_recurrent_dropout(self):
        x = torch.randn(3, 6, 4)
        with torch._dynamo.config.patch(allow_rnn=True):
            for kind in (torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN):
                for options in ({}, {"batch_first": True, "bidirectional": True}):
                    with self.subTest(kind=kind.__name__, **options):
                        model = kind(4, 5, num_layers=3, dropout=0.4, **options)
                        self.check_seeded(model, x)

    def test_rrelu(self):
        fast = torch.compile(lambda x: torch.nn.functional.rrelu(x, 0.2, 0.4, training=True),
                             backend=dynamo.backend)
        x = torch.cat([-torch.ones(4000), torch.ones(3)])
        results = []
        for _ in range(2):
            torch.manual_seed(3)
            results.append(fast(x))
        self.assert_close(*results)
        slopes = -results[0][:4000]
        self.assertTrue(((slopes >= 0.2) & (slopes <= 0.4)).all())
        self.assertAlmostEqual(slopes.mean().item(), 0.3, delta=0.01)
        self.assert_close(results[0][4000:], torch.ones(3))
        self.assertFalse(torch.equal(fast(x), results[0]))

    def test_numbers_that_are_refused(self):
        with self.assertRaisesRegex(dlc.DlcError, r"test_dynamo.py:\d+.*aten.poisson"):
            torch.compile(lambda x: torch.poisson(x), backend=dynamo.backend)(torch.ones(4))


class ErrorsTest(DynamoTest):
    """dlc's own errors come through."""

    def test_options(self):
        compile = unittest.mock.Mock(wraps=dynamo.compile)
        with unittest.mock.patch.object(dynamo, "compile", compile):
            self.check(torch.sin, (torch.ones(2),), options={"threads": 1})
        self.assertEqual(compile.call_args.kwargs, {"threads": 1})

    def test_kinds(self):
        fast = torch.compile(lambda x: unknown(x), backend=dynamo.backend)
        with self.assertRaisesRegex(dlc.CompileError, r"^\S*test_dynamo.py:\d+: .*dlc_tests.foreign"):
            fast(torch.eye(3))
        with self.assertRaisesRegex(TypeError, "are threads, cpu and freeze, not mode"):
            torch.compile(torch.sin, backend=dynamo.backend, options={"mode": 1})(torch.ones(2))
        for threads, kind in (("many", TypeError), (-1, ValueError)):
            with self.assertRaisesRegex(kind, "^threads is"):
                torch.compile(torch.sin, backend=dynamo.backend,
                              options={"threads": threads})(torch.ones(2))


if __name__ == "__main__":
    unittest.main()
