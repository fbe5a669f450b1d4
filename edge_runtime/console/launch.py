"""Where our commands start: each makes sure that the package it got is ours before it is imported.

They are named in pyproject.toml. Where another ``edge_runtime`` hides ours, nothing of this
runs, and Python says that it lacks this module.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

from edge_runtime.console.ownership import find_obstacle


def edge_train() -> NoReturn:
    """The console script."""
    _launch("edge-train", "trainer.cli")


def edge_convert() -> NoReturn:
    """The console script."""
    _launch("edge-convert", "converter.cli")


def edge_run() -> NoReturn:
    """The console script."""
    _launch("edge-run", "edge_runtime.run.cli")


def edge_bench() -> NoReturn:
    """The console script."""
    _launch("edge-bench", "benchmarks.cli.command")


def edge_doctor() -> NoReturn:
    """The console script."""
    _launch("edge-doctor", "edge_runtime.doctor.cli")


def _launch(command: str, module: str) -> NoReturn:
    """Ends with one line and exit code 1 where a package is not ours, else as the command does."""
    package = module.partition(".")[0]
    for name in dict.fromkeys(("edge_runtime", package)):
        # A device's start counts, and no other distribution is known to use the name of the runtime.
        obstacle = find_obstacle(name, thorough=name != "edge_runtime")
        if obstacle is not None:
            print(f"{command}: {obstacle.detail}; {obstacle.mend}", file=sys.stderr)
            sys.exit(1)
    entry: Callable[[], NoReturn] = import_module(module).entry
    entry()
