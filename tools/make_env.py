"""Makes an environment of its own for a job that must not share one, and prints the path of its Python.

    python tools/make_env.py lean             numpy, pillow, ai-edge-litert and this project: what a device has
    python tools/make_env.py tflite-runtime   tflite-runtime 2.14 with numpy below 2 and this project

The environment lies in .venv-NAME below the repository and is made again when pyproject.toml or the constraints change.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {"lean": "litert", "tflite-runtime": "tflite-runtime"}
CONSTRAINTS = {"lean": ["-c", "constraints.txt"], "tflite-runtime": []}


def make_environment(name: str) -> Path:
    """Returns the environment's Python, after making the environment where that is needed.

    Raises:
        subprocess.CalledProcessError: venv or pip failed; what they said is on stderr.
    """
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
    _run(str(python), "-m", "pip", "install", "-q", *CONSTRAINTS[name], "-e", f".[{EXTRAS[name]}]")
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=EXTRAS)
    print(make_environment(parser.parse_args().name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
