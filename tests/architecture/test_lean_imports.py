"""The runtime imports with nothing but numpy and Pillow: no training framework, no interpreter, no OpenCV."""

import subprocess
import sys

from blocked_modules import run_without
from runtime_modules import lean_modules

FORBIDDEN = (
    "tensorflow",
    "keras",
    "jax",
    "torch",
    "matplotlib",
    "scipy",
    "sklearn",
    "trainer",
    "converter",
    "benchmarks",
)
LAZY = ("ai_edge_litert", "tflite_runtime", "cv2", "paho", "starlette", "uvicorn", "prometheus_client")


def test_every_module_imports_with_frameworks_interpreters_and_opencv_blocked() -> None:
    code = f"""
import importlib, sys
for name in {lean_modules()!r}:
    importlib.import_module(name)
print(*sorted(name for name in sys.modules if "." not in name))
"""
    done = run_without(FORBIDDEN + LAZY, code)
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout.split()) & {*FORBIDDEN, *LAZY}


def test_importing_the_runtime_loads_no_interpreter_and_no_opencv() -> None:
    code = "import edge_runtime, edge_runtime.run.cli, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in done.stdout.split()} & {*FORBIDDEN, *LAZY}
