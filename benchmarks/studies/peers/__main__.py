"""``python -m benchmarks.studies.peers``: the classifier beside others, and its inference beside litert-benchmark's."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.host import machine_noise, read_condition
from benchmarks.stats import interval_text
from benchmarks.studies.interleaved import RatioOfMedians
from benchmarks.studies.peers.contest import Setting, Standing, hold
from benchmarks.studies.peers.contestants import CONTESTANTS, ENVIRONMENTS
from benchmarks.studies.peers.inference import PairedRatio, beside_litert_benchmark
from benchmarks.studies.record import named_model, write_record
from benchmarks.studies.third_party import LABELS, PHOTO, add_data_dir, third_party_file
from edge_runtime import read_image
from edge_runtime.console.child_process import child_command
from edge_runtime.console.command import UsageError, exit_with, logger, make_parser, run_command
from edge_runtime.console.files import ensure_writable
from edge_runtime.contracts.codec import encode

_ROOT = Path(__file__).resolve().parents[3]
_MODELS = ("mobilenet_v1_0.25_224_float_metadata.tflite", "mobilenet_v2_1.0_224_uint8.tflite")
_FRAME_SIZE = (640, 480)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "python -m benchmarks.studies.peers",
        "Compares Classifier.classify with other ways to classify the same frame with the same model on the same core.",
        "python -m benchmarks.studies.peers --out peers.json",
    )
    parser.add_argument("--loads", type=int, default=10, metavar="N", help="all started anew (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=8, metavar="N", help="of calls, a load (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=10, metavar="N", help="a block (default: %(default)s)")
    parser.add_argument(
        "--pairs", type=int, default=20, metavar="N", help="of processes beside litert-benchmark (default: %(default)s)"
    )
    parser.add_argument("--runs", type=int, default=60, metavar="N", help="in each of these (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="and cores (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random order (default: %(default)s)")
    parser.add_argument(
        "--only", action="append", choices=CONTESTANTS, help="this contestant, beside ours; may be repeated"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep raw samples and host in this JSON file")
    add_data_dir(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    numbers = ("loads", "blocks", "calls", "pairs", "runs", "threads")
    if min(getattr(options, name) for name in numbers) < 1 or options.seed < 0:
        raise UsageError(f"{', '.join(f'--{name}' for name in numbers)} need 1 or more, --seed 0 or more")
    if options.out is not None:
        ensure_writable(options.out)
    models = [third_party_file(options.data_dir, Path("tflite", name)) for name in _MODELS]
    labels = third_party_file(options.data_dir, LABELS)
    pythons = _pythons(options.only)
    before, generator, records = read_condition(), np.random.default_rng(options.seed), []
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        frame = Path(folder) / "frame.bmp"
        photo = read_image(third_party_file(options.data_dir, PHOTO))
        Image.fromarray(photo).resize(_FRAME_SIZE, Image.Resampling.BILINEAR).save(frame)
        for model in models:
            setting = Setting(model, labels, frame, options.threads)
            standings, samples = hold(pythons, setting, options.loads, options.blocks, options.calls, generator)
            inference, pairs = beside_litert_benchmark(
                model, labels, options.threads, options.pairs, options.runs, generator
            )
            print(_report(model.name, standings, inference))
            records.append({
                **named_model(model), "standings": encode(standings),
                "litert_benchmark": {**encode(inference), "pairs_ms": pairs},
                "samples_ns": {name: [start.tolist() for start in starts] for name, starts in samples.items()},
            })  # fmt: skip
    after = read_condition()
    for sentence in machine_noise(before, after):
        logger.warning("%s", sentence)
    if options.out is not None:
        frame_name = f"{PHOTO.name} at {_FRAME_SIZE[0]}x{_FRAME_SIZE[1]}"
        content = {"frame": frame_name, "threads": options.threads, "models": records}
        write_record(options.out, before, content, after)
    return 0


def _pythons(only: Sequence[str] | None) -> dict[str, str]:
    """Contestant to the Python that runs it; environments are made where they are missing."""
    chosen = [name for name in CONTESTANTS if only is None or name in only or name.startswith("ours")]
    return {name: _make_environment(ENVIRONMENTS[name]) if name in ENVIRONMENTS else sys.executable for name in chosen}


def _make_environment(name: str) -> str:
    command = child_command(str(_ROOT / "tools" / "make_env.py"), name)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise BenchmarkError(f"tools/make_env.py {name} failed; what pip said is above")
    return done.stdout.strip()


def _report(model: str, standings: Sequence[Standing], inference: PairedRatio) -> str:
    lines = [
        f"### {model}",
        "",
        "| | version | ms a frame | beside | ratio | 95 % interval | |",
        "|---|---|---:|---|---:|---|---|",
    ]
    for one in standings:
        ms, ratio, interval = ("-", "-", "-") if one.ratio is None else _figures(one.ratio)
        base = "" if one.base == one.name else one.base
        lines.append(f"| {one.name} | {one.version} | {ms} | {base} | {ratio} | {interval} | {one.note} |")
    engine = f"ai-edge-litert {version('ai-edge-litert')}"
    lines += [
        "",
        f"Inference alone ({engine}): litert-compiled {inference.ours_ms:.3f} ms,",
        f"litert-benchmark {inference.theirs_ms:.3f} ms,",
        f"ratio {inference.ratio:.3f} ({interval_text(inference.low, inference.high)})",
        "",
    ]
    return "\n".join(lines)


def _figures(ratio: RatioOfMedians) -> tuple[str, str, str]:
    return f"{ratio.other_ms:.3f}", f"{ratio.ratio:.3f}", interval_text(ratio.low, ratio.high)


if __name__ == "__main__":
    exit_with(main())
