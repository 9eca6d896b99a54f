# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How a random program grows: one function per op family adds an op.

A float value keeps a bound on its size and whether it is exact. A function with
a pole or a jump only follows where neither can turn an error of rounding into
another result.
"""

from .dl_open_ops import OPEN_FAMILIES, add_open_broadcast, add_open_fill, add_open_pad, \
    add_open_slice
from .program import FLOATS, INTS, Dyn, Op, Program, Value

UNARY_SMOOTH = ["neg", "abs", "sin", "cos", "tanh", "atan", "asinh", "erf", "sigmoid", "relu",
                "silu", "gelu"]
UNARY_STEEP = ["exp", "expm1", "sinh", "cosh"]
UNARY_JUMP = ["floor", "ceil", "round", "trunc", "sign"]
UNARY_UNIT = ["asin", "acos", "atanh", "erf_inv"]
UNARY_POSITIVE = ["log", "log1p", "sqrt", "rsqrt", "reciprocal", "lgamma", "digamma"]
KEPT_BOUND = {"neg", "abs", "relu", "floor", "ceil", "round", "trunc"}


class Builder:
    """A program that grows. Functions return None where they don't apply."""

    def __init__(self, rng, dynamic, dtypes, exact=True):
        self.rng, self.dynamic, self.dtypes, self.exact = rng, dynamic, dtypes, exact
        self.inputs, self.ops, self.values = [], [], []
        self.names = 0
        self.empty = False  # whether the op being added takes tensors without elements

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def input(self, dtype=None, shape=None):
        dtype = dtype or self.rng.choice(self.dtypes)
        if shape is None:
            shape = [self.size() for _ in range(self.rng.choice([0, 1, 2, 2, 3, 3, 4]))]
        value = Value(self.name("x"), dtype, shape, 8.0 if dtype in INTS else 2.0,
                      self.exact or dtype not in FLOATS)
        self.inputs.append(value)
        self.values.append(value)
        return value

    def size(self):
        size = self.rng.choice([1, 2, 3, 4, 5, 7, 8, 16, 17])
        if self.empty and self.rng.random() < 0.05:
            size = 0
        return Dyn(size) if self.dynamic and self.rng.random() < 0.4 else size

    def op(self, mnemonic, operands, results, tail="", attrs="", types=None):
        """`mnemonic %a, %b tail attrs : types -> types`."""
        refs = ", ".join("{%d}" % i for i in range(len(operands)))
        left = types or ", ".join(o.type for o in operands)
        right = ", ".join(r.type for r in results)
        attrs = " {{" + attrs + "}}" if attrs else ""
        return self.raw(results, operands, f"dl.{mnemonic} {refs}{tail}{attrs} : {left} -> {right}")

    def raw(self, results, operands, text):
        self.ops.append(Op(results, operands, text))
        self.values += results
        return results[0] if results else None

    def result(self, dtype, shape, bound=2.0, exact=True):
        return Value(self.name("v"), dtype, shape, bound, exact)

    def constant(self, text, dtype, shape):
        value = self.result(dtype, shape)
        self.raw([value], [], f"dl.constant dense<{text}> : {value.type}")
        self.values.remove(value)
        return value

    def shape_of(self, value):
        """A shape operand with the value's sizes."""
        parts = []
        for d, size in enumerate(value.shape):
            if isinstance(size, Dyn):
                scalar = self.result("i64", [])
                self.op("dim_size", [value], [scalar], attrs=f"dimension = {d} : i64")
                part = self.result("i64", [1])
                self.op("reshape", [scalar], [part])
                self.values.remove(scalar)
                self.values.remove(part)
            else:
                part = self.constant(str(size), "i64", [1])
            parts.append(part)
        shape = self.result("i64", [len(parts)])
        refs = ", ".join("{%d}" % i for i in range(len(parts)))
        types = ", ".join(p.type for p in parts)
        self.raw([shape], parts, f"dl.concat {refs} dim = 0 : ({types}) -> {shape.type}")
        self.values.remove(shape)
        return shape

    def pick(self, test=lambda v: True):
        found = [v for v in self.values if (v.count or self.empty) and test(v)]
        # Recent ones rather, so that programs get deep.
        return self.rng.choice(found[-6:]) if found else None

    def pick_float(self, rank=None):
        return self.pick(lambda v: v.dtype in FLOATS and v.bound < 1e4 and
                         (rank is None or len(v.shape) >= rank)) or \
            self.input(self.rng.choice([t for t in self.dtypes if t in FLOATS] or ["f32"]),
                       [self.size() for _ in range(rank or 2)])

    def like(self, value):
        """Another value of the same type."""
        other = self.pick(lambda v: v is not value and v.dtype == value.dtype and
                          v.type == value.type and v.sizes == value.sizes)
        return other or self.input(value.dtype, value.shape)

    def same(self, value, bound=None, exact=None, dtype=None):
        return self.result(dtype or value.dtype, value.shape,
                           value.bound if bound is None else bound,
                           value.exact if exact is None else exact)


