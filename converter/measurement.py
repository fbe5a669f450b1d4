"""Measures converted models against the Keras model they came from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converter.comparison import Labels, class_drops, predicted_classes
from converter.evaluation import evaluate
from converter.gate import judge
from converter.latency import measure_latencies
from converter.package import Package
from converter.results import Candidate, Latency
from converter.source import KerasModel
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.model_contract import ModelContract
from edge_runtime.preprocess import read_image


def measure(
    packages: Sequence[Package],
    images: LabelledImages,
    contract: ModelContract,
    model: KerasModel,
    max_drop_pp: float,
) -> list[Candidate]:
    """Accuracy, size and latency of each package, and the gate's verdict.

    Raises:
        DataError: the Keras model's scores are no numbers.
        ImageError: an image cannot be decoded.
        BackendError: the interpreter does not take a file.
    """
    paths = [package.path for package in packages]
    evaluation = evaluate(images, contract, model, paths)
    latencies = measure_latencies(paths, read_image(images.path(0)))
    return [
        _describe(package, evaluation.truth, evaluation.keras, scores, latency, max_drop_pp)
        for package, scores, latency in zip(packages, evaluation.files, latencies, strict=True)
    ]


def _describe(
    package: Package,
    truth: Labels,
    keras: NDArray[np.float32],
    scores: NDArray[np.float32],
    latency: Latency,
    max_drop_pp: float,
) -> Candidate:
    gate = judge(truth, keras, scores, max_drop_pp)
    reference, candidate = predicted_classes(keras), predicted_classes(scores)
    manifest = package.manifest
    return Candidate(
        recipe=package.recipe,
        input_type=manifest.input.dtype,
        output_type=manifest.output.dtype,
        size_bytes=len(package.to_bytes(gate)),
        weights_sha256=manifest.weights_sha256,
        top1=gate.candidate,
        same_top1=float((reference == candidate).mean()),
        gate=gate,
        per_class=class_drops(manifest.labels, truth, reference, candidate),
        latency_ms=latency,
    )
