"""Where our commands start: each makes sure that the package it got is ours before it is imported.

They are named in pyproject.toml. Where another ``edge_runtime`` hides ours, this is not found either: then all that is
said is Python's ModuleNotFoundError.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

_RUNTIME = "edge_runtime"


def edge_train() -> NoReturn:
    """The console script."""
    _launch("edge-train", "trainer.cli")


def edge_convert() -> NoReturn:
    """The console script."""
    _launch("edge-convert", "converter.cli")


def edge_eval() -> NoReturn:
    """The console script."""
    _launch("edge-eval", "converter.evaluate.cli")


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
    package = module.partition(".")[0]
    # What is loaded already says whether it is ours; to look closer would cost a device at each start.
    if not hasattr(import_module(_RUNTIME), "__project__"):
        _check(command, _RUNTIME)
    if package != _RUNTIME:
        _check(command, package)
    entry = _import(command, module)
    entry()


def _import(command: str, module: str) -> Callable[[], NoReturn]:
    try:
        entry: Callable[[], NoReturn] = import_module(module).entry
    except ImportError as error:  # no numpy, say, or files of ours that somebody replaced
        _end(command, f"{' '.join(str(error).split())}; run edge-doctor: it names what is missing or broken")
    return entry


def _check(command: str, package: str) -> None:
    """Ends the process with one line and exit code 1 where ``package`` is not ours."""
    from edge_runtime.console.ownership import find_obstacle

    obstacle = find_obstacle(package)
    if obstacle is not None:
        _end(command, f"{obstacle.detail}; {obstacle.fix}")


def _end(command: str, line: str) -> NoReturn:
    print(f"{command}: {line}", file=sys.stderr)
    sys.exit(1)
