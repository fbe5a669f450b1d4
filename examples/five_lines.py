"""The Python API.

python examples/five_lines.py model.tflite photo.jpg
"""

import sys

from edge_runtime import Classifier, read_image

with Classifier(sys.argv[1]) as classifier:
    best = classifier.classify(read_image(sys.argv[2])).categories[0]
    print(f"{best.label} {best.score:.2f}")
