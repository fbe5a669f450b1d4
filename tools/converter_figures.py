"""Makes the figures of docs/converting.md from the third-party data in ../shared/data: one case a call.

    python tools/converter_figures.py imagenet       # MobileNetV1; 100 photos calibrate, 400 evaluate
    python tools/converter_figures.py trashnet       # MobileNetV2 0.35 on photos of waste
    python tools/converter_figures.py fashion-mnist  # MobileNetV3-Small without pretrained weights
    python tools/converter_figures.py sample         # the demo's model
    python tools/converter_figures.py tflite         # somebody else's float .tflite, MobileNetV1 0.25

Every command is printed before it runs; files go below build/converter-figures/. More options go to edge-convert.
"""

from __future__ import annotations

import argparse
import csv
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
OUT = ROOT / "build" / "converter-figures"
EVERY = 5  # every fifth photo calibrates


def main() -> int:
    """Runs one case; returns the exit code of its last command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=tuple(CASES))
    options, more = parser.parse_known_args()
    folder = OUT / options.case
    folder.mkdir(parents=True, exist_ok=True)
    return CASES[options.case](folder, more)


def imagenet(folder: Path, more: list[str]) -> int:
    """The published weights as a .keras file, two CSV views of the photos, and the classes' WordNet ids as labels."""
    model = folder / "mobilenet_v1.keras"
    if not model.exists():
        weights = DATA / "keras_weights" / "mobilenet_1_0_224_tf.h5"
        code = f"import keras; keras.applications.MobileNet(weights={str(weights)!r}).save({str(model)!r})"
        if status := run([sys.executable, "-c", code]):
            return status
    write_imagenet_views(folder)
    return convert(
        model, folder, "--labels", folder / "labels.txt", "--normalization", "-1..1", "--resize", "center-crop:0.875",
        "--calibration-data", folder / "calibration.csv", "--calibration-samples", "100",
        "--eval-data", folder / "evaluation.csv", *(more or ["--max-drop", "0.5"]),
    )  # fmt: skip


def write_imagenet_views(folder: Path) -> None:
    """Writes ``calibration.csv`` (100 photos), ``evaluation.csv`` (the other 400), labels for 1000 and 1001 classes."""
    index = json.loads((DATA / "keras_weights" / "imagenet_class_index.json").read_text())
    labels = [index[str(number)][0] for number in range(len(index))]
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    (folder / "labels_1001.txt").write_text("".join(f"{label}\n" for label in ("background", *labels)))
    link = folder / "images"
    if not link.is_symlink():
        link.symlink_to(DATA / "imagenet_500", target_is_directory=True)
    with (DATA / "imagenet_500" / "labels.csv").open(newline="") as file:
        rows = [(row["filename"], row["wnid"]) for row in csv.DictReader(file)]
    parts = {"calibration": rows[::EVERY], "evaluation": [row for n, row in enumerate(rows) if n % EVERY]}
    for name, part in parts.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("filename", "labels"), *part])


def tflite(folder: Path, more: list[str]) -> int:
    """A published .tflite with 1001 classes; --max-drop 100 shows what every recipe loses."""
    write_imagenet_views(folder)
    return convert(
        DATA / "tflite" / "mobilenet_v1_0.25_224_float_metadata.tflite", folder, "--labels", folder / "labels_1001.txt",
        "--resize", "center-crop:0.875", "--calibration-data", folder / "calibration.csv",
        "--calibration-samples", "100", "--eval-data", folder / "evaluation.csv", *(more or ["--max-drop", "100"]),
    )  # fmt: skip


def trashnet(folder: Path, more: list[str]) -> int:
    """Transfer learning with fine-tuning, half of the photos for the test part so that the gate sees something."""
    weights = DATA / "keras_weights" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
    options = ["--weights", weights, "--image-size", "224", "--split", "45/10/45", "--fine-tune-epochs", "3"]
    return train_and_convert(folder, DATA / "trashnet", options, more or ["--max-drop", "2"])


def fashion_mnist(folder: Path, more: list[str]) -> int:
    """No ImageNet weights of MobileNetV3-Small are at hand: it learns from nothing, on Fashion-MNIST."""
    options = ["--backbone", "mobilenet-v3-small", "--weights", "none", "--image-size", "48", "--epochs", "2"]
    return train_and_convert(folder, "fashion-mnist", options, more)


def sample(folder: Path, more: list[str]) -> int:
    """The demo's model."""
    return train_and_convert(folder, "sample", [], more)


def train_and_convert(folder: Path, data: Path | str, training: list[object], more: list[str]) -> int:
    """Trains where there is no run yet, then converts."""
    run_folder = folder / "run"
    if not run_folder.exists() and (status := run(["edge-train", data, "--out", run_folder, *training])):
        shutil.rmtree(run_folder, ignore_errors=True)
        return status
    return convert(run_folder, folder, *more)


def convert(model: Path, folder: Path, *options: object) -> int:
    """Runs edge-convert, with the whole ladder where the options do not name a recipe."""
    ladder = [] if "--quantize" in options else ["--all-rungs"]
    return run(["edge-convert", model, "--out", folder / "model.tflite", *ladder, *options])


def run(command: list[object]) -> int:
    """Prints a command and runs it with the programs of this Python's environment."""
    words = [str(word) for word in command]
    print("$", shlex.join(words), flush=True)
    program = Path(sys.executable).parent / words[0]
    return subprocess.run([str(program) if program.exists() else words[0], *words[1:]], check=False).returncode


CASES = {"imagenet": imagenet, "trashnet": trashnet, "fashion-mnist": fashion_mnist, "sample": sample, "tflite": tflite}

if __name__ == "__main__":
    sys.exit(main())
