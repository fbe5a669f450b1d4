"""Files of Keras 2 that Keras 3 cannot load: tf_keras loads them in a child process, and hands over a SavedModel.

``config_file`` reads what the file says, ``allowed`` refuses what could run code, ``load`` starts the child.
"""

from __future__ import annotations

from converter.models.keras_2.load import load_by_keras_2

__all__ = ["load_by_keras_2"]
