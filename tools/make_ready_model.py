"""Makes the ready model in edge_runtime/assets with edge-train and edge-convert, and puts three photos beside it.

    python tools/make_ready_model.py

edge-train finds or downloads the data set as it does for anybody. The figure in the README that is written is of the
400 test images of the bundled sample. They are part of the official test part, so the model was not trained on them.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "trainer" / "assets" / "sample"
ASSETS = ROOT / "edge_runtime" / "assets"
PHOTOS = ("ankle-boot", "bag", "trouser")
"""The classes whose first test image is bundled."""

TRAIN = [
    "edge-train", "fashion-mnist", "--backbone", "small-cnn", "--alpha", "0.5", "--augment", "light", "--epochs", "20",
    "--keep", "last",
]  # fmt: skip
CONVERT = ["--quantize", "int8", "--name", "sample", "--model-version", "1", "--license", "Apache-2.0"]

README = """# The ready model

`sample.tflite` tells ten kinds of clothes apart, in grey images of 28x28 pixels. It is quantized to int8 and has
{size} bytes, with labels, manifest and two golden images inside. `edge-run sample` classifies the three photos in
`photos/` with it.

It is right on {right} of the {images} test images of the bundled sample (`trainer/assets/sample/test`), and on
{official} official test images.

It was trained on the official training part of Fashion-MNIST: 60,000 images (Xiao, Rasul, Vollgraf, 2017; Zalando SE,
MIT licence, see `LICENSE`). That part holds none of these {images} images and none of the three photos. The model has
never seen what a camera sees. It is there to try the commands, not for use.

Made by

    python tools/make_ready_model.py

which runs

{commands}

and copies the first test image of {photos} into `photos/`.
"""


def main() -> None:
    """Writes model, photos, licence and README."""
    with tempfile.TemporaryDirectory() as folder:
        run, model = Path(folder, "run"), Path(folder, "sample.tflite")
        call(*TRAIN, "--out", str(run))
        call("edge-convert", str(run), "--out", str(model), *CONVERT)
        right, images = evaluate(model)
        write_assets(model, right, images)


def call(*command: str) -> str:
    """Prints a command and runs it; returns what it wrote to stdout."""
    print("$", shlex.join(command), flush=True)
    program = Path(sys.executable).with_name(command[0])
    return subprocess.run([str(program), *command[1:]], check=True, stdout=subprocess.PIPE, text=True).stdout


def evaluate(model: Path) -> tuple[int, int]:
    """On how many images of the sample's test part the model is right, and how many there are."""
    lines = call("edge-run", str(model), str(SAMPLE / "test"), "--top-k", "1").splitlines()
    results = [json.loads(line) for line in lines]
    right = sum(Path(result["source"]).parent.name == result["categories"][0]["label"] for result in results)
    return right, len(results)


def write_assets(model: Path, right: int, images: int) -> None:
    """Puts everything in its place."""
    shutil.rmtree(ASSETS, ignore_errors=True)
    (ASSETS / "photos").mkdir(parents=True)
    shutil.copy(model, ASSETS)
    shutil.copy(SAMPLE / "LICENSE", ASSETS)
    for name in PHOTOS:
        shutil.copy(min((SAMPLE / "test" / name).iterdir()), ASSETS / "photos" / f"{name}.png")
    commands = ([*TRAIN, "--out", "run"], ["edge-convert", "run", "--out", model.name, *CONVERT])
    gate = json.loads(model.with_suffix(".report.json").read_text())["chosen"]["gate"]
    (ASSETS / "README.md").write_text(
        README.format(
            size=model.stat().st_size,
            right=right,
            images=images,
            official=f"{gate['candidate']:.2%} of the {gate['images']:,}",
            commands="\n".join(f"    {shlex.join(command)}" for command in commands),
            photos=", ".join(PHOTOS),
        )
    )


if __name__ == "__main__":
    main()
