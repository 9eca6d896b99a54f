# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damages traces and .pt2 files.

`damage(seed, number)` always does the same: to the file's bytes, to the document
beside its nodes (versions, inputs, outputs, symbols, weights, signature), or to
one node; `op` says of which op that is. Half of a trace's nodes are taken out of it
first and get their operands as inputs, whose types are changed together with the node
(`damage_alone`), so that the importer of the op sees what is wrong, and no check before.
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


def find_nodes(nodes, op):
    """The numbers of the nodes of an op; of all, where there is none."""
    return [i for i, n in enumerate(nodes) if n.get("op", n.get("target")) == op] or range(len(nodes))


def damage_document(document, nodes, rng, op=None):
    """What an error names the damaged node by, where it was a node."""
    if rng.randrange(20) == 0:
        nest(document, rng)
        return None
    if not nodes or rng.randrange(5) == 0:
        damage_value({key: value for key, value in document.items() if value is not nodes}
                     if rng.randrange(2) else document, rng)
        return None
    index = rng.choice(find_nodes(nodes, op))
    node = nodes[index]
    names = names_of(node)
    if rng.randrange(12) == 0:
        other = rng.randrange(len(nodes))
        nodes[index], nodes[other] = nodes[other], nodes[index]
        return None
    damage_value(node, rng)
    return [*names, *names_of(node), f"node {index} "]


def damage_call(data, number):
    """The bytes of a trace that is damaged where Python looks: how it is called, its
    inputs and outputs, symbols, weights."""
    rng, document = random.Random(number), json.loads(data)
    parts = [key for key in document if key not in ("nodes", "sources")]
    for _ in range(rng.choice([1, 1, 2])):
        key = rng.choice(parts + ["metadata"] * len(parts))
        is_whole = not isinstance(document.get(key), (dict, list)) or rng.randrange(10) == 0
        damage_value(document if is_whole else document[key], rng)
    return dump(document).encode()


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


SIZES = [0, 1, 1, 2, 3, 5, 7, 64, 2**31, 2**62, "s0", "s1", ["mul", 2, "s0"], ["add", "s0", -1]]
DTYPES = ["f64", "f32", "f16", "bf16", "f8E4M3FN", "i1", "i8", "i16", "i32", "i64", "ui8", "ui16",
          "ui64", "c32", "c64", "c128"]


def damage_type(type, rng):
    """A tensor's type changed in its shape or element type."""
    shape, kind = type["shape"], rng.randrange(7)
    at = rng.randrange(len(shape)) if shape else 0
    if kind == 0:
        type["dtype"] = rng.choice(DTYPES)
    elif kind == 1 and shape:
        shape.pop(at)
    elif kind == 2:
        shape.insert(at, copy.deepcopy(rng.choice(SIZES)))
    elif kind == 3 and shape:
        other = rng.randrange(len(shape))
        shape[at], shape[other] = shape[other], shape[at]
    elif kind == 4:
        type["shape"] = [copy.deepcopy(rng.choice(SIZES)) for _ in range(rng.randrange(6))]
    elif shape:
        shape[at] = copy.deepcopy(rng.choice(SIZES))


def values_in(argument):
    """The {"value": name} in an argument, but for those in its graphs."""
    if isinstance(argument, dict):
        return [argument] if isinstance(argument.get("value"), str) else []
    if not isinstance(argument, list):
        return []
    return [value for element in argument for value in values_in(element)]


def damage_arguments(node, rng):
    """A node whose arguments are left out, added, exchanged or changed."""
    args, kind = node.get("args"), rng.randrange(8)
    if not args or not all(isinstance(pair, list) and len(pair) == 2 for pair in args):
        return  # damaged before
    at, other = rng.randrange(len(args)), rng.randrange(len(args))
    value, values = args[at][1], values_in([v for _, v in args])
    if kind == 0:
        args.pop(at)
    elif kind == 1:
        args.insert(other, copy.deepcopy([rng.choice(args)[0], value]))
    elif kind == 2:
        args[at][1], args[other][1] = args[other][1], value
    elif kind == 3 and values:
        rng.choice(values)["value"] = rng.choice(values)["value"]
    elif kind == 4 and isinstance(value, list):
        value.append(copy.deepcopy(rng.choice([*value, 0, 1, -1, None])))
    elif kind == 5 and isinstance(value, list) and value:
        value.pop(rng.randrange(len(value)))
    elif kind == 6 and values:
        args[at][1] = copy.deepcopy(rng.choice([None, rng.choice(values), values, 0, 1, -1, True]))
    else:
        damage_value({"args": args}, rng)


