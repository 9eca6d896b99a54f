"""What all lit suites of dlc share: test/ and dialects/*/test."""

import os
import shutil
import subprocess

import lit.formats

config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit", "conformance", "benchmark", "fuzz"]

path = [os.path.join(config.dlc_binary_dir, "bin"), config.llvm_tools_dir]
config.environment["PATH"] = os.pathsep.join(path + [os.environ["PATH"]])
for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]

config.substitutions += [
    ("%python", config.dlc_python),
    ("%dlc_src", config.dlc_source_dir),
    ("%dlc_build", config.dlc_binary_dir),
    ("%llvm_prefix", os.path.dirname(config.llvm_tools_dir)),
    # A text-format ONNX model on stdin to a binary one on stdout.
    ("%encode-onnx", f"protoc --proto_path={config.dlc_source_dir}/lib/Import/Onnx"
                     " --encode=dlc.onnx.ModelProto onnx-ml.proto"),
]


def feature(name, present, reason):
    """Adds a feature that tests may REQUIRE, or says why it is missing."""
    if present:
        config.available_features.add(name)
    elif config.name == "test":
        lit_config.note(f"tests that require '{name}' are unsupported: {reason}")


def has_module(module):
    check = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec('{module}'))"
    return subprocess.run([config.dlc_python, "-c", check], check=False).returncode == 0


# A test that crosses dialects may need more than the build itself.
if config.name == "test":
    for module in ("onnx", "numpy"):
        feature(module, has_module(module),
                f"{config.dlc_python} has no package {module}")
    feature("gpu", shutil.which("nvidia-smi") is not None, "no nvidia-smi on the PATH")
    feature("cc", shutil.which("cc") is not None, "no C compiler on the PATH")
if config.dlc_sanitizers:
    config.available_features.add("sanitizers")
    # LLVM's own libraries are not instrumented: an arena that our code has begun
    # (and poisoned) they use without a word to AddressSanitizer.
    config.environment.setdefault("ASAN_OPTIONS", "allow_user_poisoning=0")
