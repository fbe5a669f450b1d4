"""Makes an environment of its own for a job that must not share one, and prints the path of its Python.

    python tools/make_env.py lean             numpy, pillow, ai-edge-litert and this project: what a device has
    python tools/make_env.py tflite-runtime   tflite-runtime 2.14 with numpy below 2 and this project
    python tools/make_env.py mediapipe        MediaPipe Tasks, another reader of our files, and this project
    python tools/make_env.py teachable-machine   teachable-machine-lite, another classifier runtime, and this project
    python tools/make_env.py tflite-micro     TensorFlow Lite Micro's interpreter and this project

The environment lies in .venv-NAME below the repository and is made again when pyproject.toml or the constraints change.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = {
    "lean": ["-c", "constraints.txt", "-e", ".[litert]"],
    "tflite-runtime": ["-e", ".[tflite-runtime]"],
    "mediapipe": ["-e", ".", "mediapipe==1.2.2"],
    "teachable-machine": ["-e", ".", "teachable-machine-lite==1.2.0.2"],
    "tflite-micro": ["-e", ".", "tflite-micro==0.dev20261023182759"],
}
"""What pip installs into each."""


def make_environment(name: str) -> Path:
    """Returns the environment's Python, after making the environment where that is needed; safe to call at once twice.

    Raises:
        subprocess.CalledProcessError: venv or pip failed; what they said is on stderr.
    """
    with (ROOT / f".venv-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _make_if_outdated(name)


def _make_if_outdated(name: str) -> Path:
    folder = ROOT / f".venv-{name}"
    python = folder / "bin" / "python"
    stamp = folder / "stamp"
    sources = b"".join(
        (ROOT / file).read_bytes() for file in ("pyproject.toml", "constraints.txt", "tools/make_env.py")
    )
    wanted = hashlib.sha256(sources + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(folder))
    _run(str(python), "-m", "pip", "install", "-q", *ENVIRONMENTS[name])
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=ENVIRONMENTS)
    print(make_environment(parser.parse_args().name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
