#!/usr/bin/env python3
# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reports where the tree breaks a rule of its own: check_house.py [ROOT].

One line a violation, `file:line: what is wrong`; silent where all is well.

- sizes: a file has at most 1,000 lines, a function 80, a tool's main file 150
- headers: every source file says what it is and carries the licence
- arrows: dialects include no dlc/, the runtime no MLIR, lib no tools
- passes: pass FuseX has FuseX.cpp, -dl-fuse-x, fuse_x.mlir, and its description
  names that test
- ops: every dl op has a spec entry with constraints that the verifier or a test
  names, a verifier test, a shape inference test (of its class, where ops share
  one), a test of its canonicalisations, and a test of its meaning that runs
  interpreted and compiled
- docs: every page is linked from docs/index.md, every link leads somewhere
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
SOURCES = ("dialects", "include", "lib", "tools", "test/unit", "test/fuzz", "examples")
LICENCE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
violations = []


def report(path, message, line=None):
    where = path.relative_to(ROOT) if path.is_absolute() else path
    violations.append(f"{where}{f':{line}' if line else ''}: {message}")


def files(*suffixes):
    for folder in SOURCES + ("python", "scripts", "cmake"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "build" not in path.relative_to(ROOT).parts:
                yield path


def snake(name):
    """FuseElementwise, ConvertHostToLLVM → fuse_elementwise, convert_host_to_llvm."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


# --- Sizes ------------------------------------------------------------------


def long_functions(lines, limit=80):
    """Yields (line, length, first line) of functions, found by indentation: a `}`
    closes the last line that ends in `{` and starts in the same column."""
    control = re.compile(r"\b(namespace|class|struct|enum|switch|for|if|while|else|extern|union)\b")
    stack = []
    for number, line in enumerate(lines, 1):
        text = line.rstrip()
        indent = len(text) - len(text.lstrip())
        if text.lstrip().startswith("//"):
            continue
        if text.lstrip().startswith("}"):
            while stack and stack[-1][0] >= indent:
                column, start = stack.pop()
                if column != indent:
                    continue
                first = start
                while first > 1 and re.search(r"[^;{}:\s]\s*$|[(,]\s*$", lines[first - 2]) \
                        and not re.match(r"\s*(//|#)", lines[first - 2]):
                    first -= 1
                head = " ".join(part.strip() for part in lines[first - 1:start])
                if number - first + 1 > limit and "(" in head and not control.search(
                        head.split("(")[0]):
                    yield first, number - first + 1, head
        if text.endswith("{"):
            stack.append((indent, number))


def check_sizes():
    for path in files(".cpp", ".h", ".c", ".td", ".py"):
        lines = path.read_text().splitlines()
        if len(lines) > 1000:
            report(path, f"{len(lines)} lines; 1,000 is the limit")
        if path.suffix in (".cpp", ".h", ".c"):
            for line, length, head in long_functions(lines):
                report(path, f"a function of {length} lines; 80 is the limit: {head[:60]}", line)
    for tool in sorted((ROOT / "tools").iterdir()):
        main = tool / f"{tool.name}.cpp"
        if main.exists() and (count := len(main.read_text().splitlines())) > 150:
            report(main, f"{count} lines; a tool's main has at most 150")


# --- Headers and arrows -----------------------------------------------------


def check_headers():
    for path in files(".cpp", ".h", ".c", ".td", ".py"):
        if path.name == "__init__.py" and not path.read_text().strip():
            continue
        head = path.read_text()[:600]
        if "/third_party/" in str(path):
            continue
        if LICENCE not in head and path.name not in ("Precompiled.h", "Precompiled.cpp"):
            report(path, "no licence line at the top")
        if path.suffix in (".cpp", ".h", ".c", ".td"):
            first = head.splitlines()[0] if head else ""
            if first.startswith("//===-") and path.name not in first:
                report(path, f"its first line names another file: {first}", 1)


def check_arrows():
    rules = [("dialects", r"dlc/", "a dialect includes the libraries above it"),
             ("lib/Runtime", r"(mlir|llvm)/", "the runtime includes MLIR"),
             ("lib/Reference", r"dlc/(Codegen|Conversion|Target|Import|Pipelines)/",
              "the interpreter includes what is compared with it"),
             ("lib", r"(\.\./)*tools/", "a library includes a tool")]
    for folder, pattern, message in rules:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".cpp", ".h", ".c", ".td"):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if re.match(rf'\s*#?include [<"]{pattern}', line):
                    report(path, message, number)


# --- Passes -----------------------------------------------------------------


def check_passes():
    tests = {path.name: path for path in (ROOT / "test").rglob("*.mlir")}
    for table in sorted((ROOT / "include" / "dlc").rglob("Passes.td")):
        folder = table.parent.relative_to(ROOT / "include" / "dlc")
        text = table.read_text()
        entries = re.split(r"(?m)^def ", text)[1:]
        for entry in entries:
            match = re.match(r'(\w+)\s*:\s*Pass<\s*"([^"]+)"', entry)
            if not match:
                continue
            name, flag = match.groups()
            line = text[:text.index("def " + name + " ")].count("\n") + 1
            wanted = snake(name).replace("_", "-")
            if flag not in ("dl-" + wanted, wanted if name.startswith("Convert") else None):
                report(table, f"pass {name} has the flag -{flag}, not -dl-{wanted}", line)
            sources = list((ROOT / "lib" / folder).rglob(f"{name}.cpp"))
            if len(sources) != 1:
                report(table, f"pass {name} has no lib/{folder}/{name}.cpp", line)
            elif f"GEN_PASS_DEF_{name.upper()}" not in sources[0].read_text():
                report(sources[0], f"doesn't define {name}")
            for field in ("summary", "description"):
                if f"let {field}" not in entry:
                    report(table, f"pass {name} has no {field}", line)
            test = re.search(r"Example \((test/\S+?\.mlir)\)", entry)
            if not test:
                report(table, f"pass {name} has no `Example (test/….mlir)`", line)
            elif not (ROOT / test[1]).exists():
                report(table, f"pass {name} shows {test[1]}, which doesn't exist", line)
            elif flag not in (ROOT / test[1]).read_text():
                report(table, f"pass {name} shows {test[1]}, which doesn't run it", line)
            if snake(name) + ".mlir" not in tests and name != "ConvertDlToLinalg":
                report(table, f"pass {name} has no test {snake(name)}.mlir", line)


# --- Ops --------------------------------------------------------------------


# What ops of one of these classes check, their class checks.
PLAIN_CLASSES = {"Dl_Op", "Dl_PureOp", "Dl_DynamicallyShapedOp"}


def load_ops(tblgen, includes):
    """Of every dl op: whether it has canonicalisations, and its class, if it shares
    one with others."""
    ops = {}
    for source in sorted((ROOT / "dialects/dl/include/dl/IR").glob("Dl*Ops.td")):
        command = [tblgen, "--dump-json", str(source)] + [f"-I{path}" for path in includes]
        records = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for name in records["!instanceof"].get("Op", []):
            op = records[name]
            if op["opDialect"]["def"] == "Dl_Dialect" and name in source.read_text():
                classes = [c for c in op["!superclasses"]
                           if c.startswith("Dl_") and c not in PLAIN_CLASSES]
                ops[op["opName"]] = (
                    bool(op["hasCanonicalizer"] or op["hasCanonicalizeMethod"]),
                    classes[0] if classes else name)
    return ops


def spec_sections():
    """Op → (page, names of its entry, text) of the specification."""
    sections = {}
    for page in sorted((ROOT / "dialects/dl/docs/spec").glob("*.md")):
        text = page.read_text()
        parts = re.split(r"(?m)^## (.*)$", text)
        for heading, body in zip(parts[1::2], parts[2::2]):
            names = re.findall(r"\w+", heading)
            for name in names:
                sections.setdefault(name, (page, names, body))
        for row in re.findall(r"(?m)^\| (`.*)$", text):
            for name in re.findall(r"`(\w+)`", row.split("|")[0]):
                sections.setdefault(name, (page, [], text))
    return sections


def check_ops(tblgen, includes):
    ops = load_ops(tblgen, includes)
    sections = spec_sections()
    family_table = (ROOT / "dialects/dl/docs/spec.md").read_text()
    code = "".join(path.read_text() for path in (ROOT / "dialects/dl").rglob("*")
                   if path.suffix in (".cpp", ".h", ".td", ".mlir"))
    tests = [path.read_text() for path in sorted((ROOT / "dialects/dl/test").glob("*.mlir"))]
    chunks = [chunk for text in tests for chunk in re.split(r"(?m)^// -----", text)]
    folding = [text for text in tests if "-canonicalize" in text]
    for op, (canonicalises, kind) in sorted(ops.items()):
        where = pathlib.Path("dialects/dl/docs/spec.md")
        used = re.compile(rf"dl\.{op}\b")
        if not re.search(rf"\b{op}\b", family_table):
            report(where, f"{op} is in no family of the table")
        if op not in sections:
            report(where, f"{op} has no entry in spec/")
        else:
            page, names, body = sections[op]
            if not re.search(r"\bC\d", body):
                report(page, f"{op} has no numbered constraint")
            for tag in re.findall(r"\b(C\d+)(?: \(\w+\))?:", body if op in names[:1] else ""):
                if not re.search(rf"// .*\b({'|'.join(names)}) (C\d+, )*{tag}\b", code):
                    report(page, f"no `// {op} {tag}` in a verifier or test")
        where = pathlib.Path("dialects/dl/test")
        alike = "|".join(other for other in ops if ops[other][1] == kind)
        any_use = re.compile(rf"dl\.({alike})\b")
        if not any("expected-error" in chunk and any_use.search(chunk) for chunk in chunks):
            report(where, f"{op} has no verifier test")
        dynamic = re.compile(rf"dl\.({alike})\b(.*\n){{0,4}}?.*\?")
        is_static = op.startswith("global") or op == "constant"
        if not is_static and not any(dynamic.search(text) for text in tests):
            report(where, f"{op} has no test of shape inference with `?`")
        # What it folds to on constants, test/Reference/folds_agree.test compares.
        if canonicalises and not any(used.search(text) for text in folding):
            report(where, f"{op} has canonicalisations, but no test of them")
        meaning = ROOT / "test/Reference" / f"{op}.mlir"
        if not meaning.exists():
            if not (op.startswith("global") or op == "custom_call"):
                report(pathlib.Path("test/Reference"), f"{op} has no {op}.mlir")
        elif "--compiled" not in meaning.read_text():
            report(meaning, "doesn't run compiled")


# --- Docs -------------------------------------------------------------------


def check_docs():
    pages = sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / "dialects").rglob("docs/**/*.md"),
                    ROOT / "README.md"])
    reached = set()
    for page in pages:
        text = re.sub(r"(?s)```.*?```", "", page.read_text())
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            linked = (page.parent / target).resolve()
            if not linked.exists():
                report(page, f"links to {target}, which doesn't exist")
            elif page != ROOT / "README.md":
                reached.add(linked)
    for page in pages:
        if page not in reached and page.name not in ("README.md", "index.md"):
            report(page, "no other page links to it")


def main():
    llvm = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "/usr/lib/llvm-22")
    includes = [llvm / "include", ROOT / "include", *sorted(ROOT.glob("dialects/*/include"))]
    check_sizes()
    check_headers()
    check_arrows()
    check_passes()
    check_ops(str(llvm / "bin" / "llvm-tblgen"), includes)
    check_docs()
    print("\n".join(violations), end="\n" if violations else "")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
