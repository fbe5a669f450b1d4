"""Measures what distilling gives an int8 file, without the ladder around it, and writes the raw figures as JSON.

    python tools/distill_figures.py run demo-output/run --seeds 20  # other images calibrate with each seed
    python tools/distill_figures.py run build/converter-figures/trashnet/run
    python tools/distill_figures.py imagenet                        # MobileNetV1; 100 photos calibrate, 400 judge

Judged are the test images of the run, which neither calibrate nor train. Needs ../shared/data for "imagenet", and what
tools/converter_figures.py imagenet has written.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
IMAGENET = ROOT / "build" / "converter-figures" / "imagenet"


def main() -> int:
    """Measures, prints a line for each seed, and writes all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=("run", "imagenet"))
    parser.add_argument("run", nargs="?", type=Path, help="a RUN folder of edge-train")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=10.0, help="a distillation may take (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()

    from converter import ConvertConfig
    from converter.quantize import start_tensorflow

    if options.case == "imagenet":
        data = {"calibration_data": IMAGENET / "calibration.csv", "eval_data": IMAGENET / "evaluation.csv"}
        words = {"labels": IMAGENET / "labels.txt", "normalization": "-1..1", "resize": "center-crop:0.875"}
        config = ConvertConfig(IMAGENET / "mobilenet_v1.keras", calibration_samples=100, **data, **words)
    else:
        config = ConvertConfig(options.run)
    start_tensorflow()
    rows = []
    for row in measure(config, options.seeds, options.minutes):
        rows.append(row)
        print(json.dumps(row), flush=True)
    if options.out is not None:
        options.out.write_text(json.dumps({"case": options.case, "seeds": rows}, indent=1) + "\n")
    return 0


def measure(config: Any, seeds: int, minutes: float) -> Iterator[dict[str, Any]]:
    """The figures of each seed."""
    from converter.models import load_source, open_source
    from converter.settle import settle_by_answers, settle_by_record

    source = open_source(config.model)
    model = load_source(source, config.said, config.signature)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(seeds):
            drawn = replace(config, seed=seed)
            conversion = model.start_conversion(folder / str(seed))
            settled = settle_by_record(drawn, source) or settle_by_answers(drawn, source, model, conversion, folder)
            yield {"seed": seed, **measure_one(settled, conversion, minutes, seed)}


def measure_one(settled: Any, conversion: Any, minutes: float, seed: int) -> dict[str, Any]:
    """The figures of one distillation."""
    from converter.errors import NotApplicableError
    from converter.quantize import FLOAT32, INT8, Variant
    from converter.quantize.distill import Settings, distilled

    contract, images = settled.contract, settled.images
    pixels, judged = (list(inputs_of(part, contract.preprocessing)) for part in (images.calibration, images.evaluation))
    truth = np.array([labels[0] for labels in images.evaluation.labels])
    int8 = replace(Variant(INT8, INT8.edges()), preprocessing=contract.preprocessing)
    equalized = replace(int8, prepared=("equalized",))

    def inputs() -> Iterator[Any]:
        return iter(pixels)

    float_file, plain, start = (
        conversion.convert(variant, inputs) for variant in (Variant(FLOAT32, FLOAT32.edges()), int8, equalized)
    )
    twin = conversion.float_twin(equalized, inputs)
    began = time.monotonic()
    row: dict[str, Any] = {"images": len(judged)}
    files = {"int8": plain, "equalized": start}
    try:
        result = distilled(start, twin, inputs, Settings(minutes, contract.activation, seed))
        files["distilled"] = result.content
        row |= {"held_before": result.before, "held_after": result.after}
    except NotApplicableError as error:
        row["refused"] = str(error)
    row["seconds"] = round(time.monotonic() - began, 1)
    reference = scores_of(float_file, judged)
    row["float_top_1"] = share(reference, truth)
    for label, content in files.items():
        scores = scores_of(content, judged)
        same = float((scores.argmax(1) == reference.argmax(1)).mean())
        shift = float(np.abs(scores - reference).mean())
        row[label] = {"top_1": share(scores, truth), "same": same, "mean_shift": shift, "bytes": len(content)}
    return row


def inputs_of(images: Any, spec: Any) -> Iterator[Any]:
    """Each image as the model takes it."""
    from edge_runtime.contracts.tensors import TensorSpec
    from edge_runtime.preprocess import Preprocessor, read_image

    preprocess = Preprocessor(spec, TensorSpec((1, spec.height, spec.width, spec.channels), "float32"))
    for index in range(len(images)):
        pixels = np.empty(preprocess.tensor.shape, np.float32)
        preprocess(read_image(images.path(index)), pixels)
        yield pixels


def scores_of(content: bytes, inputs: list[Any]) -> Any:
    """The interpreter's scores, (images, classes)."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    (given,), (taken,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for pixels in inputs:
        if given["dtype"] == np.uint8:
            scale, zero_point = given["quantization"]
            pixels = np.clip(np.rint(pixels / scale) + zero_point, 0, 255).astype(np.uint8)
        interpreter.set_tensor(given["index"], pixels)
        interpreter.invoke()
        row = interpreter.get_tensor(taken["index"])[0].astype(np.float64)
        scale, zero_point = taken["quantization"]
        rows.append((row - zero_point) * scale if scale else row)
    return np.array(rows)


def share(scores: Any, truth: Any) -> float:
    """How many answers are right."""
    return float((scores.argmax(1) == truth).mean())


if __name__ == "__main__":
    sys.exit(main())
