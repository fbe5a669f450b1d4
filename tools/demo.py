"""make demo: the whole chain on the bundled sample, each command printed before it runs.

    python tools/demo.py --out FOLDER

Leaves everything in FOLDER (default: demo-output): the training run, two models with their reports, predictions,
latencies, and one report.html; what an earlier demo left there is deleted. Prints one table at the end.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shlex
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from edge_runtime.console.command import INTERRUPTED
from edge_runtime.console.files import write_text
from edge_runtime.contracts.dataset import read_image_folder

TOOLS = Path(__file__).resolve().parent
OUT = TOOLS.parent / "demo-output"
SAMPLE_TEST = Path(str(resources.files("trainer"))) / "assets" / "sample" / "test"
GRID_STEP = 10  # every tenth test image is shown


def main() -> int:
    """Runs the demo; returns the exit code of the first command that fails, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where its files go (default: demo-output)")
    named = parser.parse_args().out
    if named and named.is_dir() and any(named.iterdir()) and not (named / "run").is_dir():
        parser.error(f"{named}: holds something else than a demo; name another folder")
    out = named or Path(os.path.relpath(OUT))
    shutil.rmtree(out, ignore_errors=True)
    for command in _commands(out):
        print("\n$", shlex.join(command), flush=True)
        done = subprocess.run([str(Path(sys.executable).with_name(command[0])), *command[1:]], check=False)
        if done.returncode:
            return done.returncode
    summary = _summary(out)
    write_text(out / "report.html", _render_report(out, summary))
    print(f"\nEverything is in {out}/; open {out / 'report.html'}\n\n{_table(summary)}")
    return 0


def _commands(out: Path) -> list[list[str]]:
    run, int8, float32 = str(out / "run"), str(out / "model.tflite"), str(out / "model-float32.tflite")
    return [
        ["edge-train", "sample", "--out", run],
        ["edge-convert", run, "--out", int8, "--quantize", "int8"],
        ["edge-convert", run, "--out", float32, "--quantize", "float32"],
        [
            "edge-run",
            int8,
            os.path.relpath(SAMPLE_TEST),
            "--top-k",
            "3",
            "--sink",
            f"jsonl:{out / 'predictions.jsonl'}",
        ],
        ["edge-bench", "run", int8, float32, "--min-seconds", "2", "--out", str(out / "latency.json")],
    ]


def _summary(out: Path) -> dict[str, Any]:
    """The figures of the closing table, each read from the file of the command that made it."""
    int8 = json.loads((out / "model.report.json").read_text())
    rows = {row["model"]: row for row in json.loads((out / "latency.json").read_text())["rows"]}
    sizes = {name: (out / name).stat().st_size for name in ("model.tflite", "model-float32.tflite")}
    gate = int8["chosen"]["gate"]
    return {
        "model": "mobilenet-v2",
        "int8_bytes": sizes["model.tflite"],
        "float_bytes": sizes["model-float32.tflite"],
        "top1_float": gate["reference"],
        "top1_int8": gate["candidate"],
        "drop_pp": gate["drop_pp"],
        "p50_float_ms": rows["model-float32.tflite"]["latency_ms"]["p50"],
        "p50_int8_ms": rows["model.tflite"]["latency_ms"]["p50"],
    }


def _table(summary: dict[str, Any]) -> str:
    """The closing table as text."""
    cells = _cells(summary)
    widths = [max(len(name), len(value)) for name, value in cells.items()]
    lines = (cells.keys(), ["-" * width for width in widths], cells.values())
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(summary: dict[str, Any]) -> dict[str, str]:
    share = summary["int8_bytes"] / summary["float_bytes"]
    return {
        "model": summary["model"],
        "size float": f"{summary['float_bytes'] / 1e3:.0f} kB",
        "size int8": f"{summary['int8_bytes'] / 1e3:.0f} kB ({share:.0%})",
        "top-1 float": f"{summary['top1_float']:.2%}",
        "top-1 int8": f"{summary['top1_int8']:.2%}",
        "drop": f"{summary['drop_pp']:.2f} pp",
        "p50 float": f"{summary['p50_float_ms']:.3f} ms",
        "p50 int8": f"{summary['p50_int8_ms']:.3f} ms",
    }


def _render_report(out: Path, summary: dict[str, Any]) -> str:
    environment = Environment(loader=FileSystemLoader(TOOLS), autoescape=True, undefined=StrictUndefined)
    css = (resources.files("edge_runtime.console") / "report.css").read_text("utf-8")
    plots = out / "run" / "plots"
    return environment.get_template("demo_report.html").render(
        css=Markup(css),  # noqa: S704 - our own style sheet
        cells=_cells(summary),
        commands=[shlex.join(command) for command in _commands(out)],
        history=_data_uri(plots / "history.png"),
        confusion=_data_uri(plots / "confusion_matrix.png"),
        predictions=_predictions(out / "predictions.jsonl"),
    )


def _predictions(path: Path) -> list[dict[str, Any]]:
    """Every tenth test image with what edge-run said of it."""
    results = {line["source"]: line["categories"][0] for line in map(json.loads, path.read_text().splitlines())}
    images = read_image_folder(SAMPLE_TEST)
    shown = []
    for index in range(0, len(images), GRID_STEP):
        truth = images.classes[images.labels[index][0]]
        found = results[os.path.relpath(images.path(index))]
        shown.append({"picture": _data_uri(images.path(index)), "truth": truth, **found})
    return shown


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # the command it came upon has said so
        sys.exit(INTERRUPTED)
