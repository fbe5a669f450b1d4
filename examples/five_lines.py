"""The Python API.

python examples/five_lines.py model.tflite photo.jpg
"""

import sys

from edge_runtime import Classifier, read_image

with Classifier(sys.argv[1]) as classifier:
    best = classifier.classify(read_image(sys.argv[2])).best
    print(f"{best.label} {best.score:.2f}" if best else "no class reaches its threshold")
