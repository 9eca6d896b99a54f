# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damages traces and .pt2 files.

`damage(seed, number)` always does the same: to the file's bytes, to the document
beside its nodes (versions, inputs, outputs, symbols, weights, signature), or to
one node.
"""

import copy
import io
import json
import random
import zipfile

ODD_VALUES = [0, 1, -1, 2, -7, 1000000007, 2**63 - 1, -2**63, 2**64, 1e308, 0.5, None, True, "", "x",
              "\ud7ff\n\"", [], {}, [[]], {"value": "x"}, {"float": "nan"}, "aten.add.Tensor"]


def damage_bytes(data, rng):
    """Damage without regard to what the bytes mean."""
    data = bytearray(data)
    kind = rng.randrange(4)
    if kind == 0:
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del data[rng.randrange(len(data)):]
    elif kind == 2:
        begin = rng.randrange(len(data))
        del data[begin:begin + rng.randint(1, 16)]
    else:
        begin, at = rng.randrange(len(data)), rng.randrange(len(data))
        data[at:at] = data[begin:begin + rng.randint(1, 32)]
    return bytes(data)


def places(value):
    """Every container and key under a JSON value."""
    found, stack = [], [value]
    while stack:
        container = stack.pop()
        keys = container.keys() if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], (dict, list)):
                stack.append(container[key])
    return found


def damage_value(root, rng):
    """Changes one thing somewhere in a JSON object or list."""
    found = places(root)
    if not found:
        return
    container, key = rng.choice(found)
    kind = rng.randrange(6)
    if kind == 0:
        container.pop(key)
    elif kind == 1:
        container[key] = copy.deepcopy(rng.choice(ODD_VALUES))
    elif kind == 2:  # what stands elsewhere
        other, other_key = rng.choice(found)
        container[key] = copy.deepcopy(other[other_key])
    elif kind == 3 and isinstance(container, list):
        container.insert(rng.randint(0, len(container)), copy.deepcopy(container[key]))
    elif kind == 3:
        container[str(key) + "x"] = container.pop(key)
    elif kind == 4:
        value = container[key]
        container[key] = value + rng.choice([-1, 1]) if isinstance(value, (int, float)) else [value]
    elif isinstance(container[key], str):
        container[key] += "x"
    else:
        container[key] = str(container[key])


def nest(root, rng):
    """Puts a value into lists of lists."""
    container, key = rng.choice(places(root))
    for _ in range(rng.choice([3, 100, 20000])):
        container[key] = [container[key]]


def names_of(node):
    """By what an error may name a node: its results, or its op where that is unknown."""
    op = node.get("op", node.get("target"))
    parts = {"parts": [node.get("results"), node.get("outputs"), {"name": node.get("name")}]}
    return [str(op).removeprefix("torch.ops.")] + [
        f"'{container[key]}'" for container, key in places(parts)
        if key in ("value", "name") and isinstance(container[key], str)]


def damage_document(document, nodes, rng):
    """What an error names the damaged node by, where it was a node."""
    if rng.randrange(20) == 0:
        nest(document, rng)
        return None
    if not nodes or rng.randrange(5) == 0:
        damage_value({key: value for key, value in document.items() if value is not nodes}
                     if rng.randrange(2) else document, rng)
        return None
    index = rng.randrange(len(nodes))
    node = nodes[index]
    names = names_of(node)
    if rng.randrange(12) == 0:
        other = rng.randrange(len(nodes))
        nodes[index], nodes[other] = nodes[other], nodes[index]
        return None
    damage_value(node, rng)
    return [*names, *names_of(node), f"node {index} "]


def dump(document):
    """JSON without the recursion limit of Python's encoder."""
    pieces, stack = [], [document]
    while stack:
        value = stack.pop()
        if isinstance(value, Text):
            pieces.append(value)
        elif isinstance(value, dict):
            stack.append(Text("}"))
            for i, (key, item) in enumerate(reversed(list(value.items()))):
                stack += [Text("," if i else ""), item, Text(json.dumps(key) + ":")]
            pieces.append("{")
        elif isinstance(value, list):
            stack.append(Text("]"))
            for i, item in enumerate(reversed(value)):
                stack += [Text("," if i else ""), item]
            pieces.append("[")
        else:
            pieces.append(json.dumps(value))
    return "".join(pieces)


class Text(str):
    """Text of the document, as against a string in it."""


def damage_trace(data, rng):
    document = json.loads(data)
    names = damage_document(document, document["nodes"], rng)
    return dump(document).encode(), names


def damage_archive(data, rng):
    entries = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            entries[name] = archive.read(name)
    names, program = None, next(n for n in entries if "/models/" in n)
    kind = rng.randrange(12)
    if kind == 0:
        del entries[rng.choice(list(entries))]
    elif kind == 1:
        chosen = rng.choice(list(entries))
        entries[chosen] = damage_bytes(entries[chosen], rng) if entries[chosen] else b"x"
    elif kind == 2:
        chosen = rng.choice(list(entries))
        entries[chosen + "x"] = entries.pop(chosen)
    else:
        chosen = rng.choice([n for n in entries if n.endswith(".json")]) if kind == 3 else program
        document = json.loads(entries[chosen])
        nodes = document["graph_module"]["graph"]["nodes"] if chosen == program else []
        names = damage_document(document, nodes, rng)
        entries[chosen] = dump(document).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if kind == 4 else zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue(), names


def damage(seed, number):
    """The damaged bytes of a file; and what names the damaged node, if it was one."""
    rng = random.Random(number)
    data = seed.read_bytes()
    if rng.randrange(6) == 0:
        return damage_bytes(data, rng), None
    return (damage_archive if seed.suffix == ".pt2" else damage_trace)(data, rng)