def near_one(b, value):
    """|value| kept in a range where the next op is tame."""
    if value.bound <= 3:
        return value
    r = b.same(value, 1.0, False)
    return b.op("tanh", [value], [r]) or r


def add_unary(b):
    x = b.pick_float()
    kind = b.rng.random()
    if kind < 0.45:
        op = b.rng.choice(UNARY_SMOOTH)
    elif kind < 0.6:
        op, x = b.rng.choice(UNARY_STEEP), near_one(b, x)
    elif kind < 0.75 and x.exact:
        op = b.rng.choice(UNARY_JUMP)
    elif kind < 0.87:
        op = b.rng.choice(UNARY_UNIT)
        s = b.same(x, 1.0, False)
        b.op("sin", [x], [s])
        t = b.same(x, 0.95, False)
        low, high = b.constant("-0.875", x.dtype, []), b.constant("0.875", x.dtype, [])
        b.op("clamp", [low, s, high], [t])
        x = t
    else:
        op = b.rng.choice(UNARY_POSITIVE)
        a = b.same(x)
        b.op("abs", [x], [a])
        one = b.constant("1.0", x.dtype, [])
        s = b.result(x.dtype, x.shape, 1.0)
        splat_like(b, one, x, s)
        t = b.same(x, x.bound + 1)
        b.op("add", [a, s], [t])
        x = t
    bound = x.bound if op in KEPT_BOUND else 30.0 if op in UNARY_STEEP + UNARY_POSITIVE else 4.0
    exact = x.exact and op in UNARY_JUMP + ["neg", "abs", "relu"]
    return b.op(op, [x], [b.same(x, bound, exact)])


def splat_like(b, scalar, x, result):
    if x.is_static:
        return b.op("splat", [scalar], [result])
    shape = b.shape_of(x)
    return b.raw([result], [scalar, shape],
                 f"dl.splat {{0}} shape({{1}} : {shape.type}) : {scalar.type} -> {result.type}")


def add_binary(b):
    x = b.pick(lambda v: v.dtype != "i1" and v.bound < 1e4) or b.input("f32")
    y = b.like(x)
    if x.dtype in FLOATS:
        op = b.rng.choice(["add", "sub", "mul", "max", "min", "atan2"])
        bound = x.bound * y.bound if op == "mul" else x.bound + y.bound
        # Products of multiples of 1/8 soon have more digits than f16 holds.
        exact = x.exact and y.exact and op in ("max", "min")
        if op == "atan2" and not (x.exact and y.exact):
            op = "add"
        return b.op(op, [x, y], [b.same(x, bound, exact)])
    op = b.rng.choice(["add", "sub", "mul", "div", "rem", "max", "min", "and", "or", "xor",
                       "shift_left", "shift_right", "pow"])
    return b.op(op, [x, y], [b.same(x)])


def add_integer_unary(b):
    x = b.pick(lambda v: v.dtype in INTS) or b.input(b.rng.choice(INTS))
    return b.op(b.rng.choice(["neg", "abs", "sign", "not", "relu"]), [x], [b.same(x)])


def add_compare(b):
    x = b.pick(lambda v: v.exact) or b.input()
    y = b.like(x)
    if not y.exact:
        return None
    r = b.same(x, 1, True, "i1")
    direction = b.rng.choice(["eq", "ne", "lt", "le", "gt", "ge"])
    return b.raw([r], [x, y], f"dl.compare {direction} {{0}}, {{1}} : {x.type}, {y.type} -> {r.type}")


def add_select(b):
    x = b.pick()
    p = b.pick(lambda v: v.dtype == "i1" and v.sizes == x.sizes and
               [type(s) for s in v.shape] == [type(s) for s in x.shape]) or b.input("i1", x.shape)
    y = b.like(x)
    return b.op("select", [p, x, y], [b.same(x, max(x.bound, y.bound), x.exact and y.exact)])


def add_convert(b):
    x = b.pick()
    dtype = b.rng.choice(FLOATS + INTS + ["i1"])
    if dtype == x.dtype or (not x.exact and dtype not in FLOATS):
        return None
    wide = {"f16": 11, "bf16": 8}.get(dtype, 24)
    exact = x.exact and (dtype not in FLOATS or x.bound * 8 < 2**wide)
    if x.dtype in INTS and dtype in FLOATS:
        exact = False
    bound = min(x.bound, 6e4) if dtype in FLOATS else 8.0
    if dtype in FLOATS and x.dtype in INTS:
        bound = 1e9 if dtype != "f16" else 6e4
    return b.op("convert", [x], [b.same(x, bound, exact, dtype)])


