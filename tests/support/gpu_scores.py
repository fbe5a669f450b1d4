"""Prints, as JSON, how a backend runs a model and the scores it gives images. A process of its own, for its Vulkan."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from edge_runtime import Classifier, read_image

backend, model, labels, normalization, *images = sys.argv[1:]
with Classifier(model, backend=backend, labels=labels or None, normalization=normalization or None) as classifier:
    scores = [classifier.scores(read_image(Path(image))).tolist() for image in images]
    print(json.dumps({"info": asdict(classifier.backend_info), "scores": scores}))
