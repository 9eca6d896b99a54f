"""Writes tensor files, each broken in its own way, into the folder given."""

import json
import os
import struct
import sys

os.chdir(sys.argv[1])


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def npy(header, data=b"\0" * 16):
    header = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def dictionary(kind="<f4", shape="(4,)"):
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"


def safetensors(header, data=b"\0" * 16):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + data


def tensor(kind="F32", shape=(4,), offsets=(0, 16)):
    return {"x": {"dtype": kind, "shape": shape, "data_offsets": offsets}}


write("ok.npy", npy(dictionary()))
write("empty.npy", b"")
write("magic.npy", b"\x93NUMPY")
write("header.npy", npy(dictionary())[:40])
write("cut.npy", npy(dictionary())[:-3])
write("text.npy", npy(dictionary("<U1")))
write("negative.npy", npy(dictionary(shape="(-4,)")))
write("huge.npy", npy(dictionary(shape="(4611686018427387904, 4)")))
write("shape.npy", npy(dictionary(shape="(2, 2)")))
write("type.npy", npy(dictionary("<i4")))
write("cut.npz", b"PK\x03\x04" + b"\0" * 60)
write("json.safetensors", safetensors(b'{"x":'))
write("deep.safetensors", safetensors(b'{"x":' + b"[" * 200000))
write("long.safetensors", struct.pack("<Q", 1 << 63) + b"{}")
write("outside.safetensors", safetensors(tensor(offsets=(0, 99))))
write("overflow.safetensors", safetensors(tensor(shape=(1 << 62, 4))))
write("kind.safetensors", safetensors(tensor(kind="Q7")))
write("junk.pb", b"\xff" * 50)
write("short.pb", b"\x08\x04\x10\x01\x4a\x03abc")
write("negative.pb", b"\x08" + b"\xff" * 9 + b"\x01\x10\x01")
write("text.pb", b"\x08\x01\x10\x08\x32\x01a")
