# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A dl program as a list of ops, its text, and the data it runs on."""

import random
import struct
import zipfile

FLOATS = ["f32", "f64", "f16", "bf16"]
INTS = ["i8", "i16", "i32", "i64", "ui8", "ui16", "ui32", "ui64", "i4", "ui4"]

# struct's letter and NumPy's type of the elements that a file can name; the
# others travel as the integers of their bits.
FILE_TYPES = {
    "f64": ("d", "<f8"), "f32": ("f", "<f4"), "f16": ("e", "<f2"), "bf16": ("H", "<u2"),
    "i1": ("?", "|b1"), "i4": ("b", "|i1"), "i8": ("b", "|i1"), "i16": ("h", "<i2"),
    "i32": ("i", "<i4"), "i64": ("q", "<i8"), "ui4": ("B", "|u1"), "ui8": ("B", "|u1"),
    "ui16": ("H", "<u2"), "ui32": ("I", "<u4"), "ui64": ("Q", "<u8"),
}


class Dyn(int):
    """A size that the type leaves open."""


class Value:
    """An SSA value. `bound` limits |x|; `exact` says that an error of rounding
    is impossible, so that a jump (floor, compare) may follow."""

    def __init__(self, name, dtype, shape, bound=2.0, exact=True):
        self.name, self.dtype, self.shape = name, dtype, list(shape)
        self.bound, self.exact = bound, exact

    @property
    def type(self):
        sizes = ["?" if isinstance(s, Dyn) else str(s) for s in self.shape]
        return "tensor<" + "x".join(sizes + [self.dtype]) + ">"

    @property
    def is_static(self):
        return not any(isinstance(s, Dyn) for s in self.shape)

    @property
    def count(self):
        n = 1
        for s in self.shape:
            n *= s
        return n

    @property
    def sizes(self):
        return [int(s) for s in self.shape]


class Op:
    """Results, operands, and the text with operands as {0}, {1}, …"""

    def __init__(self, results, operands, text):
        self.results, self.operands, self.text = results, operands, text

    def __str__(self):
        left = ", ".join("%" + r.name for r in self.results)
        right = self.text.format(*("%" + o.name for o in self.operands))
        return f"  {left} = {right}" if left else "  " + right


class Program:
    def __init__(self, inputs, ops, outputs):
        self.inputs, self.ops, self.outputs = inputs, ops, outputs

    def __str__(self):
        arguments = ", ".join(f"%{v.name}: {v.type} {{dlc.name = \"{v.name}\"}}"
                              for v in self.inputs)
        types = ", ".join(v.type for v in self.outputs)
        lines = [f"func.func @main({arguments}) -> ({types}) {{"]
        lines += [str(op) for op in self.ops]
        names = ", ".join("%" + v.name for v in self.outputs)
        return "\n".join(lines + [f"  return {names} : {types}", "}"]) + "\n"

    def pruned(self):
        """Without ops and inputs that no output needs."""
        needed = {v.name for v in self.outputs}
        ops = []
        for op in reversed(self.ops):
            if not op.results or any(r.name in needed for r in op.results):
                needed.update(o.name for o in op.operands)
                ops.append(op)
        ops.reverse()
        return Program([v for v in self.inputs if v.name in needed], ops, self.outputs)

    def size(self):
        return len(self.ops)


def random_element(rng, value, special):
    """A multiple of 1/8 in [-2, 2], a small integer, or now and then something
    special; a number that isn't exact is any in [-2, 2]."""
    dtype = value.dtype
    if dtype == "i1":
        return rng.random() < 0.5
    if dtype in INTS:
        if special and rng.random() < 0.1:
            bits = int(dtype.lstrip("ui"))
            low, high = (0, 2**bits - 1) if dtype[0] == "u" else (-2**(bits - 1), 2**(bits - 1) - 1)
            return rng.choice([low, high, 0])
        return rng.randint(0 if dtype[0] == "u" else -4, 4)
    if special and rng.random() < 0.1:
        return rng.choice([float("nan"), float("inf"), float("-inf"), -0.0, 0.0])
    return rng.randint(-16, 16) / 8 if value.exact else rng.uniform(-2, 2)


def encode(value, elements):
    letter, _ = FILE_TYPES[value.dtype]
    if value.dtype == "bf16":
        elements = [struct.unpack("<I", struct.pack("<f", e))[0] >> 16 for e in elements]
    return struct.pack(f"<{len(elements)}{letter}", *elements)


def write_inputs(path, program, seed, special):
    """Writes a .npz with a value for every input; it depends on the input's name
    only, so that a smaller program sees the same."""
    with zipfile.ZipFile(path, "w") as archive:
        for value in program.inputs:
            rng = random.Random(f"{seed} {value.name}")
            elements = [random_element(rng, value, special) for _ in range(value.count)]
            shape = "(" + "".join(f"{s}, " for s in value.sizes) + ")"
            header = (f"{{'descr': '{FILE_TYPES[value.dtype][1]}', 'fortran_order': False, "
                      f"'shape': {shape}, }}")
            header += " " * (-(len(header) + 11) % 64) + "\n"
            archive.writestr(value.name + ".npy", b"\x93NUMPY\x01\x00" +
                             struct.pack("<H", len(header)) + header.encode() +
                             encode(value, elements))
