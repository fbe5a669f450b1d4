"""Prints, as JSON, the scores of a model for every image of a folder. Run by the Python of another environment."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from edge_runtime import Classifier, read_image
from edge_runtime.preprocess.resize import load_resizers

model, folder, backend = sys.argv[1:]
root = Path(folder)
with Classifier(model, backend=backend) as classifier:
    scores = {
        path.relative_to(root).as_posix(): classifier.scores(read_image(path)).tolist()
        for path in sorted(root.rglob("*.png"))
    }
    report = {
        "scores": scores,
        "interpreter": f"{classifier.backend_info.name} {classifier.backend_info.version}",
        "resizer": load_resizers()[0],
        "frameworks": [name for name in ("tensorflow", "keras", "cv2") if find_spec(name)],
    }
print(json.dumps(report))
