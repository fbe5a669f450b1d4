"""The contestants: each loads a model and returns a call that classifies one fixed frame; and its version.

Each runs in an environment of its own, so everything is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

Call = Callable[[], int]
"""Classifies the frame; returns the index of its best class."""


def ours(model: Path, labels: Path, frame: Path, threads: int) -> tuple[Call, str]:
    """``Classifier.classify`` of a frame in memory."""
    from edge_runtime import Classifier, read_image
    from edge_runtime.console.command import tool_version

    classifier = Classifier(model, backend="litert", threads=threads, labels=labels)
    pixels = read_image(frame)
    return lambda: classifier.classify(pixels).categories[0].index, tool_version()


def ours_from_file(model: Path, labels: Path, frame: Path, threads: int) -> tuple[Call, str]:
    """The same, the frame read from its file each time."""
    from edge_runtime import Classifier, read_image
    from edge_runtime.console.command import tool_version

    classifier = Classifier(model, backend="litert", threads=threads, labels=labels)
    return lambda: classifier.classify(read_image(frame)).categories[0].index, tool_version()


def bare_loop(model: Path, labels: Path, frame: Path, threads: int) -> tuple[Call, str]:
    """The bare interpreter loop of ``benchmarks.studies.bare_loop``: the limit; it knows one thread only."""
    from benchmarks.studies.bare_loop import make_bare_loop
    from edge_runtime import Classifier, read_image

    if threads != 1:
        raise ValueError("the bare loop knows one thread only")
    with Classifier(model, backend="litert", labels=labels) as classifier:
        spec = classifier.contract.preprocessing
    return make_bare_loop(model, spec, read_image(frame)), f"ai-edge-litert {version('ai-edge-litert')}"


def mediapipe_tasks(model: Path, labels: Path, frame: Path, threads: int) -> tuple[Call, str]:
    """MediaPipe Tasks' ImageClassifier of a frame in memory; it has no option for threads."""
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    from edge_runtime import read_image

    del labels, threads
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(model)), max_results=5)
    classifier = vision.ImageClassifier.create_from_options(options)
    pixels = np.ascontiguousarray(read_image(frame))

    def call() -> int:
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=pixels)
        return int(classifier.classify(image).classifications[0].categories[0].index)

    return call, version("mediapipe")


def teachable_machine_lite(model: Path, labels: Path, frame: Path, threads: int) -> tuple[Call, str]:
    """teachable-machine-lite's ``classify_image``, which takes a file; it has no option for threads."""
    from teachable_machine_lite import TeachableMachineLite

    del threads
    classifier = TeachableMachineLite(model_path=str(model), labels_file_path=str(labels))
    return lambda: int(classifier.classify_image(str(frame))["id"]), version("teachable-machine-lite")


CONTESTANTS = {
    "ours": ours,
    "bare loop": bare_loop,
    "MediaPipe Tasks": mediapipe_tasks,
    "ours, from a file": ours_from_file,
    "teachable-machine-lite": teachable_machine_lite,
}
ENVIRONMENTS = {"MediaPipe Tasks": "mediapipe", "teachable-machine-lite": "teachable-machine"}
"""Contestant to the environment of tools/make_env.py that it needs; the others run in ours."""

BASES = {"teachable-machine-lite": "ours, from a file"}
"""Contestant to what it is compared with, where that is not "ours"."""
