"""Prints, as JSON, what MediaPipe Tasks finds with each MODEL in every image of the FOLDER after it.

Run by the Python of its environment.
"""

import json
import sys
from pathlib import Path

import numpy as np
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions

from edge_runtime import read_image


def answers(model: str, root: Path) -> dict[str, list[tuple[int, str, float]]]:
    """By the path of the image below ``root``."""
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=model))
    found = {}
    with vision.ImageClassifier.create_from_options(options) as classifier:
        for path in sorted(root.rglob("*.png")):
            image = Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(read_image(path)))
            (head,) = classifier.classify(image).classifications
            found[path.relative_to(root).as_posix()] = [
                (category.index, category.category_name, category.score) for category in head.categories
            ]
    return found


words = sys.argv[1:]
print(json.dumps([answers(model, Path(folder)) for model, folder in zip(words[::2], words[1::2], strict=True)]))
