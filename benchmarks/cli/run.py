"""``edge-bench run``: its options, and what it does with them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, get_args

from benchmarks.measure import KERAS
from benchmarks.runs import plan
from benchmarks.settings import HarnessSettings, RunSettings, Scenario
from edge_runtime.backends import BACKENDS
from edge_runtime.console.command import UsageError, add_log_level, add_model_options, logger, path_ending_in
from edge_runtime.console.files import ensure_writable
from edge_runtime.contracts.errors import ContractError
from edge_runtime.model import UserSays, find_model

EXAMPLE = "edge-bench run float.tflite int8.tflite --threads 1,2 --out result.json"
_DEFAULT = HarnessSettings()
_NAMES = (*BACKENDS.names(), KERAS)


def add(commands: Any) -> None:
    """Adds the subcommand."""
    run = commands.add_parser(
        "run",
        help="measure latency, throughput, cold start and memory",
        description="Measures every MODEL on every backend with every number of threads and every batch, each in\n"
        "its own process, in several rounds of random order. Prints one table; exit code 1 where a row could not\n"
        "be measured.",
        epilog=f"example:\n  {EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_log_level(run)
    run.set_defaults(body=_run)
    run.add_argument(
        "models",
        metavar="MODEL",
        nargs="+",
        help="a .tflite image classifier, or sample: the bundled one; for --backends keras a .keras file or a RUN "
        "folder",
    )
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
        help=f"of {', '.join(_NAMES)}, with commas between (default: %(default)s)",
    )
    run.add_argument("--threads", metavar="LIST", default="1", help="with commas between (default: %(default)s)")
    run.add_argument(
        "--batch", metavar="LIST", default="1", help="frames a call, with commas between (default: %(default)s)"
    )
    run.add_argument(
        "--scenario",
        choices=get_args(Scenario),
        default="single-stream",
        help="of the rows of batch 1; larger batches are offline (default: %(default)s)",
    )
    run.add_argument(
        "--fps",
        type=float,
        default=30.0,
        metavar="F",
        help="frames a second in --scenario camera (default: %(default)g)",
    )
    run.add_argument(
        "--python",
        metavar="BACKEND=PATH",
        action="append",
        default=[],
        help="measure this backend with the Python of another environment that has this project; may be repeated",
    )
    _add_agreement_options(run)
    add_harness_options(run)
    add_model_options(run)


def _add_agreement_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("answers; a row that gives wrong ones is INVALID, however fast it is")
    group.add_argument("--images", metavar="DIR", help="photos to compare answers on (default: synthetic frames)")
    group.add_argument(
        "--reference",
        metavar="FILE",
        help="the float model whose answers are right, .tflite, .keras or RUN (default: each MODEL itself, on the "
        "first installed backend)",
    )
    group.add_argument(
        "--min-same-top1",
        type=float,
        default=0.9,
        metavar="SHARE",
        help="of the images, whose best class must be the reference's (default: %(default)s)",
    )


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
    group.add_argument(
        "--rounds",
        type=int,
        default=10,
        metavar="N",
        help="measure each row so often, in random order, each time for a share of these (default: %(default)s)",
    )


def _run(options: argparse.Namespace) -> int:
    settings = _settings(options)
    plan(settings)  # what is missing stops everything, before anything is measured
    from benchmarks.report.results import samples_path, write_result
    from benchmarks.report.table import render_table
    from benchmarks.runs.runner import run_benchmark

    for path in (options.out, samples_path(options.out)):
        ensure_writable(path)
    result, samples = run_benchmark(settings, samples_path(options.out).name)
    write_result(result, samples, options.out)
    print(render_table(result.rows))
    for sentence in result.noise:
        logger.warning("%s", sentence)
    failed = sum(row.status == "FAILED" for row in result.rows)
    if failed:
        logger.error("%d of %d rows could not be measured; %s says why", failed, len(result.rows), options.out)
    return 1 if failed else 0


def _settings(options: argparse.Namespace) -> RunSettings:
    backends = _listed(options.backends)
    unknown = [name for name in backends if name not in _NAMES]
    if unknown:
        raise UsageError(f"--backends {options.backends}: no {unknown[0]!r}; there are {', '.join(_NAMES)}")
    try:
        return RunSettings(
            models=tuple(map(find_model, options.models)),
            backends=backends,
            threads=_numbers("--threads", options.threads),
            batches=_numbers("--batch", options.batch),
            scenario=options.scenario,
            fps=options.fps,
            rounds=options.rounds,
            images=options.images,
            reference=options.reference,
            min_same_top1=options.min_same_top1,
            options=UserSays.of(options),
            harness=harness_settings(options),
            pythons=_pythons(options.python),
        )
    except ContractError as error:
        raise UsageError(str(error)) from error


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


def _numbers(option: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in _listed(text))
    except ValueError as error:
        raise UsageError(f"{option} {text}: expected numbers with commas between, as in 1,2,4") from error


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))
