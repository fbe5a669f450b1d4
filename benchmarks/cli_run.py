"""``edge-bench run``: its options, and what it does with them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from benchmarks.settings import HarnessSettings, ModelOptions, RunSettings
from edge_runtime.backends import BACKENDS
from edge_runtime.contracts.command import UsageError, add_log_level, add_model_options, logger, path_ending_in
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.files import ensure_writable

EXAMPLE = "edge-bench run float.tflite int8.tflite --threads 1,2 --out result.json"
_DEFAULT = HarnessSettings()


def add(commands: Any) -> None:
    """Adds the subcommand."""
    run = commands.add_parser(
        "run",
        help="measure latency, cold start and memory",
        description="Measures every MODEL on every backend with every number of threads, each in its own process.\n"
        "Prints one table; exit code 1 where a row could not be measured.",
        epilog=f"example:\n  {EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_log_level(run)
    run.set_defaults(body=_run)
    run.add_argument("models", metavar="MODEL", nargs="+", help="a .tflite image classifier")
    run.add_argument(
        "--out",
        metavar="FILE",
        required=True,
        type=path_ending_in(".json"),
        help="the result, JSON; raw samples go beside",
    )
    run.add_argument(
        "--backends",
        metavar="LIST",
        default="litert",
        help=f"of {', '.join(BACKENDS.names())}, with commas between (default: %(default)s)",
    )
    run.add_argument("--threads", metavar="LIST", default="1", help="with commas between (default: %(default)s)")
    run.add_argument(
        "--python",
        metavar="BACKEND=PATH",
        action="append",
        default=[],
        help="measure this backend with the Python of another environment that has this project; may be repeated",
    )
    add_harness_options(run)
    add_model_options(run)


def add_harness_options(parser: argparse.ArgumentParser) -> None:
    """Adds how long each row is measured."""
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
    print(render(result.rows))
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
            options=model_options(options),
            harness=harness_settings(options),
            pythons=_pythons(options.python),
        )
    except ContractError as error:
        raise UsageError(str(error)) from error
    except ValueError as error:
        raise UsageError(f"--threads {options.threads}: expected numbers with commas between, as in 1,2,4") from error


def model_options(options: argparse.Namespace) -> ModelOptions:
    """What the user says of models that do not say it themselves."""
    return ModelOptions(options.labels, options.normalization, options.resize)


def harness_settings(options: argparse.Namespace) -> HarnessSettings:
    """What the options of :func:`add_harness_options` say.

    Raises:
        ContractError: they say something impossible.
    """
    return HarnessSettings(options.min_seconds, options.min_count, options.warm_up, options.max_seconds)


def _pythons(texts: Sequence[str]) -> dict[str, str]:
    pythons: dict[str, str] = {}
    for text in texts:
        backend, separator, path = text.partition("=")
        if not (backend and separator and path) or backend in pythons:
            raise UsageError(f"--python {text}: expected BACKEND=PATH, each backend once")
        pythons[backend] = path
    return pythons


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))
