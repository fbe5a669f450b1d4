"""``edge-bench tune``: its options, and what it does with them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.cli.run import add_harness_options, harness_settings
from benchmarks.errors import BenchmarkError
from benchmarks.settings import RunSettings
from edge_runtime.backends import installed_backends
from edge_runtime.console.command import UsageError, add_log_level, add_model_options, logger
from edge_runtime.console.files import ensure_writable
from edge_runtime.contracts.errors import ContractError, NewerFileError
from edge_runtime.inference import Tuning, tuning_path
from edge_runtime.model import UserSays, find_model

EXAMPLE = "edge-bench tune model.tflite"


def add(commands: Any) -> None:
    """Adds the subcommand."""
    tune = commands.add_parser(
        "tune",
        help="find the fastest setting for edge-run --backend auto",
        description="Measures every MODEL on every installed backend with 1, 2 and 4 threads, as far as there are\n"
        "cores, and stores the fastest setting where edge-run --backend auto finds it.",
        epilog=f"example:\n  {EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_log_level(tune)
    tune.set_defaults(body=_tune)
    tune.add_argument("models", metavar="MODEL", nargs="+", help="a .tflite image classifier, or sample")
    add_harness_options(tune)
    add_model_options(tune)


def _tune(options: argparse.Namespace) -> int:
    from benchmarks.host.environment import read_condition
    from benchmarks.report.table import render_table
    from benchmarks.runs.runner import measure_rows
    from benchmarks.runs.tune import fastest_settings

    path = tuning_path()
    known = _load_known(path)
    ensure_writable(path)
    settings = _settings(options)
    if (condition := read_condition()).is_busy:
        logger.warning("load average %.2f: other work runs here; tune again on an idle machine", condition.load_1m)
    rows, _ = measure_rows(settings)
    print(render_table(rows))
    found = fastest_settings(rows)
    if found:
        Tuning({**known.models, **found}).write(path)
    for setting in found.values():
        print(
            f"{setting.model}: {setting.backend}, threads {setting.threads}, "
            f"{setting.end_to_end_p50_ms:.3f} ms; stored in {path}"
        )
    without = sorted({row.model for row in rows if row.model_sha256 not in found})
    if without:
        raise BenchmarkError(f"{', '.join(without)}: no VALID row, so nothing was stored for it; see the table")
    return 0


def _load_known(path: Path) -> Tuning:
    try:
        return Tuning.load(path)
    except NewerFileError:
        raise
    except ContractError as error:
        raise BenchmarkError(f"{error}; fix or delete the file, which holds what was tuned before") from error


def _settings(options: argparse.Namespace) -> RunSettings:
    from benchmarks.runs.tune import sensible_threads

    backends = installed_backends()
    try:
        return RunSettings(
            models=tuple(map(find_model, options.models)),
            backends=backends,
            threads=sensible_threads(),
            rounds=options.rounds,
            options=UserSays.of(options),
            harness=harness_settings(options),
        )
    except ContractError as error:
        raise UsageError(str(error)) from error
