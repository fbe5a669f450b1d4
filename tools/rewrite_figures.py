"""Makes the figures of docs/converting.md on HARD_SWISH: MobileNetV3 with and without the rewrite, side by side.

    python tools/rewrite_figures.py                       # Small and Large, trained on the sample: some ten minutes
    python tools/rewrite_figures.py --epochs 4 --out build/rewrite.json small

Every command is printed before it runs; files go below build/rewrite-figures/ and are used again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from converter_figures import ROOT, run

from converter.inspect import find_coverage
from converter.judge import file_scores, measure_latencies
from converter.targets import compare, deciding_step
from converter.tflite import read_graphs, read_model
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.preprocess import read_image

FOLDER = ROOT / "build" / "rewrite-figures"
FILES: dict[str, list[object]] = {
    "float32": ["--quantize", "float32"],
    "int8": ["--target", "tflite-runtime"],  # as TensorFlow writes it
    "rewritten": [],
}


def main() -> int:
    """Makes and measures the files; returns 1 where a command fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=["small", "large"], metavar="small|large")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    results = {}
    for size in options.sizes:
        folder = options.folder / f"{size}-{options.epochs}"
        if status := make(size, options.epochs, folder):
            return status
        results[f"mobilenet-v3-{size}"] = measure(folder)
    text = json.dumps(results, indent=1)
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n")
    return 0


def make(size: str, epochs: int, folder: Path) -> int:
    """Trains from scratch, and converts three times."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "run" / "model.keras").exists() and (
        status := run(
            [
                "edge-train",
                "sample",
                "--out",
                folder / "run",
                "--backbone",
                f"mobilenet-v3-{size}",
                "--weights",
                "none",
                "--image-size",
                "96",
                "--epochs",
                epochs,
            ]
        )
    ):
        return status
    for name, words in FILES.items():
        out = folder / f"{name}.tflite"
        convert: list[object] = ["edge-convert", folder / "run", "--out", out, "--max-drop", "100"]
        if not out.exists() and (status := run([*convert, *words])):
            return status
    return 0


def measure(folder: Path) -> dict[str, Any]:
    """What the three files take, and whether the rewritten one answers as before."""
    images = TrainingRecord.load(folder / "run").part("test")
    paths = [folder / f"{name}.tflite" for name in FILES]
    latencies = measure_latencies(paths, read_image(images.path(0)))
    _, before, now = file_scores(images, paths)
    graph = read_graphs(read_model(paths[1].read_bytes(), paths[1]), paths[1])[0]
    step, logits = deciding_step(graph)
    agreement = compare(before, now, step, logits=logits)
    truth = [labels[0] for labels in images.labels]
    figures: dict[str, Any] = {
        name: {"p50_ms": latency.p50, "ratio": latency.ratio, "ratio_interval": latency.ratio_interval, **taken(path)}
        for name, latency, path in zip(FILES, latencies, paths, strict=True)
    }
    figures["right"] = [int((scores.argmax(axis=1) == truth).sum()) for scores in (before, now)]
    figures["answers"] = vars(agreement)
    return figures


def taken(path: Path) -> dict[str, Any]:
    """How many operators the delegate takes, and which it does not."""
    operators = read_graphs(read_model(path.read_bytes(), path), path)[0].operators
    covered = find_coverage(path).covered or ()
    outside = [operator.name for operator in operators if operator.index not in covered]
    return {"operators": len(operators), "taken": len(covered), "outside": outside, "bytes": path.stat().st_size}


if __name__ == "__main__":
    sys.exit(main())
