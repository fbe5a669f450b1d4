"""Tries a model in a child process, for ``edge-run --check``: a file that crashes the interpreter ends the child."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

import numpy as np

from edge_runtime.console.child_process import child_command
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.errors import ModelFileError
from edge_runtime.inference.classifier import Classifier

TRIAL_SECONDS = 60.0

_SIDE = 64


def try_in_child(model: str, **options: Any) -> None:
    """Loads a model in a child process and classifies one blank frame there.

    An interpreter runs native code on what a file says, and a damaged or malicious one can crash it: then it is the
    child that ends. The child uses no more memory than the machine has.

    Args:
        model: a .tflite.
        options: as for ``Classifier``; they must be fit for JSON.

    Raises:
        ModelFileError: it failed or crashed there, or took longer than ``TRIAL_SECONDS``.
    """
    request = json.dumps({"model": model, **options})
    command = child_command("edge_runtime.inference.trial:main", request)
    try:
        done = subprocess.run(  # noqa: S603 - our own Python with our own code
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TRIAL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(f"{model}: gave no result within {TRIAL_SECONDS:g} s in a child process") from error
    if done.returncode < 0:
        name = signal.strsignal(-done.returncode)
        raise ModelFileError(
            f"{model}: crashed the interpreter in a child process (signal {-done.returncode}, {name}); the file is "
            "damaged, or made to do that; convert or copy it again"
        )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").split("\n")
        raise ModelFileError(next((line for line in reversed(said) if line.strip()), f"{model}: failed without a word"))


def main() -> int:
    """What the child runs; returns 0, or 1 after one line on stderr.

    Its argument is a JSON object: ``model``, and what else ``Classifier`` takes.
    """
    _bound_memory()
    options = json.loads(sys.argv[1])
    try:
        with Classifier(options.pop("model"), **options) as classifier:
            classifier.classify(np.zeros((_SIDE, _SIDE, 3), np.uint8))
    except (EdgeDeployError, MemoryError) as error:
        print(" ".join(str(error).split()) or "not enough memory", file=sys.stderr)
        return 1
    return 0


def _bound_memory() -> None:
    """Lets a model that asks for more memory than there is fail, instead of making the kernel end other programs."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (total, resource.RLIM_INFINITY))
