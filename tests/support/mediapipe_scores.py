"""Prints, as JSON, what MediaPipe Tasks finds in every image of a folder. Run by the Python of its environment."""

import json
import sys
from pathlib import Path

import numpy as np
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions

from edge_runtime import read_image

model, folder = sys.argv[1:]
root = Path(folder)
options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=model))
found = {}
with vision.ImageClassifier.create_from_options(options) as classifier:
    for path in sorted(root.rglob("*.png")):
        image = Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(read_image(path)))
        (head,) = classifier.classify(image).classifications
        found[path.relative_to(root).as_posix()] = [
            (category.index, category.category_name, category.score) for category in head.categories
        ]
print(json.dumps(found))
