"""Training steps against PyTorch, eager and by torch.compile: median time of a step,
taking turns in one process, and the memory that a process takes for weights, optimiser
and step, at its peak, each in a process of its own.

    scripts/benchmark training-step [--models mlp,resnet18,bert,gpt2]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from benchmark.turns import take_turns  # noqa: E402
from conformance import common  # noqa: E402

common.require_packages({"torch": "torch==2.13.0", "torchvision": "torchvision==0.28.0",
                         "transformers": "transformers==5.23.0", "PIL": "pillow"})
sys.path.insert(0, str(common.ROOT / "python"))

OPTIMIZER = "sgd,momentum=0.9"
RATE = 0.01
WAYS = ["dlc", "dlc memory=0.5", "eager", "torch.compile", "torch.compile(backend=dlc)"]
MODELS = ["mlp", "resnet18", "bert", "gpt2"]


def make(name, threads):
    import torch
    from models.training import NETWORKS

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = NETWORKS[name].make().train()
    return model, *NETWORKS[name].inputs()


def make_torch(model, data, target, way, threads):
    import torch

    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    forward = model
    if "backend" in way:
        from dlc import dynamo

        forward = torch.compile(model, backend=dynamo.backend, options={"threads": threads})
    elif "compile" in way:
        forward = torch.compile(model)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(forward(data), target)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def artefact(folder, name, way):
    return folder / f"{name}{'_half' if 'memory' in way else ''}.so"


def compile_model(name, folder, threads):
    import dlc

    model, data, _ = make(name, threads)
    for way in WAYS[:2]:
        dlc.compile_training_step(model, data, loss="cross_entropy", optimizer=OPTIMIZER,
                                  memory=0.5 if "memory" in way else None,
                                  output=artefact(folder, name, way), threads=threads)


def load(name, way, folder, threads):
    import dlc

    step = dlc.TrainingStep(artefact(folder, name, way), threads)
    return lambda data, target: step.step(data, target, lr=RATE)


def resident(field="VmRSS"):
    """Bytes of this process in memory, now or (VmHWM) at most."""
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(next(l for l in status.splitlines() if l.startswith(field)).split()[1])


def measure_memory(name, way, folder, threads):
    """Peak bytes of a process beyond what it took before the model was there."""
    import numpy

    data, target = (numpy.load(folder / f"{name}_{what}.npy") for what in ("data", "target"))
    if way.startswith("dlc"):
        import dlc  # noqa: F401
        base = resident()
        run = load(name, way, folder, threads)
        losses = [run(data, target) for _ in range(3)]
    else:
        import torch
        from models import torchvision_import  # noqa: F401
        if name in ("bert", "gpt2"):
            import transformers.models.bert.modeling_bert, transformers.models.gpt2.modeling_gpt2  # noqa: F401,E401
        torch.optim.SGD([torch.zeros(1)], lr=1)
        base = resident()
        model, data, target = make(name, threads)
        run = make_torch(model, data, target, way, threads)
        losses = [run() for _ in range(3)]
    return resident("VmHWM") - base, losses


def measure_time(name, folder, threads, ways, steps):
    import torch

    model, data, target = make(name, threads)
    runs = []
    for way in ways:
        if way.startswith("dlc"):
            run = load(name, way, folder, threads)
            runs.append(lambda run=run: run(data, target))
        else:
            runs.append(make_torch(make(name, threads)[0], data, target, way, threads))
        runs[-1]()
    del torch
    return take_turns(runs, rounds=steps, calls=2, pause=0.05)


def child(*arguments):
    output = subprocess.run([sys.executable, "-W", "ignore", __file__, *map(str, arguments)],
                            stdout=subprocess.PIPE, check=True, text=True,
                            env={**os.environ, "MALLOC_ARENA_MAX": "1"}).stdout
    return json.loads(output.splitlines()[-1])


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/benchmark training-step", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    ways = args.ways.split(",")
    if args.child == "compile":
        compile_model(args.models, args.folder, args.threads)
        return print(json.dumps(None))
    if args.child == "memory":
        return print(json.dumps(measure_memory(args.models, ways[0], args.folder, args.threads)))
    if args.child == "time":
        return print(json.dumps(measure_time(args.models, args.folder, args.threads, ways, args.steps)))
    import numpy

    print("| model | way | ms a step | to eager | MiB | to eager |\n|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for model in args.models.split(","):
            for what, value in zip(("data", "target"), make(model, args.threads)[1:]):
                numpy.save(folder / f"{model}_{what}.npy", value.numpy())
            common_arguments = ["--models", model, "--folder", folder, "--threads", args.threads]
            child(*common_arguments, "--child", "compile")
            memory = [child(*common_arguments, "--child", "memory", "--ways", way) for way in ways]
            times = child(*common_arguments, "--child", "time", "--ways", args.ways, "--steps", args.steps)
            eager = ways.index("eager")
            for way, (peak, losses), seconds in zip(ways, memory, times):
                print(f"| {model} | {way} | {1e3 * seconds:.1f} | {seconds / times[eager]:.2f} | "
                      f"{peak / 2**20:.0f} | {peak / memory[eager][0]:.2f} |", flush=True)
                if max(abs(a - b) for a, b in zip(losses, memory[eager][1])) > 1e-3 * abs(losses[0]):
                    print(f"{model}, {way}: losses {losses}, of eager {memory[eager][1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