def take_out(document, index):
    """A program of one node of another: its operands are inputs, its results outputs.
    None where an operand's type isn't known."""
    types = {v["value"]: v.get("type") for v in document["inputs"]}
    for node in document["nodes"]:
        types.update((r["value"], r.get("type")) for r in node["results"] if r)
    node = document["nodes"][index]
    names = dict.fromkeys(v["value"] for v in values_in([value for _, value in node["args"]]))
    if any(types.get(name) is None for name in names):
        return None
    alone = {key: document[key] for key in ("format", "version", "producer", "sources")}
    alone["symbols"] = {"s0": {"min": 0}, **document["symbols"]}
    alone["inputs"] = [{"value": name, "name": name, "type": types[name]} for name in names]
    alone["nodes"] = [node]
    alone["outputs"] = [{"name": r["value"], "arg": {"value": r["value"]}}
                        for r in node["results"] if r]
    return copy.deepcopy(alone)


def damage_alone(document, rng, op, ops):
    """A node by itself, with other operands, results and arguments, now and then of
    another op; None where it can't be by itself."""
    alone = take_out(document, rng.choice(find_nodes(document["nodes"], op)))
    if not alone:
        return None
    node = alone["nodes"][0]
    names = names_of(node)
    operands = [i["type"] for i in alone["inputs"] if isinstance(i["type"], dict)]
    results = [r["type"] for r in node["results"] if r and isinstance(r.get("type"), dict)]
    for _ in range(rng.choice([1, 1, 2, 3])):
        kind = rng.randrange(6)
        if kind <= 2 and operands:
            choice, seed = rng.choice(operands), rng.random()
            damaged = operands if kind == 0 else [choice] if kind == 1 else [choice, *results]
            for type in damaged:  # alike, where they are
                damage_type(type, random.Random(seed))
        elif kind == 3 and results:
            damage_type(rng.choice(results), rng)
        elif kind == 4 and results:
            for result in node["results"]:  # nothing is known of them
                if result:
                    result["type"] = None
        else:
            damage_arguments(node, rng)
    if rng.randrange(10) == 0 and ops:
        node["op"] = rng.choice(ops)
    return alone, [*names, *names_of(node), "node 0 ", "input '"]


def damage_trace(data, rng, op, ops):
    document = json.loads(data)
    done = damage_alone(document, rng, op, ops) if document["nodes"] and rng.randrange(2) else None
    if done:
        return dump(done[0]).encode(), done[1]
    names = damage_document(document, document["nodes"], rng, op)
    return dump(document).encode(), names


def damage_meta(graph, rng):
    """Changes an operand's type in an archive's graph as `damage_type` does."""
    meta = rng.choice(list(graph["tensor_values"].values()))
    sizes, kind = meta["sizes"], rng.randrange(4)
    at = rng.randrange(len(sizes)) if sizes else 0
    if kind == 0:
        meta["dtype"] = rng.randrange(40)
    elif kind == 1 and sizes:
        sizes.pop(at), meta["strides"].pop(at)
    elif kind == 2:
        sizes.insert(at, {"as_int": rng.choice([0, 1, 2, 7])})
        meta["strides"].insert(at, {"as_int": 1})
    elif sizes:
        sizes[at] = {"as_int": rng.choice([0, 1, 2, 3, 2**62])}


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
        graph = document["graph_module"]["graph"] if chosen == program else {"nodes": []}
        if graph.get("tensor_values") and kind < 6:
            damage_meta(graph, rng)
        else:
            names = damage_document(document, graph["nodes"], rng)
        entries[chosen] = dump(document).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if kind == 4 else zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue(), names


def damage(seed, number, op=None, ops=()):
    """The damaged bytes of a file; and what names the damaged node, if it was one. In a
    trace that is a node of the op given, which may become one of `ops`."""
    rng = random.Random(number)
    data = seed.read_bytes()
    if seed.suffix == ".pt2":
        return damage_archive(data, rng) if rng.randrange(6) else (damage_bytes(data, rng), None)
    return damage_trace(data, rng, op, ops) if rng.randrange(10) else (damage_bytes(data, rng), None)
