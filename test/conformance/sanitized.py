# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models under sanitizers: the generated code, the runtime's sources and
test/fuzz/artifact_calls.cpp as one instrumented program."""

import pathlib
import random
import re
import struct
import subprocess

from . import common
from fuzz import dl_ops

RUNTIME = common.ROOT / "lib" / "Runtime"
COMPILER = "clang++-22"


def weights(name, rows, columns, rng):
    """A dl.global of small random numbers."""
    numbers = [rng.uniform(-0.5, 0.5) for _ in range(rows * columns)]
    text = struct.pack(f"<{len(numbers)}f", *numbers).hex().upper()
    kind = f"tensor<{rows}x{columns}xf32>"
    return f'dl.global private @{name} : {kind} = dense<"0x{text}"> : {kind}\n'


def perceptron():
    """Three layers on a batch of open size: several kernels, weights, an arena
    that depends on the input, loops that are worth two threads."""
    rng = random.Random(1)
    sizes = [64, 256, 256, 32]
    lines, body, value = [], [], "%x"
    for i, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
        lines.append(weights(f"w{i}", rows, columns, rng))
        left, right = f"tensor<?x{rows}xf32>", f"tensor<{rows}x{columns}xf32>"
        result = f"tensor<?x{columns}xf32>"
        body += [f"  %w{i} = dl.global_load @w{i} : {right}",
                 f"  %p{i} = dl.dot_general {value}, %w{i}, batching = [] x [] contracting = [1] x [0]"
                 f" : {left}, {right} -> {result}",
                 f"  %r{i} = dl.tanh %p{i} : {result} -> {result}",
                 f"  %s{i} = dl.softmax %r{i}, dim = 1 : {result} -> {result}"]
        value = f"%s{i}"
    return "".join(lines) + (
        'func.func @main(%x: tensor<?x64xf32> {dlc.name = "x", dlc.dim_symbols = ["N", ""]})\n'
        '    -> (tensor<?x32xf32> {dlc.name = "y"}) {\n' + "\n".join(body) +
        f"\n  return {value} : tensor<?x32xf32>\n}}\n")


def models():
    """Names and texts: the perceptron, and programs of the fuzzer."""
    yield "perceptron", perceptron()
    for number in (3, 7, 11, 19, 23):
        yield f"program_{number}", str(dl_ops.generate(random.Random(number)))


def write_weights(model, folder):
    """The weights as the assembly of an object, taken from the .safetensors."""
    stem = folder / model.stem
    subprocess.run([common.tool("dl-compile"), model, "--weights=external", "-o", f"{stem}.so"],
                   check=True)
    file = stem.with_suffix(".safetensors")
    data = file.read_bytes() if file.exists() else struct.pack("<Q", 0)
    stem.with_suffix(".bin").write_bytes(data[8 + struct.unpack_from("<Q", data)[0]:] + b"\0")
    assembly = stem.with_suffix(".s")
    assembly.write_text(".section .rodata\n.p2align 6\n.globl dlc_rt_weights\ndlc_rt_weights:\n"
                        f'.incbin "{stem}.bin"\n.section .note.GNU-stack,"",@progbits\n')
    return assembly


def build(name, text, sanitizers, attribute, folder):
    """The program's path. `attribute` makes the pass instrument a function."""
    model, code = folder / f"{name}.mlir", folder / f"{name}.ll"
    model.write_text(text)
    subprocess.run([common.tool("dl-compile"), model, "--emit=llvm", "-o", code], check=True)
    code.write_text(re.sub(r"^(attributes #\d+ = \{)", rf"\1 {attribute}", code.read_text(),
                           flags=re.MULTILINE))
    flags = ["-O1", "-g1", "-w", f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all",
             f"-I{common.ROOT}/include", f"-I{RUNTIME}"]
    objects = []
    for source in ("Api", "Context", "Error", "Pool", "Run", "Tensor", "Weights"):
        objects.append(folder / f"{source}.o")
        if not objects[-1].exists():
            subprocess.run([COMPILER, "-x", "c", "-std=c11", *flags, "-c", RUNTIME / f"{source}.c",
                            "-o", objects[-1]], check=True)
    driver = folder / "artifact_calls.o"
    if not driver.exists():
        subprocess.run([COMPILER, "-std=c++17", *flags, "-c",
                        common.ROOT / "test" / "fuzz" / "artifact_calls.cpp", "-o", driver], check=True)
    program = folder / name
    subprocess.run([COMPILER, *flags, code, write_weights(model, folder), driver, *objects, "-lm",
                    "-o", program], check=True)
    return program


def run(program, arguments, timeout):
    """The program's output, passes and failures; a sanitizer's report is one."""
    # Sanitizers reserve more address space than a limit could allow.
    try:
        process = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace",
                                 timeout=timeout)
    except subprocess.TimeoutExpired:
        return [f"no result after {timeout} s"], 0, 1
    summary = re.search(r"^(\d+) passed, (\d+) failed, 0 skipped$", process.stdout, re.MULTILINE)
    lines = [l for l in process.stdout.splitlines() if l and not (summary and l == summary[0])]
    passed, failed = (int(summary[1]), int(summary[2])) if summary else (0, 1)
    if process.returncode and not failed:
        failed = 1
    return lines[:60], passed, failed
