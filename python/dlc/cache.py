# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models in the user's cache folder, by the content they were made of.

The folder is $DLC_CACHE_DIR, or dlc/compiled in the user's cache folder; it is kept
under $DLC_CACHE_SIZE bytes (2 GiB; 0 keeps nothing) by removing what wasn't used for
longest. Files appear whole (they are renamed into place) and stay usable when another
process removes them, so any number of processes may share the folder.
"""

import hashlib
import os
import pathlib

from . import _library


def folder() -> pathlib.Path:
    """Where compiled models are kept."""
    given = os.environ.get("DLC_CACHE_DIR")
    if given:
        return pathlib.Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "dlc" / "compiled"


def limit() -> int:
    return int(os.environ.get("DLC_CACHE_SIZE", 2 << 30))


def _machine() -> bytes:
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        return next(line for line in text.splitlines() if line.startswith("flags")).encode()
    except (OSError, StopIteration):
        return b""


def key(*parts) -> str:
    """The name of what is made from these (strings, bytes, buffers) by this compiler
    on this machine."""
    library = _library.path()
    status = library.stat()
    digest = hashlib.blake2b(digest_size=20)
    identity = f"{status.st_size} {status.st_mtime_ns}".encode()
    for part in (identity, _machine(), *parts):
        part = part.encode() if isinstance(part, str) else part
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def find(name) -> pathlib.Path:
    """The file of that key: to be loaded if it exists, else to be made."""
    path = folder() / (name + ".so")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.utime(path)  # it was used now
    except OSError:
        pass
    return path


def trim() -> None:
    """Removes what wasn't used for longest until the folder is within its bound."""
    files = []
    for path in folder().glob("*.so"):
        try:
            status = path.stat()
        except OSError:
            continue
        files.append((status.st_mtime, status.st_size, path))
    total, bound = sum(size for _, size, _ in files), limit()
    for _, size, path in sorted(files):
        if total <= bound:
            break
        path.unlink(missing_ok=True)
        total -= size
