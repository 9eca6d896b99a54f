"""How long compiling takes, the whole process: models, and generated residual chains
of growing length, whose time per node must stay within 1.5 times of one another.
Fails where a figure is over its limit.

    scripts/benchmark compile-time [--runs 3] [--chains 1000,10000,50000]
"""

import argparse
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance import common  # noqa: E402

common.require_packages({"onnx": "onnx", "numpy": "numpy", "PIL": "pillow"})

import onnx  # noqa: E402

from benchmark import onnx_models  # noqa: E402
from conformance.zoo import inputs  # noqa: E402

# Seconds.
LIMITS = {"dl-opt --help": 0.1, "add": 0.2, "magika": 3, "resnet50 (light)": 10}
CHAIN_SPREAD = 1.5


def measure(command, runs):
    """Medians of the wall time, and of the CPU time on all cores, in seconds."""
    walls, cpus = [], []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        outcome = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
        walls.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if outcome.returncode:
            sys.exit(f"{command[1]}: {outcome.stdout}")
    return statistics.median(walls), statistics.median(cpus)


def model_files(folder):
    """Name and path of each model to compile."""
    for name in ("add", "mlp", "bert_base"):
        path = folder / f"{name}.onnx"
        onnx_models.save(name, path)
        yield name, path
    light = pathlib.Path(onnx.__file__).parent / "backend/test/data/light/light_resnet50.onnx"
    yield "resnet50 (light)", light
    yield "magika", inputs.wheel("magika==1.0.3") / "magika/models/standard_v3_3/model.onnx"


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/benchmark compile-time", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chains", default="1000,10000,50000")
    args = parser.parse_args(argv)
    over = []
    print("| what | seconds | CPU seconds | limit, seconds |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        commands = [("dl-opt --help", [common.tool("dl-opt"), "--help"])]
        commands += [(name, [common.tool("dl-compile"), path, "-o", folder / "model.so"])
                     for name, path in model_files(folder)]
        for name, command in commands:
            wall, cpu = measure(command, args.runs)
            print(f"| {name} | {wall:.3f} | {cpu:.3f} | {LIMITS.get(name, '')} |", flush=True)
            if wall > LIMITS.get(name, wall):
                over.append(name)
        print("\n| residual chain, nodes | weights | CPU seconds | microseconds per node |\n"
              "|---:|---|---:|---:|")
        for shared in (True, False):
            per_node = []
            for nodes in map(int, args.chains.split(",")):
                path = folder / "chain.onnx"
                onnx.save(onnx_models.residual_chain(nodes, shared=shared), path)
                _, cpu = measure([common.tool("dl-compile"), path, "-o", folder / "chain.so"],
                                 args.runs)
                per_node.append(1e6 * cpu / nodes)
                weights = "the same in each step" if shared else "each step's own"
                print(f"| {nodes} | {weights} | {cpu:.2f} | {per_node[-1]:.0f} |", flush=True)
            if max(per_node) > CHAIN_SPREAD * per_node[0]:
                over.append("chains: the time per node grows")
    for what in over:
        print(f"over its limit: {what}")
    return 1 if over else 0
