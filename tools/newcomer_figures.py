"""What a newcomer gets: ``edge-train photos --out run && edge-convert run --out model.tflite``, defaults, many seeds.

    python tools/newcomer_figures.py ../shared/data --seeds 3 --out newcomer.json

The photos are those of TrashNet, 360 in six classes, so the test part has 36. Only the pretrained weights are named,
since there is no network to load them from. Raw figures of every run go to the file that is named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

BACKBONES = {
    "MobileNetV1": ["--backbone", "mobilenet", "--weights", "mobilenet_1_0_224_tf_no_top.h5"],
    "MobileNetV2 0.35": [
        "--alpha", "0.35", "--weights", "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5",
    ],
}  # fmt: skip


def main() -> int:
    """Runs all seeds of all backbones; returns 1 where a model was not delivered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="has trashnet/ and keras_weights/")
    parser.add_argument("--seeds", type=int, default=10, help="of the training and of its split (default: %(default)s)")
    parser.add_argument("--only", choices=tuple(BACKBONES))
    parser.add_argument("--out", type=Path, required=True, help="the JSON to write")
    options, more = parser.parse_known_args()
    rows = []
    for name in [options.only] if options.only else BACKBONES:
        for seed in range(options.seeds):
            with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
                rows.append({"backbone": name, "seed": seed, **measure(options.data, name, seed, Path(folder), more)})
            print(json.dumps(rows[-1]), flush=True)
            options.out.write_text(json.dumps(rows, indent=1) + "\n")
    return int(any(row["exit_code"] for row in rows))


def measure(data: Path, backbone: str, seed: int, folder: Path, more: list[str]) -> dict[str, object]:
    """Trains and converts once; ``more`` goes to edge-convert."""
    words = [str(data / "keras_weights" / word) if word.endswith(".h5") else word for word in BACKBONES[backbone]]
    start = perf_counter()
    run("edge-train", str(data / "trashnet"), "--out", str(folder / "run"), "--seed", str(seed), *words)
    trained = perf_counter()
    code = run("edge-convert", str(folder / "run"), "--out", str(folder / "model.tflite"), *more)
    done = perf_counter()
    report = json.loads((folder / "model.report.json").read_text())
    shown = report["chosen"] or report["refused"]
    return {
        "exit_code": code,
        "delivered": report["chosen"] and report["chosen"]["name"],
        "share_of_float32_size": shown and shown["size_bytes"] / report["float32"]["size_bytes"],
        "latency_ratio": shown and shown["latency_ms"]["ratio"],
        "choosing": {row["name"]: figures(row["choosing"]) for row in report["candidates"] if row["choosing"]},
        "test": shown and figures(shown["gate"]),
        "train_s": round(trained - start, 1),
        "convert_s": round(done - trained, 1),
    }


def figures(gate: dict[str, float]) -> dict[str, float]:
    """What is kept of a verdict."""
    return {name: gate[name] for name in ("images", "reference", "candidate", "drop_pp", "agreement", "passed")}


def run(program: str, *words: str) -> int:
    """Runs one of our programs; its output stays out of sight, but for an error."""
    command = [str(Path(sys.executable).parent / program), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.splitlines()[-1] if done.stderr else done.returncode, file=sys.stderr, flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