def add_bitcast(b):
    pairs = {"i8": "ui8", "ui8": "i8", "i16": "ui16", "i32": "ui32", "i64": "ui64", "f32": "i32",
             "f64": "i64", "f16": "i16"}
    x = b.pick(lambda v: v.dtype in pairs and v.exact)
    return x and b.op("bitcast", [x], [b.same(x, 8.0, True, pairs[x.dtype])])


def factor(b, count):
    """A random shape of `count` elements."""
    shape = []
    while count > 1 and len(shape) < 3:
        divisors = [d for d in range(2, count + 1) if count % d == 0]
        d = b.rng.choice(divisors)
        shape.append(d)
        count //= d
    shape.append(count)
    b.rng.shuffle(shape)
    return shape


def add_reshape(b):
    x = b.pick(lambda v: v.is_static)
    return x and b.op("reshape", [x], [b.result(x.dtype, factor(b, x.count), x.bound, x.exact)])


def add_broadcast(b):
    x = b.pick(lambda v: v.is_static and len(v.shape) < 4 and v.count < 300)
    if not x:
        return None
    shape, dims = list(x.shape), list(range(len(x.shape)))
    at = b.rng.randint(0, len(shape))
    shape.insert(at, b.rng.choice([1, 2, 3]))
    dims = [d + (d >= at) for d in dims]
    for i, d in enumerate(dims):
        if x.shape[i] == 1 and b.rng.random() < 0.5:
            shape[d] = b.rng.choice([2, 4])
    r = b.result(x.dtype, shape, x.bound, x.exact)
    return b.op("broadcast_in_dim", [x], [r], f", dims = {dims}")


def add_transpose(b):
    x = b.pick(lambda v: len(v.shape) >= 2)
    if not x:
        return None
    p = list(range(len(x.shape)))
    b.rng.shuffle(p)
    r = b.result(x.dtype, [x.shape[d] for d in p], x.bound, x.exact)
    return b.op("transpose", [x], [r], f", permutation = {p}")


def add_concat(b):
    x = b.pick(lambda v: len(v.shape) >= 1)
    if not x:
        return None
    y, d = b.like(x), b.rng.randrange(len(x.shape))
    shape = list(x.shape)
    shape[d] = type(shape[d])(x.shape[d] + y.shape[d])
    r = b.result(x.dtype, shape, max(x.bound, y.bound), x.exact and y.exact)
    return b.raw([r], [x, y], f"dl.concat {{0}}, {{1}} dim = {d} : ({x.type}, {y.type}) -> {r.type}")


