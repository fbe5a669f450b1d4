"""edge-bench: latency, cold start and memory of models on this device."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn, cast

from benchmarks.cli import compare as cli_compare
from benchmarks.cli import run as cli_run
from benchmarks.cli import tune as cli_tune
from edge_runtime.console.command import exit_with, make_parser, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run_command(_parser(), _dispatch, arguments)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("edge-bench", "Measures models on this device.", cli_run.EXAMPLE)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (cli_run, cli_compare, cli_tune):
        command.add(commands)
    return parser


def _dispatch(options: argparse.Namespace) -> int:
    return cast("Callable[[argparse.Namespace], int]", options.body)(options)


if __name__ == "__main__":
    entry()
