"""A SavedModel folder as a float model, of TF1 or TF2. Nothing of it runs but the graph from the image to the scores.

``allowed`` refuses what could do more than compute, and ``freeze`` cuts out what the answer needs. The class is in
``float_model``, which imports TensorFlow.
"""

from __future__ import annotations

MODEL_FILE = "saved_model.pb"
"""The file that makes a folder a SavedModel."""
