"""Process start to first prediction, and peak memory, of the real command ``edge-run MODEL PHOTO``.

The command runs in the environment of ``--python``, so in a lean one where that is what one asks about. Files are in
the page cache and compiled modules exist: one run before the first counted one sees to that.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import IO

from benchmarks.errors import BenchmarkError
from benchmarks.host import read_condition
from benchmarks.measure import how_it_ended, last_line, peak_memory_bytes
from benchmarks.studies.limits import HeldFigure, check_limits, limit
from benchmarks.studies.record import named_model, write_record
from benchmarks.studies.third_party import MODEL, PHOTO, add_data_dir, chosen_model, third_party_file
from edge_runtime.console.child_process import console_script
from edge_runtime.console.command import UsageError, add_model_options, exit_with, make_parser, run_command
from edge_runtime.console.files import ensure_writable
from edge_runtime.contracts.codec import encode
from edge_runtime.model import UserSays

_NS_PER_MS = 1e6
_BYTES_PER_MB = 1e6
_US_PER_MS = 1e3
_PROBE = "from time import perf_counter_ns as now; a = now(); import edge_runtime.run.cli; print(a, now())"
_PACKAGES = ("edge_runtime", "numpy", "PIL", "ai_edge_litert", "tflite_runtime", "cv2")


@dataclass(frozen=True, slots=True)
class ColdRun:
    """One run of the command.

    Attributes:
        total_ms: from just before the process was started until its first line could be read.
        decode_ms: reading and decoding the photo, as the line says.
        inference_ms: preprocess, invoke and postprocess, as the line says.
        peak_memory_mb: the process's largest resident set, in 10^6 bytes.
    """

    total_ms: float
    decode_ms: float
    inference_ms: float
    peak_memory_mb: float


@dataclass(frozen=True, slots=True)
class Probe:
    """One run of an interpreter that only imports the command.

    Attributes:
        interpreter_start_ms: from just before the process was started until its first line of Python.
        imports_ms: importing ``edge_runtime.run.cli``.
    """

    interpreter_start_ms: float
    imports_ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def run_command_once(command: Sequence[str]) -> ColdRun:
    """Runs ``edge-run`` on one picture.

    Raises:
        BenchmarkError: it failed, or this process is too large to tell the child's peak memory.
    """
    with tempfile.TemporaryFile("w+") as errors:
        start = perf_counter_ns()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        answered = perf_counter_ns()
        process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        _check(process.returncode, errors)
    timing = json.loads(line)["timing_ms"]
    return ColdRun(
        total_ms=(answered - start) / _NS_PER_MS,
        decode_ms=timing["capture"],
        inference_ms=timing["preprocess"] + timing["invoke"] + timing["postprocess"],
        peak_memory_mb=_child_peak_bytes(usage) / _BYTES_PER_MB,
    )


def probe_imports(python: str) -> Probe:
    """Starts ``python`` to import the command, and no more.

    Raises:
        BenchmarkError: the import failed.
    """
    start = perf_counter_ns()
    first, last = (int(number) for number in _output([python, "-I", "-c", _PROBE]).stdout.split())
    return Probe((first - start) / _NS_PER_MS, (last - first) / _NS_PER_MS)


def imports_by_package(report: str) -> dict[str, float]:
    """Milliseconds that each package's own modules took, from what ``-X importtime`` printed.

    The sum is larger than without the option, which costs time itself; read it as shares.
    """
    totals: dict[str, float] = dict.fromkeys((*_PACKAGES, "others"), 0.0)
    for own, module in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", report, re.MULTILINE):
        package = module.partition(".")[0]
        totals[package if package in totals else "others"] += int(own) / _US_PER_MS
    return {package: total for package, total in totals.items() if total}


def _child_peak_bytes(usage: resource.struct_rusage) -> int:
    own, childs = peak_memory_bytes(), usage.ru_maxrss * 1024
    if own is None or childs <= own:  # Linux hands the parent's peak down to a child: then the figure is ours
        raise BenchmarkError("this process itself is as large as edge-run, so that one's peak memory cannot be told")
    return childs


def _output(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchmarkError(f"{command[0]} {how_it_ended(done.returncode)}: {last_line(done.stderr)}")
    return done


def _check(code: int, errors: IO[str]) -> None:
    if code != 0:
        errors.seek(0)
        raise BenchmarkError(f"edge-run {how_it_ended(code)}: {last_line(errors.read())}")


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "python -m benchmarks.studies.cold_start",
        "Measures process start to first prediction, and peak memory, of edge-run on one photo.",
        "python -m benchmarks.studies.cold_start --python .venv-lean/bin/python --out cold_start.json",
    )
    parser.add_argument("--python", default=sys.executable, metavar="FILE", help="of the environment to measure")
    parser.add_argument("--model", type=Path, metavar="FILE", help=f"a .tflite (default: {MODEL} of the data)")
    parser.add_argument("--photo", type=Path, metavar="FILE", help=f"an image (default: {PHOTO} of the data)")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="default: %(default)s")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep all samples and the host in this JSON file")
    parser.add_argument("--at-most-ms", type=limit, metavar="N", help="exit with 1 where the median time is above")
    parser.add_argument("--at-most-mb", type=limit, metavar="N", help="exit with 1 where the median memory is above")
    add_data_dir(parser)
    add_model_options(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.runs < 1:
        raise UsageError("--runs needs 1 or more")
    if options.out is not None:
        ensure_writable(options.out)
    model, options.labels = chosen_model(options)
    photo = options.photo or third_party_file(options.data_dir, PHOTO)
    command = [*console_script("edge-run", options.python), str(model), str(photo), *_said_of_model(options)]
    before = read_condition()
    run_command_once(command)
    runs = [run_command_once(command) for _ in range(options.runs)]
    probes = [probe_imports(options.python) for _ in range(options.runs)]
    imports = imports_by_package(_output([options.python, "-X", "importtime", *command[1:]]).stderr)
    medians = _medians(runs, probes)
    print(_report(model, photo, medians, imports, options.runs))
    if options.out is not None:
        content = {
            **named_model(model),
            "photo": photo.name,
            "python": _output([options.python, "--version"]).stdout.strip(),
            "medians": medians,
            "imports_ms_by_package": imports,
            "runs": encode(runs),
            "probes": encode(probes),
        }
        write_record(options.out, before, content)
    check_limits(
        HeldFigure("ms to the first prediction", medians["total_ms"], "--at-most-ms", options.at_most_ms),
        HeldFigure("MB of peak memory", medians["peak_memory_mb"], "--at-most-mb", options.at_most_mb),
    )
    return 0


def _said_of_model(options: argparse.Namespace) -> list[str]:
    """What edge-run must be told of the model, as its options."""
    given = UserSays.of(options).as_arguments()
    return [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]


def _medians(runs: Sequence[ColdRun], probes: Sequence[Probe]) -> dict[str, float]:
    """The median of each part; ``load_ms``, interpreter library and model, is what the other parts leave."""
    total = statistics.median(run.total_ms for run in runs)
    parts = {
        "interpreter_start_ms": statistics.median(probe.interpreter_start_ms for probe in probes),
        "imports_ms": statistics.median(probe.imports_ms for probe in probes),
        "decode_ms": statistics.median(run.decode_ms for run in runs),
        "inference_ms": statistics.median(run.inference_ms for run in runs),
    }
    return {
        "total_ms": total,
        **parts,
        "load_ms": total - sum(parts.values()),
        "peak_memory_mb": statistics.median(run.peak_memory_mb for run in runs),
    }


def _report(model: Path, photo: Path, medians: dict[str, float], imports: dict[str, float], runs: int) -> str:
    shares = ", ".join(f"{package} {total:.0f}" for package, total in imports.items() if total >= 0.5)
    return (
        f"{model.name}, {photo.name}: process start to first prediction {medians['total_ms']:.0f} ms, "
        f"peak memory {medians['peak_memory_mb']:.1f} MB (medians of {runs} runs)\n"
        f"  interpreter start {medians['interpreter_start_ms']:.0f}, imports {medians['imports_ms']:.0f}, "
        f"load {medians['load_ms']:.0f}, decode {medians['decode_ms']:.0f}, "
        f"first inference {medians['inference_ms']:.0f} ms\n"
        f"  own time of imports with -X importtime, ms: {shares}"
    )


if __name__ == "__main__":
    exit_with(main())
