"""edge-bench: latency, cold start and memory of models on this device."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

from benchmarks.settings import HarnessSettings, ModelOptions, RunSettings
from edge_runtime.backends import BACKENDS
from edge_runtime.contracts.command import (
    UsageError,
    add_log_level,
    add_model_options,
    exit_with,
    logger,
    make_parser,
    run_command,
)
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.files import ensure_writable

_EXAMPLE = "edge-bench run float.tflite int8.tflite --threads 1,2 --out result.json"
_DEFAULT = HarnessSettings()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run_command(_parser(), _dispatch, arguments)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("edge-bench", "Measures models on this device.", _EXAMPLE)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    return parser


def _dispatch(options: argparse.Namespace) -> int:
    return cast("Callable[[argparse.Namespace], int]", options.body)(options)


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="measure latency, cold start and memory",
        description="Measures every MODEL on every backend with every number of threads, each in its own process.\n"
        "Prints one table; exit code 1 where a row could not be measured.",
        epilog=f"example:\n  {_EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_log_level(run)
    run.set_defaults(body=_run)
    run.add_argument("models", metavar="MODEL", nargs="+", help="a .tflite image classifier")
    run.add_argument("--out", metavar="FILE", required=True, type=Path, help="the result, JSON; raw samples go beside")
    run.add_argument(
        "--backends",
        metavar="LIST",
        default="litert",
        help=f"of {', '.join(BACKENDS.names())}, with commas between (default: %(default)s)",
    )
    run.add_argument("--threads", metavar="LIST", default="1", help="with commas between (default: %(default)s)")
    _add_harness_options(run)
    add_model_options(run)


def _add_harness_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how long; a row that does not meet both minimums is INVALID")
    for option, kind, metavar, text in (
        ("min-seconds", float, "S", "measure for at least this long"),
        ("min-count", int, "N", "measure at least this often"),
        ("warm-up", int, "N", "calls before the first measured one"),
        ("max-seconds", float, "S", "give a row up after this long"),
    ):
        default = getattr(_DEFAULT, option.replace("-", "_"))
        help_text = f"{text} (default: %(default)s)"
        group.add_argument(f"--{option}", type=kind, metavar=metavar, default=default, help=help_text)


def _run(options: argparse.Namespace) -> int:
    settings = _settings(options)
    from benchmarks.results import samples_path, write_result
    from benchmarks.runner import run_benchmark
    from benchmarks.table import render

    for path in (options.out, samples_path(options.out)):
        ensure_writable(path)
    result, samples = run_benchmark(settings, samples_path(options.out).name)
    write_result(result, samples, options.out)
    print(render(result))
    failed = sum(row.status == "FAILED" for row in result.rows)
    if failed:
        logger.error("%d of %d rows could not be measured; %s says why", failed, len(result.rows), options.out)
    return 1 if failed else 0


def _settings(options: argparse.Namespace) -> RunSettings:
    backends = _listed(options.backends)
    unknown = [name for name in backends if name not in BACKENDS.names()]
    if unknown:
        raise UsageError(f"--backends {options.backends}: no {unknown[0]!r}; there are {', '.join(BACKENDS.names())}")
    try:
        return RunSettings(
            models=tuple(options.models),
            backends=backends,
            threads=tuple(int(count) for count in _listed(options.threads)),
            options=ModelOptions(options.labels, options.normalization, options.resize),
            harness=HarnessSettings(options.min_seconds, options.min_count, options.warm_up, options.max_seconds),
        )
    except ContractError as error:
        raise UsageError(str(error)) from error
    except ValueError as error:
        raise UsageError(f"--threads {options.threads}: expected numbers with commas between, as in 1,2,4") from error


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


if __name__ == "__main__":
    entry()
