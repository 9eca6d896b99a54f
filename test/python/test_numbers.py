# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Edges of number types and of sizes' arithmetic, compared with eager."""

import math
import unittest

import torch
import torch.nn.functional as F
from frontend import FrontendTest, dlc


class NumbersTest(FrontendTest):
    def check(self, function, *args, atol=None, rtol=None, **kwargs):
        compiled = dlc.compile(function, *args, **kwargs)
        self.assert_close(compiled(*args), function(*args), equal_nan=True, atol=atol, rtol=rtol)

    def test_grids_of_no_coordinates(self):
        nan, inf = math.nan, math.inf
        for rank in (2, 3):
            x = torch.arange(24.0).reshape(1, 1, *((2, 3, 4) if rank == 3 else (4, 6)))
            points = [[p] + [0.3] * (rank - 1) for p in (nan, inf, -inf, 1e8)] + \
                [[0.3] * (rank - 1) + [nan], [nan] + [9.0] * (rank - 1)]
            grid = torch.tensor(points).reshape(1, *[1] * (rank - 1), 6, rank)
            self.check(lambda x, grid: [
                F.grid_sample(x, grid, mode=mode, padding_mode=padding, align_corners=aligns)
                for mode in ("bilinear", "nearest", "bicubic")[:5 - rank]
                for padding in ("zeros", "border") for aligns in (True, False)], x, grid)
            self.check(lambda x, grid: F.grid_sample(x, grid, padding_mode="reflection"),
                       x, grid.clamp(max=10))

    def test_windows_and_frequencies(self):
        for n in (0, 1, 2, 7, 16):
            self.check(lambda x, n=n: [x + window(n, periodic=periodic, dtype=dtype).sum()
                                       for window in (torch.hamming_window, torch.bartlett_window,
                                                      torch.blackman_window, torch.kaiser_window)
                                       for periodic in (True, False)
                                       for dtype in (torch.float32, torch.float64)],
                       torch.zeros(2))
        x = torch.zeros(7)
        self.check(lambda x: (x + torch.hamming_window(7, False, 0.5, 0.4), torch.hamming_window(7),
                              x * 0 + torch.kaiser_window(7, False, 3.0),
                              torch.bartlett_window(7), torch.blackman_window(7),
                              torch.kaiser_window(7)), x)
        self.check(lambda x: [frequencies(n, d) + x[0] for n in (1, 6, 7) for d in (1.0, 0.3)
                              for frequencies in (torch.fft.fftfreq, torch.fft.rfftfreq)], x)

    def test_ranges_with_their_ends(self):
        self.check(lambda x: (x + torch.range(0, 3), torch.range(1, -2, -1),
                              torch.range(0, 1, 0.1), torch.range(0.5, 3),
                              torch.range(0.5, 3, dtype=torch.int64),
                              torch.range(0, 3, 1.5, dtype=torch.int32)), torch.zeros(4))

    def test_floats_rounded_as_if_quantised(self):
        x = torch.tensor([-3, -0.25, 0.04, 0.05, 0.15, 0.25, 30, math.nan, math.inf, -math.inf])
        scale, zero = torch.tensor([0.1, 0.2]), torch.tensor([0, 3], dtype=torch.int32)
        for dtype in (torch.float32, torch.float64, torch.float16):
            self.check(lambda x: torch.fake_quantize_per_tensor_affine(x, 0.1, 3, 0, 255),
                       x.to(dtype))
            self.check(lambda x: torch.fake_quantize_per_tensor_affine(x, scale[0], zero[1], 0, 255),
                       x.to(dtype))
        y = torch.tensor([-3, -0.25, 0.14, 30], requires_grad=True)
        quantise = lambda y: (torch.fake_quantize_per_tensor_affine(  # noqa: E731
            y, 0.1, 3, 0, 255) * y.detach()).sum()
        expected, = torch.autograd.grad(quantise(y), y)
        self.assert_close(dlc.grad(quantise)(y.detach()), expected)

    def test_channels_rounded_as_if_quantised(self):
        x = torch.tensor([-3, 0.04, 0.26, 30, 1e18, 1e19, math.nan, math.inf, -math.inf])
        x = x.repeat(3, 1)
        scale = torch.tensor([0.1, 0.2, 0.3])
        for zero in (torch.tensor([3, 2, 1], dtype=torch.int32), torch.tensor([3, 2.5, 1.3])):
            self.check(lambda x: (
                torch.fake_quantize_per_channel_affine(x, scale, zero, 0, 0, 255),
                torch.fake_quantize_per_channel_affine(x.T, scale, zero, 1, -9, 9)), x)

    def test_sizes_of_numbers(self):
        def function(x, y):
            return x * abs(x.shape[0] - y.shape[0]), x * abs(x.sum().to(torch.int64).item()), \
                x * abs(x.sum().item())

        compiled = dlc.compile(function, torch.ones(3), torch.ones(5),
                               dynamic_shapes={"x": {0: torch.export.Dim("n")},
                                               "y": {0: torch.export.Dim("m")}})
        for x, y in ((torch.ones(3), torch.ones(5)), (torch.ones(6) - 3, torch.ones(2))):
            self.assert_close(compiled(x, y), function(x, y))

    def test_products_of_bytes(self):
        a, b = (torch.randint(-128, 128, (32, 32), dtype=torch.int8) for _ in range(2))
        self.check(torch._int_mm, a, b)

    def test_sinc_of_narrow_floats(self):
        for dtype in (torch.bfloat16, torch.float16):
            x = torch.arange(-3, 4).to(dtype) / 2
            expected = torch.sinc(x.double()).to(dtype)
            self.assert_close(dlc.compile(torch.sinc, x)(x), expected, rtol=0.01, atol=1e-6)

    def test_bits_of_other_sizes(self):
        x = torch.randn(3, 4)
        self.check(lambda x: [x.view(torch.int8), x.double().view(torch.int32),
                              x.view(torch.int16).view(torch.int64), x.view(torch.float64),
                              x.half().view(torch.float32)], x)
        compiled = dlc.compile(lambda x: x.view(torch.int64), x,
                               dynamic_shapes=({1: 2 * torch.export.Dim("n")},))
        self.assert_close(compiled(torch.ones(3, 6)), torch.ones(3, 6).view(torch.int64))

    def test_long_running_sums(self):
        """Which eager, too, carries on in double."""
        x = torch.full((1 << 17,), 0.1)
        self.check(lambda x: (x.cumsum(0), x.flip(0).cumsum(0), (x / x).mul(1.00001).cumprod(0)), x)

    def test_products_plus_what_is_broadcast(self):
        """Columns of an open number, in whole vectors, in part of one, and one alone."""
        size = torch.export.Dim("size", max=64)
        function = lambda q, k, m: q @ k.transpose(1, 2) + m  # noqa: E731
        q, m = torch.randn(2, 16, 32), torch.randn(16, 16)
        compiled = dlc.compile(function, q, q, m, dynamic_shapes=({1: size},) * 2 + ((size, size),))
        for n in (16, 15, 33, 1):
            q, m = torch.randn(2, n, 32), torch.randn(n, n)
            self.assert_close(compiled(q, q, m), function(q, q, m))

    def test_products_with_large_transposed_operands(self):
        """Which are packed some columns at a time."""
        function = lambda x, w, b: (x @ w.transpose(-1, -2) + b).relu()  # noqa: E731
        x, w, b = torch.randn(30, 1024), torch.randn(3001, 1024), torch.randn(3001)
        near = {"rtol": 1e-4, "atol": 1e-4}
        self.check(function, x, w, b, **near)
        self.check(function, torch.randn(2, 30, 1024), torch.randn(2, 1500, 1024), b[:1500], **near)
        size = torch.export.Dim("size", max=4096)
        compiled = dlc.compile(function, x, w, b, dynamic_shapes=(None, {0: size}, {0: size}))
        for n in (3001, 2048, 5):
            self.assert_close(compiled(x, w[:n], b[:n]), function(x, w[:n], b[:n]), **near)

    def test_products_of_what_lies_apart(self):
        """Rows, and contracted dimensions, with others between them."""
        x, y, z = torch.randn(3, 40, 21), torch.randn(40, 50), torch.randn(3, 21, 50)
        self.check(lambda x, y: torch.einsum("akb,kn->abn", x, y).relu(), x, y)
        self.check(lambda x, z: torch.einsum("amk,akn->mn", x, z).relu(), x, z)
        size = torch.export.Dim("size", max=64)
        compiled = dlc.compile(lambda x, y: torch.einsum("akb,kn->abn", x, y), x, y,
                               dynamic_shapes=({0: size}, None))
        for n in (1, 5):
            x = torch.randn(n, 40, 21)
            self.assert_close(compiled(x, y), torch.einsum("akb,kn->abn", x, y))

    def test_long_products(self):
        """Summed block by block, in whole column tiles and in part of one."""
        def check(function, *args):
            got, exact = dlc.compile(function, *args)(*args), function(*(a.double() for a in args))
            self.assertLess((got - exact).abs().max() / (exact.max() - exact.min()), 2e-5)

        for rows, columns, count in ((70, 50, 50257), (130, 96, 20480)):
            x, y = torch.randn(rows, count), torch.randn(count, columns)
            check(lambda x, y: (x @ y + y[0]).relu(), x, y)
            check(lambda x, y: x @ y.t(), x, y.t().contiguous())
            check(lambda x, y: x.t().reshape(-1, 2, len(x) // 2).permute(1, 2, 0) @ y, x, y)

    def test_convolutions_of_many_small_images(self):
        """Whose tiles run along the images: with padding, strides, groups, a bias, and
        images that lie apart by a power of two."""
        for layer, size in ((torch.nn.Conv2d(16, 40, 3, padding=1), (9, 16, 3, 4)),
                            (torch.nn.Conv2d(64, 24, 3, stride=2, bias=False), (30, 64, 8, 8)),
                            (torch.nn.Conv2d(8, 12, (2, 3), groups=2, dilation=2), (7, 8, 5, 6)),
                            (torch.nn.Conv1d(5, 7, 4), (11, 5, 5))):
            with torch.no_grad():
                self.check(torch.nn.Sequential(layer, torch.nn.ReLU()), torch.randn(size))

    def test_linear_layers_of_nothing(self):
        for layer, size in ((torch.nn.Linear(4, 2), (0, 4)), (torch.nn.Linear(4, 2), (5, 0, 4)),
                            (torch.nn.LSTM(4, 2), (5, 0, 4))):
            with torch.no_grad():
                self.check(layer, torch.randn(size))

    def test_numbers_as_booleans(self):
        m = torch.tensor([True, False])
        self.check(lambda m: (torch.full((2,), 2, dtype=torch.bool), m.masked_fill(~m, 2),
                              torch.full((2,), 0.5, dtype=torch.bool)), m)

    def test_sum_of_booleans(self):
        a, b = torch.tensor([True, False, False]), torch.tensor([False, True, False])
        self.check(lambda a, b: (torch.add(a, b), torch.add(a, b, alpha=False)), a, b)

    def test_extremes_of_booleans(self):
        a, b = torch.tensor([True, False, True]), torch.tensor([False, False, True])
        self.check(lambda a, b: (a.cummax(0), b.cummin(0), a.clamp_max(b), a.clamp_min(b),
                                 torch.addr(a[:, None] & b, a, b), torch.outer(a, b)), a, b)

    def test_sums_and_products_as_booleans(self):
        a = torch.tensor([[2, 0], [-2, 1]])
        self.check(lambda a: [take(a, 1, dtype=torch.bool) for take in (torch.sum, torch.prod)] +
                             [take(a > 0, dtype=torch.bool) for take in (torch.sum, torch.prod)], a)

    def test_whole_numbers_between(self):
        bounds = [(-4, 3, 50), (0, 4999, 37), (4987, -3, 29), (7, 7, 1), (2, 9, 0)]
        self.check(lambda x: [torch.linspace(a, b, count, dtype=dtype) for a, b, count in bounds
                              for dtype in (torch.int64, torch.int16)] +
                             [torch.linspace(x * a, b, count, dtype=torch.int64)
                              for a, b, count in bounds], torch.tensor(1.5))

    def test_powers_between(self):
        self.check(lambda x: [torch.logspace(0, 6, 7, base, dtype=torch.int64)
                              for base in (2, 3, 7, 10)] +
                             [torch.logspace(x, 2, count, dtype=torch.int64) for count in (1, 4)] +
                             [torch.logspace(x, 2, 4, dtype=torch.complex64)], torch.tensor(0.5))

    def test_activations_of_narrow_floats(self):
        x = torch.randn(4, 50) * 5
        for dtype in (torch.float16, torch.bfloat16):
            self.check(lambda x: [f(x) for f in (
                F.logsigmoid, F.softplus, F.mish, F.elu, F.glu, F.hardswish, F.hardsigmoid,
                F.leaky_relu, F.softshrink)], x.to(dtype), atol=0,
                rtol=torch.finfo(dtype).eps)

    def test_booleans_meet(self):
        a, i = torch.tensor([True, False, False]), torch.tensor([1, 1, 0])
        self.check(lambda a, i: (a.index_put((i,), ~a, accumulate=True),
                                 a.put(i, ~a, accumulate=True), a.scatter(0, i, ~a, reduce="add"),
                                 a.scatter(0, i, ~a, reduce="multiply"), a.index_add(0, i, ~a),
                                 [a.scatter_reduce(0, i, ~a, how, include_self=own)
                                  for how in ("sum", "prod", "amax", "amin")
                                  for own in (False, True)]),
                   a, i)

    def test_floats_wrap_into_narrow_integers(self):
        x = torch.tensor([-1, 300, 255.9, -3.7, 70000, -200.5])
        self.check(lambda x: [x.to(t) for t in (torch.uint8, torch.int8, torch.int16)], x)

    def test_narrow_floats_saturate(self):
        x = torch.tensor([448, 464, 464.1, 480, 1e5, -1e5, math.inf, -math.inf, math.nan, 2**-9,
                          2**-10, 61440, 61441])
        for source in (torch.float32, torch.float16, torch.bfloat16):
            self.check(lambda x: [x.to(t).float() for t in (torch.float8_e4m3fn,
                                                            torch.float8_e5m2)], x.to(source))

    def test_heads_of_keys_and_values(self):
        q, k, v = torch.randn(2, 8, 3, 4), torch.randn(2, 2, 5, 4), torch.randn(2, 4, 5, 4)
        attention = torch.nn.functional.scaled_dot_product_attention
        self.check(lambda q, k, v: attention(q, k, v, enable_gqa=True), q, k, v)

    def test_roots(self):
        x = torch.tensor([-math.inf, -0.0, 4.0])
        self.check(lambda x: (x ** 0.5, x ** -0.5, 1 / x ** 0.5), x)

    def test_median_of_nothing(self):
        self.check(lambda x: (x.median(), x.nanmedian()), torch.empty(0))
        self.check(lambda x: (x.median(), x.nanmedian()), torch.empty(0, dtype=torch.int64))

    def test_search_promotes(self):
        x, b = torch.tensor([2, 3]), torch.tensor([1.5, 2.5, 3.0, 3.5])
        for right in (False, True):
            self.check(lambda x, b: (torch.bucketize(x, b, right=right),
                                     torch.bucketize(3, b, right=right),
                                     torch.searchsorted(x, b, right=right),
                                     torch.searchsorted(x, 2.5, right=right),
                                     torch.searchsorted(b, torch.tensor(math.nan))), x, b)

    def test_sum_of_sizes(self):
        sizes = {0: torch.export.Dim("n", min=2, max=9)}
        for total in (lambda n: torch.sym_sum([n, 2 * n, 1]), lambda n: torch.sym_sum(n, 2 * n, 1)):
            self.check(lambda x: x.new_ones(total(x.shape[0])), torch.ones(4),
                       dynamic_shapes=(sizes,))

    def test_arithmetic_of_sizes(self):
        def function(x, y):
            n, m = x.shape[0], y.shape[0] - 9
            return (x + (n & 6), x + (n | 8), x + (n // -2), x + (n % -3), x + (-n // 3),
                    x + (n // m), x + (n % m), x + (-n // m), x + (-n % m))

        sizes = ({0: torch.export.Dim("n", min=2, max=64)}, {0: torch.export.Dim("m", min=2, max=8)})
        args = torch.zeros(7), torch.zeros(4)
        compiled = dlc.compile(function, *args, dynamic_shapes=sizes)
        for n in (3, 6, 7, 8):
            args = torch.zeros(n), torch.zeros(n - 1)
            self.assert_close(compiled(*args), function(*args))

    def test_division_by_zero(self):
        x, zeros = torch.tensor([5, 6]), torch.tensor([2, 0])
        functions = (lambda x, y: x // y, lambda x, y: x % y, torch.fmod,
                     lambda x, y: torch.div(x, y, rounding_mode="trunc"))
        for function in functions:
            compiled = dlc.compile(function, x, zeros + 1)
            self.assert_close(compiled(x, x + 1), function(x, x + 1))
            with self.assertRaisesRegex(dlc.RunError, "an integer is divided by 0"):
                compiled(x, zeros)
        self.check(lambda x, y: (x // y, x % y), x.float(), zeros.float())
        self.check(lambda x: (x // 3, x % -3), x)
        sizes = ({0: torch.export.Dim("n", min=0, max=64)},)
        compiled = dlc.compile(lambda x: x + 7 // x.shape[0], x, dynamic_shapes=sizes)
        self.assert_close(compiled(x), x + 3)

    def test_integers_between_fractions(self):
        """Whose bounds and step are cut first."""
        self.check(lambda x: (x[0] + torch.arange(-0.9, 5.9, 1.5, dtype=torch.int64),
                              x[0] + torch.arange(3.7, dtype=torch.int32)), torch.tensor([1]))

    def test_division_of_nothing_by_zero(self):
        empty, zero = torch.zeros(0, 3, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)
        divide = lambda x, y: (x // y, x % y, torch.div(x, 0, rounding_mode="trunc"), x % 0)  # noqa: E731
        self.check(divide, empty, zero)
        self.check(lambda x: x.take_along_dim(x, 0), empty[:, 0])
        compiled = dlc.compile(divide, zero.expand(2, 3) + 1, zero + 1, dynamic_shapes=(
            {0: torch.export.Dim("size", max=8)}, None))
        self.assert_close(compiled(empty, zero), divide(empty, zero))
        with self.assertRaisesRegex(dlc.DlcError, "an integer is divided by 0"):
            dlc.compile(lambda x, y: x // y, zero, zero)(zero, zero)

    def test_steps_of_narrow_floats(self):
        """Which eager rounds once."""
        for dtype in (torch.float16, torch.bfloat16):
            x, y, z = torch.rand(3, 40).to(dtype) + 0.5
            self.check(lambda x, y, z: (x.addcmul(y, z, value=0.7), x.addcdiv(y, z, value=0.7),
                                        x.lerp(y, z), x.lerp(y, 0.3)), x, y, z)

    def test_integers_and_floats_are_of_the_default_type(self):
        x = torch.tensor([2**24 + 1])
        self.check(lambda x: x > 2.0**24, x)
        self.addCleanup(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float64)
        self.check(lambda x: (x > 2.0**24, x * 0.5), x)

    def test_any_and_all_of_no_dimensions(self):
        x = torch.tensor([[1.0, 0.0], [math.nan, 0.0]])
        self.check(lambda x: (torch.any(x, dim=()), torch.all(x, dim=()), x.sum(dim=()),
                              x.amax(dim=())), x)

    def test_silu_of_infinity(self):
        self.check(F.silu, torch.tensor([-math.inf, math.inf, math.nan, -100.0]))

    def test_distinct_nans(self):
        x = torch.tensor([1.0, math.nan, math.nan, 2.0, 1.0])
        self.check(lambda x: torch.unique(x, return_inverse=True, return_counts=True), x)

    def test_images_of_bytes(self):
        for shape, size in (((2, 3, 5, 4), (7, 9)), ((1, 6, 9, 8), (4, 5))):
            x = torch.randint(0, 256, shape, dtype=torch.uint8)
            self.check(lambda x: [F.interpolate(x, size, mode=mode, align_corners=aligns,
                                                antialias=smooth)
                                  for mode in ("bilinear", "bicubic")
                                  for aligns in (False, True) for smooth in (False, True)], x)
        x = torch.randint(0, 256, (1, 3, 6, 8), dtype=torch.uint8)
        self.check(lambda x: F.interpolate(x, scale_factor=1.7, mode="bilinear"), x)
        sizes = ({2: torch.export.Dim("h", min=2, max=64)},)
        double = lambda x: F.interpolate(x, (2 * x.shape[2], 9), mode="bilinear")  # noqa: E731
        compiled = dlc.compile(double, x, dynamic_shapes=sizes)
        x = torch.randint(0, 256, (1, 3, 11, 8), dtype=torch.uint8)
        self.assert_close(compiled(x), double(x))

    def test_nearest_picks_of_small_images(self):
        """Sizes decide there, not the scale; with more than 128 rows and columns it is back."""
        def scaled(x):
            return [F.interpolate(x, scale_factor=(1.0, scale), mode=mode)
                    for scale in (1.05, 2.01, 2.05, 2.3) for mode in ("nearest", "nearest-exact")]

        sizes = ({3: torch.export.Dim("n", min=4, max=64)},)
        for dtype in (torch.float32, torch.float64):
            x = torch.arange(63).to(dtype)[None, None, None].repeat(1, 2, 5, 1)
            compiled = dlc.compile(scaled, x, dynamic_shapes=sizes)
            for part in (x, x[..., :7].contiguous()):
                self.check(scaled, part)
                self.assert_close(compiled(part), scaled(part))

    def test_nearest_picks(self):
        def scaled(x):
            return [F.interpolate(x, scale_factor=scale, mode=mode)
                    for scale in (1.1, 1.2, 1.6, 1.9, 2.3, 2.5, 2.7, 3, 0.3, 0.6)
                    for mode in ("nearest", "nearest-exact")] + \
                [F.interpolate(x, size, mode="nearest") for size in (11, 49, 70, 200)]

        sizes = ({2: torch.export.Dim("n", min=8, max=400)},)
        for dtype in (torch.float32, torch.float64, torch.uint8):
            x = torch.arange(40).to(dtype)[None, None]
            self.check(scaled, x)
            compiled = dlc.compile(scaled, x, dynamic_shapes=sizes)
            x = torch.arange(77).to(dtype)[None, None]
            self.assert_close(compiled(x), scaled(x))
        image = lambda x: F.interpolate(x, scale_factor=(1.2, 2.3))  # noqa: E731
        self.check(image, torch.randn(2, 3, 7, 9))

    def test_labels_that_end(self):
        x = torch.randn(4, 5)
        labels = torch.tensor([[0, 1, -1, 2, 2], [1, 2, 3, 0, 4], [-1, 0, 0, 0, 0],
                               [0, 2, 4, 3, -1]])
        for reduction in ("none", "mean", "sum"):
            self.check(lambda x, labels: F.multilabel_margin_loss(x, labels,
                                                                  reduction=reduction), x, labels)
        self.check(F.multilabel_margin_loss, x[0].double(), labels[0])

    def test_windows_at_fractional_places(self):
        for x, size, rows in ((torch.randn(2, 3, 9, 11), (3, 4), 2),
                              (torch.randn(1, 2, 7, 9, 6), (3, 3, 1), 3)):
            pool = F.fractional_max_pool2d if rows == 2 else F.fractional_max_pool3d
            self.check(lambda x, samples: pool(x, 2, size, _random_samples=samples,
                                               return_indices=True),
                       x, torch.rand(*x.shape[:2], rows))

    def test_random_slopes(self):
        x = torch.randn(40, 5)
        self.check(lambda x: F.rrelu(x, 0.1, 0.5), x)
        with self.assertWarnsRegex(dlc.DlcWarning, "draws random numbers"):
            y = dlc.compile(torch.nn.RReLU(0.1, 0.5), x)(x)
        slopes = (y / x)[x < 0]
        torch.testing.assert_close(y[x > 0], x[x > 0])
        self.assertTrue(0.1 <= slopes.min() < 0.2 and 0.4 < slopes.max() <= 0.5)

    def test_windows_of_open_sizes(self):
        windows = lambda x: (x.unfold(-1, 4, 2), x.unfold(0, 3, 1).mean(-1))  # noqa: E731
        sizes = ({0: torch.export.Dim("n", min=5, max=64), 1: torch.export.Dim("m", min=8)},)
        compiled = dlc.compile(windows, torch.randn(7, 16), dynamic_shapes=sizes)
        x = torch.randn(5, 33)
        self.assert_close(compiled(x), windows(x))

    def test_complex_constants_of_archives(self):
        class Turned(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("turn", torch.arange(6).reshape(3, 2).T * (1 + 2j))

            def forward(self, x):
                return x * self.turn + torch.tensor([1 + 2j, 3, 4j])

        x = torch.randn(2, 3)
        torch.export.save(torch.export.export(Turned(), (x,)), self.folder / "m.pt2")
        self.assert_close(dlc.compile(self.folder / "m.pt2")(x), Turned()(x))

    def test_autocast_in_archives(self):
        class Narrow(torch.nn.Module):
            def forward(self, x):
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    y = x @ x
                return y + 1

        x, archive = torch.randn(3, 3), self.folder / "m.pt2"
        program = torch.export.export(Narrow(), (x,))
        torch.export.save(program, archive)
        with self.assertRaisesRegex(dlc.CompileError, r"test_numbers.py:\d+: .*autocast block"):
            dlc.compile(archive)
        torch.export.save(program.run_decompositions(), archive)
        self.assert_close(dlc.compile(archive)(x), Narrow()(x))

    def test_common_divisors(self):
        a, b = torch.tensor([12, -18, 0, 5, 0]), torch.tensor([[18], [0], [-7]])
        self.check(lambda a, b: (torch.gcd(a, b), torch.lcm(a, b)), a, b)

        class Multiple(torch.nn.Module):
            def forward(self, a, b):
                return torch.lcm(a, b)

        torch.export.save(torch.export.export(Multiple(), (a, b)), self.folder / "m.pt2")
        self.assert_close(dlc.compile(self.folder / "m.pt2")(a, b), torch.lcm(a, b))

    def test_powers_of_sizes(self):
        sizes = ({0: torch.export.Dim("n", min=2, max=64)},)
        cube = lambda x: x + x.shape[0] ** 3  # noqa: E731
        compiled = dlc.compile(cube, torch.zeros(4), dynamic_shapes=sizes)
        self.assert_close(compiled(torch.zeros(7)), cube(torch.zeros(7)))


if __name__ == "__main__":
    unittest.main()
