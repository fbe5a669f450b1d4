"""What repairs of int8 give: ranges of activations by five methods, with and without bias correction and equalisation.

    python -m tools.repair_figures imagenet           # MobileNetV1; 100 photos calibrate, 400 evaluate
    python -m tools.repair_figures tflite             # somebody else's float .tflite, MobileNetV1 0.25
    python -m tools.repair_figures RUN --json FILE    # a run of edge-train; 100 training images calibrate

Each file is compared with the float model: the share of equal answers, and the distance of the scores (total variation,
mean over the images). Models come from tools/converter_figures.py, whose case runs first.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.models import FloatModel, load_source, open_source
from converter.quantize import INT8, Edges, Preparation, Ranges, Variant, start_tensorflow
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.preprocess import Preprocessor, read_image
from tools.converter_figures import DATA, OUT

CALIBRATE = 100
METHODS: tuple[Ranges, ...] = ("min-max", "percentile", "mse", "octav", "chosen")
STEPS: tuple[tuple[Preparation, ...], ...] = ((), ("bias-corrected",), ("equalized", "bias-corrected"))
PHOTOS = PreprocessSpec(224, 224, resize="center-crop", crop_fraction=0.875, mean=(127.5,), std=(127.5,))


def main() -> None:
    """Prints a row for each file, and writes them as JSON where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", help="imagenet, tflite or a RUN folder")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    start_tensorflow()
    path, spec, calibration, evaluation = find(options.case)
    model = load_source(open_source(path), None)
    inputs, judged = read(calibration, spec), read(evaluation, spec)
    reference = np.concatenate([model.outputs_of(pixels) for pixels in judged])
    right = [labels[0] for labels in evaluation.labels]
    print(f"{path}: top-1 {share(reference.argmax(axis=1) == right)} on {len(judged)} images")
    rows = [measured(row, reference, right) for row in files(model, inputs, judged)]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def find(case: str) -> tuple[Path, PreprocessSpec, LabelledImages, LabelledImages]:
    """The model, how it is fed, the images that calibrate, and those that evaluate."""
    if case in ("imagenet", "tflite"):
        folder = OUT / case
        labels = (folder / ("labels.txt" if case == "imagenet" else "labels_1001.txt")).read_text().split("\n")[:-1]
        views = [read_dataset(folder / f"{name}.csv", tuple(labels)) for name in ("calibration", "evaluation")]
        name = "mobilenet_v1_0.25_224_float_metadata.tflite"
        model = folder / "mobilenet_v1.keras" if case == "imagenet" else DATA / "tflite" / name
        return model, PHOTOS, views[0], views[1]
    record = open_source(Path(case)).record
    assert record is not None, f"{case}: no RUN folder"
    train = record.part("train")
    chosen = np.random.default_rng(0).permutation(len(train))[:CALIBRATE]
    return Path(case), record.preprocessing, train.subset([int(each) for each in chosen]), record.part("test")


def read(images: LabelledImages, spec: PreprocessSpec) -> list[NDArray[np.float32]]:
    """The images as the float model takes them."""
    tensor = TensorSpec((1, spec.height, spec.width, spec.channels), "float32")
    preprocess, found = Preprocessor(spec, tensor), []
    for index in range(len(images)):
        found.append(np.empty(tensor.shape, np.float32))
        preprocess(read_image(images.path(index)), found[-1])
    return found


def files(
    model: FloatModel, inputs: Sequence[NDArray[np.float32]], judged: Sequence[NDArray[np.float32]]
) -> Iterator[tuple[dict[str, Any], NDArray[np.float32]]]:
    """Each file's name, size and seconds, with its scores."""
    with tempfile.TemporaryDirectory() as folder:
        conversion = model.start_conversion(Path(folder) / "exported")
        for steps in STEPS:
            for ranges in METHODS:
                variant = Variant(INT8, Edges("float32", "float32"), steps, ranges)
                start = perf_counter()
                try:
                    content = conversion.convert(variant, lambda: iter(inputs))
                except NotApplicableError as error:
                    print(f"{variant.name}: {error}")
                    continue
                row = {"name": variant.name, "bytes": len(content), "seconds": round(perf_counter() - start, 1)}
                yield row, scores(content, judged)


def scores(content: bytes, judged: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """What the file gives for each image."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    image, output = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    rows = []
    for pixels in judged:
        interpreter.set_tensor(image, pixels)
        interpreter.invoke()
        rows.append(interpreter.get_tensor(output).reshape(1, -1))
    return np.concatenate(rows)


def measured(
    row: tuple[dict[str, Any], NDArray[np.float32]], reference: NDArray[np.float32], right: Sequence[int]
) -> dict[str, Any]:
    """The row with what the file loses; printed."""
    facts, found = row
    answers = found.argmax(axis=1)
    facts["top_1"] = float((answers == right).mean())
    facts["same"] = float((answers == reference.argmax(axis=1)).mean())
    wanted, given = (reference, found) if sums_to_1(reference) else (softmax(reference), softmax(found))
    facts["distance"] = round(float(np.abs(given - wanted).sum(axis=1).mean() / 2), 4)
    print(
        f"| {facts['name']} | {facts['top_1']:.2%} | {facts['same']:.2%} | {facts['distance']:.4f} "
        f"| {facts['bytes']} | {facts['seconds']} s |",
        flush=True,
    )
    return facts


def sums_to_1(values: NDArray[np.float32]) -> bool:
    """Whether the model ends in a softmax itself."""
    return bool(values.min() >= 0 and np.allclose(values.sum(axis=1), 1, atol=0.01))


def softmax(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of logits."""
    exponentials = np.exp(values - values.max(axis=1, keepdims=True))
    result: NDArray[np.float32] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return result


def share(hits: Any) -> str:
    """As a percentage."""
    return f"{float(np.mean(hits)):.2%}"


if __name__ == "__main__":
    main()
