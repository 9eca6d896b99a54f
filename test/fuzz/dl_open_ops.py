# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops whose result sizes are operands, which the compiler can't always know."""

from .program import INTS, Dyn


def unknown(b, numbers):
    """An i64 tensor of these numbers that depends on an open size, where there is
    one: base + (dim_size - its value)."""
    base = b.constant(str(list(numbers)), "i64", [len(numbers)])
    holders = [v for v in b.values if not v.is_static]
    if not holders or not numbers:
        return base
    holder = b.rng.choice(holders)
    d = b.rng.choice([i for i, size in enumerate(holder.shape) if isinstance(size, Dyn)])
    size, zero = b.result("i64", []), b.result("i64", [])
    spread, total = b.result("i64", base.shape), b.result("i64", base.shape)
    b.op("dim_size", [holder], [size], attrs=f"dimension = {d} : i64")
    b.op("sub", [size, b.constant(str(holder.sizes[d]), "i64", [])], [zero])
    b.op("broadcast_in_dim", [zero], [spread], ", dims = []")
    b.op("add", [base, spread], [total])
    for value in (size, zero, spread, total):
        b.values.remove(value)
    return total


def opened(sizes):
    return [Dyn(size) for size in sizes]


def add_open_pad(b):
    x = b.pick(lambda v: len(v.shape) >= 1 and v.count < 400)
    if not x:
        return None
    low = [b.rng.randint(-1 if size > 1 else 0, 2) for size in x.sizes]
    high = [b.rng.randint(-1 if size > 2 else 0, 2) for size in x.sizes]
    shape = opened(s + l + h for s, l, h in zip(x.sizes, low, high))
    fill, lows, highs = b.input(x.dtype, []), unknown(b, low), unknown(b, high)
    zeros = [0] * len(shape)
    r = b.result(x.dtype, shape, max(x.bound, fill.bound), x.exact)
    return b.raw([r], [x, fill, lows, highs],
                 f"dl.pad {{0}} value({{1}} : {fill.type}) dynamic_low({{2}} : {lows.type}) "
                 f"dynamic_high({{3}} : {highs.type}) low = {zeros} high = {zeros} "
                 f"interior = {zeros} : {x.type} -> {r.type}")


def add_open_slice(b):
    x = b.pick(lambda v: len(v.shape) >= 1)
    if not x:
        return None
    # An empty slice may start where the operand ends.
    counts = [b.rng.randint(0 if b.empty else 1, size) if size else 0 for size in x.sizes]
    starts = [b.rng.randint(0, size - count) for size, count in zip(x.sizes, counts)]
    first, sizes = unknown(b, starts), unknown(b, counts)
    r = b.result(x.dtype, opened(counts), x.bound, x.exact)
    return b.raw([r], [x, first, sizes], f"dl.dynamic_slice {{0}}, {{1}} : {first.type} "
                 f"sizes({{2}} : {sizes.type}) : {x.type} -> {r.type}")


def add_open_reshape(b):
    x = b.pick(lambda v: v.count > 0)
    if not x:
        return None
    count, shape = x.count, []
    while count > 1 and len(shape) < 3:
        shape.append(b.rng.choice([d for d in range(2, count + 1) if count % d == 0]))
        count //= shape[-1]
    shape = opened(shape + [count])
    sizes = unknown(b, [int(size) for size in shape])
    r = b.result(x.dtype, shape, x.bound, x.exact)
    return b.raw([r], [x, sizes],
                 f"dl.reshape {{0}} shape({{1}} : {sizes.type}) : {x.type} -> {r.type}")


def add_open_broadcast(b):
    x = b.pick(lambda v: len(v.shape) < 4 and v.count < 300)
    if not x:
        return None
    at = b.rng.randint(0, len(x.shape))
    shape = list(x.sizes)
    shape.insert(at, b.rng.choice([1, 2, 3]))
    dims = [d + (d >= at) for d in range(len(x.shape))]
    for i, d in enumerate(dims):
        if x.sizes[i] == 1 and b.rng.random() < 0.5:
            shape[d] = b.rng.choice([2, 4])
    sizes = unknown(b, shape)
    r = b.result(x.dtype, opened(shape), x.bound, x.exact)
    return b.raw([r], [x, sizes], f"dl.broadcast_in_dim {{0}}, dims = {dims} "
                 f"shape({{1}} : {sizes.type}) : {x.type} -> {r.type}")


def add_open_fill(b):
    shape = [int(b.size()) for _ in range(b.rng.randint(1, 3))]
    sizes = unknown(b, shape)
    if b.rng.random() < 0.5:
        r = b.result(b.rng.choice(["i32", "i64", "f32"]), opened(shape), 20.0)
        return b.raw([r], [sizes], f"dl.iota shape({{0}} : {sizes.type}) "
                     f"{{{{dimension = {b.rng.randrange(len(shape))} : i64}}}} : {r.type}")
    scalar = b.input(b.rng.choice(INTS + ["f32", "i1"]), [])
    r = b.result(scalar.dtype, opened(shape), scalar.bound)
    return b.raw([r], [scalar, sizes], f"dl.splat {{0}} shape({{1}} : {sizes.type}) : "
                 f"{scalar.type} -> {r.type}")


OPEN_FAMILIES = [(1, add_open_pad), (1, add_open_slice), (1, add_open_reshape),
                 (1, add_open_broadcast), (1, add_open_fill)]