def add_slice(b):
    x = b.pick(lambda v: v.is_static and len(v.shape) >= 1 and v.count > 0)
    if not x:
        return None
    starts, limits, strides, shape = [], [], [], []
    for size in x.sizes:
        start = b.rng.randrange(size)
        limit = b.rng.randint(start + 1, size)
        stride = b.rng.choice([1, 1, 2, 3])
        starts.append(start), limits.append(limit), strides.append(stride)
        shape.append((limit - start + stride - 1) // stride)
    r = b.result(x.dtype, shape, x.bound, x.exact)
    return b.op("slice", [x], [r], f", starts = {starts} limits = {limits} strides = {strides}")


def add_dynamic_slice(b):
    x = b.pick(lambda v: v.is_static and len(v.shape) >= 1)
    if not x:
        return None
    shape = [b.rng.randint(1, s) for s in x.sizes]
    starts = b.constant(str([b.rng.randint(0, s - n) for s, n in zip(x.sizes, shape)]), "i64",
                        [len(shape)])
    if b.rng.random() < 0.5:
        r = b.result(x.dtype, shape, x.bound, x.exact)
        return b.raw([r], [x, starts],
                     f"dl.dynamic_slice {{0}}, {{1}} : {starts.type} : {x.type} -> {r.type}")
    update = b.input(x.dtype, shape)
    r = b.same(x, max(x.bound, update.bound))
    return b.op("dynamic_update_slice", [x, update, starts], [r])


def add_pad(b):
    x = b.pick(lambda v: v.is_static and len(v.shape) >= 1 and v.count < 400)
    if not x:
        return None
    mode = b.rng.choice(["constant", "constant", "edge", "reflect", "wrap"])
    low = [b.rng.randint(0, 3) for _ in x.shape]
    high = [b.rng.randint(0, 3) for _ in x.shape]
    interior = [b.rng.choice([0, 0, 1]) if mode == "constant" else 0 for _ in x.shape]
    shape = [s + l + h + (s - 1) * i for s, l, h, i in zip(x.sizes, low, high, interior)]
    r = b.result(x.dtype, shape, x.bound, x.exact)
    operands, value = [x], ""
    if mode == "constant":
        operands.append(b.input(x.dtype, []))
        value = f" value({{1}} : {operands[1].type})"
    return b.raw([r], operands, f"dl.pad {{0}}{value} low = {low} high = {high} interior = {interior}"
                 f" {{{{mode = #dl.pad_mode<{mode}>}}}} : {x.type} -> {r.type}")


def add_fft(b):
    real = b.rng.random() < 0.5
    n, shape = b.rng.choice([1, 2, 3, 5, 8, 12]), [b.size() for _ in range(b.rng.randint(0, 2))]
    at = b.rng.randint(0, len(shape))
    shape.insert(at, n)
    dtype = b.rng.choice(["f32", "f64"])
    x = b.input(dtype, shape if real else shape + [2])
    kind = "rfft" if real else b.rng.choice(["fft", "ifft"])
    out = list(shape)
    if real:
        out[at] = n // 2 + 1
    r = b.result(dtype, out + [2], 30.0, False)
    return b.op("fft", [x], [r], attrs=f"dimension = {at} : i64, kind = #dl.fft_kind<{kind}>")


def add_embedding(b):
    table = b.pick_float(2)
    if len(table.shape) != 2:
        table = b.input("f32", [4, b.rng.choice([1, 3, 8])])
    index = index_input(b, [b.size() for _ in range(b.rng.randint(0, 2))])
    low, high = b.constant("0", index.dtype, []), b.constant(str(table.sizes[0] - 1), index.dtype, [])
    inside = b.same(index)
    b.op("clamp", [low, index, high], [inside])
    r = b.result(table.dtype, inside.shape + table.shape[1:], table.bound, table.exact)
    return b.op("embedding", [table, inside], [r])


def add_predicate(b):
    x = b.pick_float()
    return b.op(b.rng.choice(["is_nan", "is_inf"]), [x], [b.same(x, 1.0, x.exact, "i1")])


def add_group_norm(b):
    groups, per = b.rng.choice([1, 2, 3]), b.rng.choice([1, 2, 4])
    x = b.input("f32", [b.size(), groups * per] + [b.size() for _ in range(b.rng.randint(0, 2))])
    scale, bias = b.input("f32", [groups * per]), b.input("f32", [groups * per])
    r = b.same(x, 20.0, False)
    return b.raw([r], [x, scale, bias], f"dl.group_norm {{0}} scale({{1}} : {scale.type}) "
                 f"bias({{2}} : {bias.type}) groups = {groups} "
                 f"{{{{epsilon = 1.0e-01 : f64}}}} : {x.type} -> {r.type}")


def add_reverse(b):
    x = b.pick(lambda v: len(v.shape) >= 1)
    if not x:
        return None
    dims = sorted(b.rng.sample(range(len(x.shape)), b.rng.randint(1, len(x.shape))))
    return b.op("reverse", [x], [b.same(x)], f", dims = {dims}")


def index_input(b, shape):
    return b.input(b.rng.choice(["i32", "i64"]), shape)


def add_gather(b):
    x = b.pick(lambda v: v.is_static and len(v.shape) >= 1)
    if not x:
        return None
    i, rank = index_input(b, [b.rng.randint(1, 5)]), len(x.shape)
    axis = b.rng.randrange(rank)
    shape = x.sizes
    shape[axis] = i.sizes[0]
    offsets = [d for d in range(rank) if d != axis]
    sizes = [1 if d == axis else s for d, s in enumerate(x.sizes)]
    mode = b.rng.choice(["clamp", "drop"])
    attrs = (f"offset_dims = {array(offsets)}, collapsed_slice_dims = {array([axis])}, "
             f"operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, "
             f"start_index_map = {array([axis])}, index_vector_dim = 1 : i64, "
             f"slice_sizes = {array(sizes)}, mode = #dl.index_mode<{mode}>")
    return b.op("gather", [x, i], [b.result(x.dtype, shape, x.bound, x.exact)], attrs=attrs)


def array(values):
    return "array<i64" + (": " + ", ".join(map(str, values)) if values else "") + ">"


def add_scatter(b):
    x = b.pick(lambda v: v.is_static and len(v.shape) >= 1 and v.dtype != "i1")
    if not x:
        return None
    i = index_input(b, [b.rng.randint(1, 5)])
    u = b.input(x.dtype, [i.sizes[0]] + x.sizes[1:])
    kind = b.rng.choice(["replace", "add", "mul", "max", "min"])
    windows = list(range(1, len(x.shape)))
    attrs = (f"update_window_dims = {array(windows)}, inserted_window_dims = array<i64: 0>, "
             f"input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, "
             f"scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, "
             f"kind = #dl.scatter_kind<{kind}>, mode = #dl.index_mode<drop>")
    exact = x.exact and kind in ("replace", "max", "min")
    return b.op("scatter", [x, i, u], [b.same(x, x.bound * 40, exact)], attrs=attrs)


def add_reduce(b):
    x = b.pick(lambda v: len(v.shape) >= 1 and v.dtype != "i1" and v.bound < 1e4)
    if not x:
        return None
    kinds = ["sum", "max", "min", "mean"] if x.dtype in FLOATS else \
        ["sum", "prod", "max", "min", "and", "or", "xor"]
    kind = b.rng.choice(kinds)
    dims = sorted(b.rng.sample(range(len(x.shape)), b.rng.randint(1, len(x.shape))))
    keep = b.rng.random() < 0.5
    shape = [1 if d in dims else s for d, s in enumerate(x.shape) if keep or d not in dims]
    bound = x.bound * x.count if kind == "sum" else x.bound
    r = b.result(x.dtype, shape, bound, x.exact and (kind in ("max", "min") or x.dtype in INTS))
    return b.raw([r], [x], f"dl.reduce {kind} {{0}}, dims = {dims} {'keep_dims ' if keep else ''}"
                 f": {x.type} -> {r.type}")


def add_arg_reduce(b):
    x = b.pick(lambda v: len(v.shape) >= 1 and v.dtype != "i1" and v.exact)
    if not x:
        return None
    d = b.rng.randrange(len(x.shape))
    r = b.result(b.rng.choice(["i32", "i64"]), x.shape[:d] + x.shape[d + 1:], 20.0)
    last = "{{select_last}} " if b.rng.random() < 0.5 else ""
    return b.raw([r], [x], f"dl.arg_reduce {b.rng.choice(['max', 'min'])} {{0}}, dim = {d} {last}"
                 f": {x.type} -> {r.type}")


def add_cumulative(b):
    x = b.pick(lambda v: len(v.shape) >= 1 and v.dtype != "i1" and v.bound < 1e3)
    if not x:
        return None
    kind = b.rng.choice(["sum", "max", "min"] + (["log_sum_exp"] if x.dtype in FLOATS else ["prod"]))
    attrs = [a for a in ("exclusive", "reverse") if b.rng.random() < 0.4]
    if kind != "sum" and "exclusive" in attrs:
        attrs.remove("exclusive") # infinite neutral elements
    text = " {{" + ", ".join(attrs) + "}}" if attrs else ""
    r = b.same(x, x.bound * 20, x.exact and (kind in ("max", "min") or x.dtype in INTS))
    return b.raw([r], [x], f"dl.cumulative {kind} {{0}}, dim = {b.rng.randrange(len(x.shape))}{text}"
                 f" : {x.type} -> {r.type}")


def add_sort(b):
    x = b.pick(lambda v: len(v.shape) >= 1 and v.exact)
    if not x:
        return None
    d = b.rng.randrange(len(x.shape))
    if b.rng.random() < 0.5 or x.dtype == "i1" or isinstance(x.shape[d], Dyn):
        y = b.input(None, x.shape)
        results = [b.same(x), b.same(y)]
        order = "descending " if b.rng.random() < 0.5 else ""
        types = f"({x.type}, {y.type})"
        left = f"dl.sort {{0}}, {{1}} dim = {d} {order}: {types} -> {types}"
        return b.raw(results, [x, y], left)
    k = b.rng.randint(min(1, x.sizes[d]), x.sizes[d])
    shape = list(x.shape)
    shape[d] = k
    results = [b.result(x.dtype, shape, x.bound), b.result("i64", shape, 20.0)]
    count = b.constant(str(k), "i64", [])
    small = "smallest " if b.rng.random() < 0.5 else ""
    return b.raw(results, [x, count], f"dl.top_k {{0}}, {{1}}, dim = {d} {small}: {x.type}, "
                 f"{count.type} -> {results[0].type}, {results[1].type}")


def add_dot(b):
    x = b.pick_float(2) if b.rng.random() < 0.8 else b.input("i8", [b.size() for _ in range(3)])
    rank = len(x.shape)
    batch = list(range(b.rng.randint(0, rank - 2))) if rank > 2 else []
    contract = b.rng.choice([d for d in range(rank) if d not in batch])
    free = b.rng.choice([1, 3, 8, 17])
    right = [x.shape[d] for d in batch]
    order = [x.shape[contract], free]
    swapped = b.rng.random() < 0.5
    y = b.input(x.dtype, right + (order[::-1] if swapped else order))
    rhs = len(right) + (1 if swapped else 0)
    shape = right + [s for d, s in enumerate(x.shape) if d not in batch and d != contract] + [free]
    dtype = "i32" if x.dtype == "i8" else x.dtype
    r = b.result(dtype, shape, x.bound * y.bound * x.shape[contract], x.dtype == "i8")
    return b.op("dot_general", [x, y], [r], f", batching = {batch} x {batch} "
                f"contracting = [{contract}] x [{rhs}]")


def add_conv(b):
    n, groups, per, out = b.rng.choice([1, 2]), b.rng.choice([1, 1, 2, 3]), b.rng.choice([1, 2, 4]), \
        b.rng.choice([1, 2, 8])
    spatial = b.rng.choice([1, 2, 2, 3])
    sizes = [b.rng.choice([5, 6, 8, 9]) for _ in range(spatial)]
    window = [b.rng.choice([1, 2, 3]) for _ in range(spatial)]
    strides = [b.rng.choice([1, 1, 2]) for _ in range(spatial)]
    low = [b.rng.choice([0, 1]) for _ in range(spatial)]
    high = [b.rng.choice([0, 1]) for _ in range(spatial)]
    dilations = [b.rng.choice([1, 1, 2]) for _ in range(spatial)]
    dtype = b.rng.choice([t for t in b.dtypes if t in FLOATS] or ["f32"])
    transposed = b.rng.random() < 0.3
    last = b.rng.random() < 0.4
    c, f = groups * per, groups * out
    if b.dynamic:
        n, sizes = Dyn(n), [Dyn(s) if b.rng.random() < 0.5 else s for s in sizes]
    x = b.input(dtype, [n, *sizes, c] if last else [n, c, *sizes])
    if transposed:
        w = b.input(dtype, [*window, out, c] if last else [c, out, *window])
        result = [type(s)((s - 1) * st + (k - 1) * d + 1 - l - h) for s, st, k, d, l, h in
                  zip(sizes, strides, window, dilations, low, high)]
        if min(result) < 1:
            return None
        tail = f" output_padding = {[0] * spatial}"
    else:
        w = b.input(dtype, [*window, per, f] if last else [f, per, *window])
        result = [type(s)((s + l + h - (k - 1) * d - 1) // st + 1) for s, st, k, d, l, h in
                  zip(sizes, strides, window, dilations, low, high)]
        tail = ""
    r = b.result(dtype, [n, *result, f] if last else [n, f, *result], 200.0, False)
    bias = b.input(dtype, [f]) if b.rng.random() < 0.5 else None
    attrs = f"groups = {groups} : i64" + (", layout = #dl.data_layout<channels_last>" if last else "")
    return b.raw([r], [x, w] + ([bias] if bias else []),
                 f"dl.conv{'_transpose' if transposed else ''} {{0}}, {{1}} "
                 + (f"bias({{2}} : {bias.type}) " if bias else "") +
                 f"strides = {strides} padding = {low}, {high} dilations = {dilations}{tail} "
                 f"{{{{{attrs}}}}} : {x.type}, {w.type} -> {r.type}")


def add_pool(b):
    x = b.pick_float(3)
    if not x.exact or len(x.shape) < 3 or min(x.sizes) < 2:
        x = b.input(b.rng.choice([t for t in b.dtypes if t in FLOATS] or ["f32"]),
                    [b.rng.choice([1, 2]), 3] + [b.rng.choice([5, 6]) for _ in range(2)])
    spatial = len(x.shape) - 2
    window = [b.rng.choice([1, 2, 3]) for _ in range(spatial)]
    window = [min(w, s) for w, s in zip(window, x.sizes[2:])]
    strides = [b.rng.choice([1, 2]) for _ in range(spatial)]
    low = [b.rng.randint(0, w - 1) for w in window]
    high = [b.rng.randint(0, w - 1) for w in window]
    sizes = [type(s)((s + l + h - w) // st + 1)
             for s, l, h, w, st in zip(x.shape[2:], low, high, window, strides)]
    shape = x.shape[:2] + sizes
    common = (f"window = {window} strides = {strides} padding = {low}, {high} "
              f"dilations = {[1] * spatial}")
    if b.rng.random() < 0.25:
        results = [b.result(x.dtype, shape, x.bound), b.result("i64", shape, 100.0)]
        return b.raw(results, [x], f"dl.max_pool_with_index {{0}} {common} : {x.type} -> "
                     f"{results[0].type}, {results[1].type}")
    kind = b.rng.choice(["max", "average", "sum"])
    attrs = "{{count_include_pad}} " if kind == "average" and b.rng.random() < 0.5 else ""
    r = b.result(x.dtype, shape, x.bound * 27, x.exact and kind == "max")
    return b.raw([r], [x], f"dl.pool {kind} {{0}} {common} {attrs}: {x.type} -> {r.type}")


def add_resize(b):
    x = b.pick(lambda v: v.dtype in ("f32", "f64") and v.is_static and 1 <= len(v.shape) <= 3 and
               v.count < 200 and v.bound < 1e3)
    if not x:
        return None
    shape = [b.rng.choice([s, s, 2 * s, s + 1, max(1, s // 2)]) for s in x.sizes]
    mode = b.rng.choice(["nearest", "linear", "cubic"])
    # Exact halves are where nearest jumps: only powers of two keep them exact.
    if mode == "nearest" and any(n % s and s % n for n, s in zip(shape, x.sizes)):
        return None
    coordinate = b.rng.choice(["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"])
    if mode == "nearest":
        coordinate = "asymmetric"
    attrs = f"mode = #dl.resize_mode<{mode}>, coordinate_mode = #dl.coordinate_mode<{coordinate}>"
    return b.op("resize", [x], [b.result(x.dtype, shape, x.bound * 2, False)], attrs=attrs)


def add_normalization(b):
    x = near_one(b, b.pick_float(2))
    op = b.rng.choice(["softmax", "log_softmax", "layer_norm", "rms_norm", "batch_norm"])
    rank = len(x.shape)
    if op in ("softmax", "log_softmax"):
        return b.op(op, [x], [b.same(x, 8.0, False)], f", dim = {b.rng.randrange(rank)}")
    eps = "{{epsilon = 1.0e-01 : f64}}"
    if op == "batch_norm":
        c = x.shape[1]
        ps = [b.input(x.dtype, [c]) for _ in range(3)]
        v = b.input(x.dtype, [c])
        variance = b.same(v)
        b.op("abs", [v], [variance])
        r = b.same(x, 20.0, False)
        operands = [x, *ps, variance]
        types = ", ".join(o.type for o in operands)
        return b.raw([r], operands, f"dl.batch_norm {{0}}, {{1}}, {{2}}, {{3}}, {{4}} {eps} : "
                     f"({types}) -> {r.type}")
    axis = b.rng.randrange(1, rank)
    scale = b.input(x.dtype, x.shape[axis:])
    operands = [x, scale]
    bias = ""
    if op == "layer_norm" and b.rng.random() < 0.5:
        operands.append(b.input(x.dtype, x.shape[axis:]))
        bias = f" bias({{2}} : {operands[2].type})"
    r = b.same(x, 40.0, False)
    return b.raw([r], operands, f"dl.{op} {{0}} scale({{1}} : {scale.type}){bias} axis = {axis} {eps}"
                 f" : {x.type} -> {r.type}")


def add_attention(b):
    dtype = b.rng.choice(["f32", "f32", "f64"])
    batch, heads, share, s, t, d, e = (b.rng.choice(c) for c in
                                       ([1, 2], [1, 2], [1, 2], [1, 5, 8], [1, 4, 9], [4, 8], [4, 6]))
    if b.dynamic:
        s, t = Dyn(s), Dyn(t)
    q = b.input(dtype, [batch, heads * share, s, d])
    k, v = b.input(dtype, [batch, heads, t, d]), b.input(dtype, [batch, heads, t, e])
    operands, mask = [q, k, v], ""
    if b.rng.random() < 0.4:
        operands.append(b.input(dtype, [1, 1, s, t]))
        mask = f"mask({{3}} : {operands[3].type}) "
    causal = ", causal" if b.rng.random() < 0.4 else ""
    r = b.result(dtype, [batch, heads * share, s, e], 2.0, False)
    return b.raw([r], operands, f"dl.attention {{0}}, {{1}}, {{2}} {mask}{{{{scale = 0.5 : f64{causal}}}}}"
                 f" : {q.type}, {k.type}, {v.type} -> {r.type}")


def add_recurrent(b):
    op = b.rng.choice(["rnn", "lstm", "gru"])
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[op]
    s, n, i, h = b.rng.choice([1, 3]), b.rng.choice([1, 2]), b.rng.choice([2, 5]), b.rng.choice([3, 8])
    direction = b.rng.choice(["forward", "reverse", "bidirectional"])
    d = 2 if direction == "bidirectional" else 1
    x, w, r = b.input("f32", [s, n, i]), b.input("f32", [d, gates * h, i]), \
        b.input("f32", [d, gates * h, h])
    operands, extra = [x, w, r], ""
    if b.rng.random() < 0.5:
        operands.append(b.input("f32", [d, 2 * gates * h]))
        extra += f"bias({{3}} : {operands[3].type}) "
    results = [b.result("f32", [s, d, n, h], 4.0, False)]
    results += [b.result("f32", [d, n, h], 4.0, False) for _ in range(2 if op == "lstm" else 1)]
    attrs = f"hidden_size = {h} : i64, direction = #dl.rnn_direction<{direction}>"
    if op == "gru" and b.rng.random() < 0.5:
        attrs += ", linear_before_reset"
    return b.raw(results, operands, f"dl.{op} {{0}}, {{1}}, {{2}} {extra}{{{{{attrs}}}}} : {x.type}, "
                 f"{w.type}, {r.type} -> " + ", ".join(v.type for v in results))


def add_quantize(b):
    x = b.pick(lambda v: v.dtype == "f32" and v.exact) or b.input("f32")
    scale = b.constant("0.25", "f32", [])
    dtype = b.rng.choice(["i8", "ui8", "i16"])
    zero = b.constant("3", dtype, [])
    q = b.same(x, 8.0, True, dtype)
    b.raw([q], [x, scale, zero], f"dl.quantize {{0}}, {{1}} zero_point({{2}} : {zero.type}) : "
          f"{x.type}, {scale.type} -> {q.type}")
    r = b.same(x, 40.0)
    return b.raw([r], [q, scale, zero], f"dl.dequantize {{0}}, {{1}} zero_point({{2}} : {zero.type}) "
                 f": {q.type}, {scale.type} -> {r.type}")


def add_nonzero(b):
    x = b.pick(lambda v: v.exact and v.is_static and len(v.shape) >= 1)
    if not x:
        return None
    r = b.result("i64", [len(x.shape), Dyn(0)])
    b.op("nonzero", [x], [r])
    b.values.remove(r) # its size is unknown here
    return r


def add_if(b):
    x = b.pick_float()
    p = b.input("i1", [])
    c = b.name("c")
    condition = Value(c + "_p", "i1", [])
    b.ops.append(Op([condition], [p], "tensor.extract {0}[] : tensor<i1>"))
    r = b.same(x, 4.0, False)
    return b.raw([r], [condition, x], (
        "scf.if {{0}} -> {t} {{{{\n    %{c}_a = dl.tanh {{1}} : {t} -> {t}\n    scf.yield %{c}_a : {t}\n"
        "  }}}} else {{{{\n    %{c}_b = dl.neg {{1}} : {t} -> {t}\n    scf.yield %{c}_b : {t}\n  }}}}"
    ).format(c=c, t=x.type))


def add_for(b):
    x = near_one(b, b.pick_float())
    c = b.name("l")
    r = b.same(x, 4.0, False)
    n = b.rng.randint(0, 4)
    bounds = []
    for name, number in (("lo", 0), ("hi", n), ("st", 1)):
        v = Value(f"{c}_{name}", "index", [])
        b.ops.append(Op([v], [], f"arith.constant {number} : index"))
        bounds.append(v)
    return b.raw([r], [x, *bounds], (
        "scf.for %{c}_i = {{1}} to {{2}} step {{3}} iter_args(%{c}_x = {{0}}) -> ({t}) {{{{\n"
        "    %{c}_y = dl.sin %{c}_x : {t} -> {t}\n    %{c}_z = dl.add %{c}_y, {{0}} : {t}, {t} -> {t}\n"
        "    scf.yield %{c}_z : {t}\n  }}}}").format(c=c, t=x.type))


FAMILIES = [
    (6, add_unary), (6, add_binary), (2, add_integer_unary), (2, add_compare), (2, add_select),
    (2, add_convert), (1, add_bitcast), (2, add_reshape), (2, add_broadcast), (2, add_transpose),
    (2, add_concat), (2, add_slice), (1, add_dynamic_slice), (2, add_pad), (1, add_reverse),
    (1, add_gather), (1, add_scatter), (3, add_reduce), (1, add_arg_reduce), (1, add_cumulative),
    (1, add_sort), (3, add_dot), (2, add_conv), (1, add_pool), (1, add_resize),
    (2, add_normalization), (1, add_attention), (1, add_recurrent), (1, add_quantize),
    (1, add_nonzero), (1, add_if), (1, add_for), (1, add_fft), (1, add_embedding),
    (1, add_predicate), (1, add_group_norm), *OPEN_FAMILIES]

# What is defined on tensors without elements, too.
TAKES_EMPTY = {
    add_unary, add_binary, add_integer_unary, add_compare, add_select, add_convert, add_bitcast,
    add_transpose, add_concat, add_broadcast, add_reverse, add_cumulative, add_sort, add_dot,
    add_normalization, add_quantize, add_if, add_for, add_predicate, add_open_pad, add_open_slice,
    add_open_broadcast, add_open_fill}


def generate(rng, exact=True):
    """A random program of up to a dozen ops; every leaf is an output. Its inputs are exact
    or not: what jumps doesn't follow inputs that aren't."""
    dtypes = ["f32"] * 4 + [rng.choice(FLOATS), rng.choice(INTS), "i1"]
    b = Builder(rng, rng.random() < 0.35, dtypes, exact)
    b.input(rng.choice(FLOATS[:1] * 3 + FLOATS))
    weights, makers = zip(*FAMILIES)
    target = rng.choice([1, 2, 3, 5, 8, 12])
    for _ in range(target):
        maker = rng.choices(makers, weights)[0]
        b.empty = maker in TAKES_EMPTY
        maker(b)
    if not b.ops:
        add_unary(b)
    used = {o.name for op in b.ops for o in op.operands}
    leaves = [r for op in b.ops for r in op.results
              if r.name not in used and not r.name.endswith(("_p", "_lo", "_hi", "_st"))]
    return Program(b.inputs, b.ops, leaves).pruned()
