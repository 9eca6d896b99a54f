# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the suites share: Python packages, running tools within limits."""

import importlib.metadata
import importlib.util
import os
import pathlib
import re
import signal
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def cache_dir():
    """The user's cache folder for what suites generate or install."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = pathlib.Path(base) / "dlc"
    path.mkdir(parents=True, exist_ok=True)
    return path


def find_missing(packages):
    """The requirements that this Python doesn't meet."""
    def is_met(module, requirement):
        if importlib.util.find_spec(module) is None:
            return False
        name, _, version = requirement.partition("==")
        return not version or importlib.metadata.version(name).partition("+")[0] == version

    return [r for m, r in packages.items() if not is_met(m, r)]


def require_packages(packages, optional=False, count=0, name="conformance"):
    """Makes the Python packages importable.

    `packages` maps a module's name to a pip requirement, a name or name==version.
    Where one is missing the script starts anew in a virtual environment of that
    name in the cache folder, into which they are installed once. Where they can't
    be, and the suite is optional, it says so, gives its `count` tests as skipped,
    and returns False.
    """
    missing = find_missing(packages)
    if not missing:
        return True
    home = cache_dir() / "venv" / name
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    # In there the script comes to this place again, for what is still missing.
    if pathlib.Path(sys.prefix) == home:
        print("installing " + " ".join(missing), file=sys.stderr)
        pip = subprocess.run([python, "-m", "pip", "install", "-q", *missing],
                             stderr=subprocess.PIPE if optional else None, text=True)
        if pip.returncode and optional:
            reason = [l for l in pip.stderr.splitlines() if l.startswith("ERROR")] or ["pip failed"]
            print(f"skipped: {' '.join(missing)} can't be installed: {reason[-1]}")
            print_summary(0, 0, count)
            return False
        pip.check_returncode()
    os.execv(python, [str(python), *sys.argv])


def python_with(name, *requirements):
    """The Python of a virtual environment of that name in the cache folder that has
    these packages; made on first use. Packages that this Python has need none."""
    modules = [re.split("[=<>]", r)[0].replace("-", "_") for r in requirements]
    if all(importlib.util.find_spec(m) for m in modules):
        return sys.executable
    home = cache_dir() / "venv" / name
    python = home / "bin" / "python"
    stamp = home / (".installed-" + "-".join(sorted(requirements)))
    if not stamp.exists():
        print("installing " + " ".join(requirements), file=sys.stderr)
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *requirements], check=True)
        stamp.touch()
    return str(python)


def tool(name):
    """The path of one of dlc's tools: $DLC_BUILD/bin, or build/bin."""
    build = pathlib.Path(os.environ.get("DLC_BUILD", ROOT / "build"))
    path = build / "bin" / name
    if not path.exists():
        sys.exit(f"{path} is missing: run scripts/build first")
    return str(path)


class Outcome:
    """How a command ended: `status` is "ok", "error", "crash" or "timeout"."""

    def __init__(self, status, output, code=0):
        self.status = status
        self.output = output
        self.code = code

    def message(self):
        """The line that says what went wrong."""
        lines = [l.strip() for l in self.output.splitlines() if l.strip()]
        errors = [l for l in lines if "error:" in l.lower()]
        return (errors or lines or ["no message"])[0][:400]


def run(command, timeout, memory_mb, env=None, cwd=None):
    """Runs a command with a limit on its time and its address space."""
    limited = ["sh", "-c", 'ulimit -v "$0"; ulimit -c 0; exec "$@"', str(memory_mb * 1024)]
    process = subprocess.Popen(limited + [str(c) for c in command], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", env=env,
                               cwd=cwd, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Outcome("timeout", f"no result after {timeout} s")
    code = process.returncode
    if code == 0:
        return Outcome("ok", output)
    # A tool that catches its signal to write a reproducer ends with 128 + signal.
    if code < 0 or code >= 128:
        number = -code if code < 0 else code - 128
        return Outcome("crash", f"signal {number}\n{output}", code)
    return Outcome("error", output, code)


def print_summary(passed, failed, skipped):
    """The last line of every suite."""
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
