# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models in the user's cache folder, by the content they were made of.

The folder is $DLC_CACHE_DIR, or dlc/compiled in the user's cache folder; it is kept
under $DLC_CACHE_SIZE bytes (2 GiB; 0 keeps nothing) by removing what wasn't used for
longest; `clear` empties it. Files appear whole (they are renamed into place) and stay
usable when another process removes them, so any number of processes may share the folder.
Where it can't be written to, nothing is kept.
"""

from __future__ import annotations

import hashlib
import itertools
import mmap
import os
import pathlib
import tempfile
import time
from typing import Any, Dict, Union

from . import _library
from ._errors import DlcError, warn

#: What decides a name.
Part = Union[str, bytes, memoryview, mmap.mmap]

#: What a process that was killed left behind is removed after so many seconds.
_ABANDONED_SECONDS = 3600

#: What /proc/cpuinfo calls a processor's kind, caches and features.
_PROCESSOR = {"vendor_id", "cpu family", "model", "model name", "stepping", "cache size", "flags",
              "CPU implementer", "CPU variant", "CPU part", "Features", "isa", "uarch"}

_counter = itertools.count()

#: The folders of files that aren't kept since the cache can't be written to.
_elsewhere: Dict[pathlib.Path, Any] = {}


def folder() -> pathlib.Path:
    """Where compiled models are kept."""
    given = os.environ.get("DLC_CACHE_DIR")
    if given:
        return pathlib.Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "dlc" / "compiled"


def limit() -> int:
    """How many bytes the folder may have."""
    text = os.environ.get("DLC_CACHE_SIZE", str(2 << 30))
    if not text.isdigit():
        raise DlcError(f"DLC_CACHE_SIZE is '{text}', which isn't a number of bytes")
    return int(text)


def _machine() -> bytes:
    """What the first processor is, and can do."""
    try:
        first = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return b""
    return "\n".join(line for line in first.splitlines()
                     if line.split(":")[0].strip() in _PROCESSOR).encode()


def key(*parts: Part) -> str:
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


def place(key: str) -> pathlib.Path:
    """The file of that key: to be loaded if it exists, else to be made. Where nothing is
    kept, a file of its own each time."""
    alone = f".{os.getpid()}.{next(_counter)}" if limit() == 0 else ""
    path = folder() / f"{key}{alone}.so"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        problem = "" if os.access(path.parent, os.W_OK) else "it may not be written to"
    except OSError as error:
        problem = error.strerror or str(error)
    if problem and not path.exists():
        warn(f"compiled models aren't kept, since their folder '{folder()}' can't be used: "
             f"{problem}; name another in $DLC_CACHE_DIR")
        return place_elsewhere(key)
    try:
        os.utime(path)  # it was used now
    except OSError:
        pass
    return path


def place_elsewhere(key: str) -> pathlib.Path:
    """A file of that name in a folder of its own, which `trim` removes, or else the
    interpreter's end: where the cache's can't be written, or is removed again and again
    before it is loaded."""
    own = tempfile.TemporaryDirectory(prefix="dlc-")
    path = pathlib.Path(own.name) / f"{key}.so"
    _elsewhere[path] = own
    return path


def trim(path: pathlib.Path) -> None:
    """Removes what wasn't used for longest until the folder is within its bound, after
    `path` was added to it and loaded."""
    bound = limit()
    if path in _elsewhere:
        _elsewhere.pop(path).cleanup()
        return
    if bound == 0:
        _remove(path)
        return
    files = []
    for file in folder().iterdir():
        try:
            status = file.stat()
        except OSError:
            continue
        if file.suffix == ".so":
            files.append((status.st_mtime, status.st_size, file))
        elif file.suffix == ".tmp" and time.time() - status.st_mtime > _ABANDONED_SECONDS:
            file.unlink(missing_ok=True)
    total = sum(size for _, size, _ in files)
    for _, size, file in sorted(files):
        if total <= bound:
            break
        _remove(file)
        total -= size


def header(path: pathlib.Path) -> pathlib.Path:
    """The C header of a file in the folder."""
    return path.with_suffix(".h")


def _remove(path: pathlib.Path) -> None:
    path.unlink(missing_ok=True)
    header(path).unlink(missing_ok=True)


def clear() -> None:
    """Removes all compiled models from the folder. Those that are loaded stay usable."""
    for path in folder().glob("*.so"):
        _remove(path)
