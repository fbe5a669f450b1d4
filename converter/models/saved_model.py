"""A SavedModel folder as a float model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import SourceError, first_line
from converter.models.base import check_image_input, check_scores_output
from edge_runtime.console.native import native_output_as_debug

MODEL_FILE = "saved_model.pb"
_REFUSED_OPS = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc", "ReadFile", "WriteFile"})
"""Operators that run code or touch files; no image classifier needs one."""


class SavedModelFloatModel:
    """The serving signature of a SavedModel.

    Attributes:
        path: the folder.
        image_shape: (height, width, channels).
        signature: the ``ConcreteFunction``; it takes its one input by the name ``input_name``.
    """

    def __init__(self, path: Path, image_size: int | None = None) -> None:
        """Loads the folder.

        Raises:
            SourceError: it is damaged, runs code, has no serving signature, or is no image classifier.
        """
        import tensorflow as tf

        self.path = path
        _refuse_code(path)
        try:
            with native_output_as_debug():
                self._loaded = tf.saved_model.load(str(path))  # kept: the signature holds its variables weakly
        except Exception as error:  # TensorFlow raises nearly anything on damaged folders
            raise SourceError(f"{path}: TensorFlow cannot load it: {first_line(error)}") from error
        self.signature = _serving_signature(path, self._loaded.signatures)
        inputs = self.signature.structured_input_signature[1]
        if any(spec.dtype != tf.float32 for spec in inputs.values()):
            raise SourceError(f"{path}: its input is not float32; export the model with its float input")
        self.image_shape = check_image_input(path, [_shape(spec) for spec in inputs.values()], image_size)
        self.input_name, spec = next(iter(inputs.items()))
        self._one_at_a_time = spec.shape[0] is not None
        check_scores_output(path, [(name, _shape(spec)) for name, spec in self.signature.structured_outputs.items()])

    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Its outputs as they are, (images, outputs)."""
        import tensorflow as tf

        batches = np.split(pixels, len(pixels)) if self._one_at_a_time else [pixels]
        rows = [self.call(tf.constant(batch)).numpy() for batch in batches]
        return np.concatenate(rows).astype(np.float32)

    def call(self, images: Any) -> Any:
        """The one output of the signature for a tensor of images."""
        return next(iter(self.signature(**{self.input_name: images}).values()))


def _serving_signature(path: Path, signatures: Any) -> Any:
    import tensorflow as tf

    names = list(signatures)
    name = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    if name not in names and len(names) != 1:
        raise SourceError(f"{path}: it has no signature {name!r}; it has: {', '.join(names) or 'none'}")
    return signatures[name if name in names else names[0]]


def _refuse_code(path: Path) -> None:
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    model = SavedModel()
    try:
        model.ParseFromString((path / MODEL_FILE).read_bytes())
    except Exception as error:  # the parser's own error is in a package without types
        raise SourceError(f"{path / MODEL_FILE}: damaged or truncated: no SavedModel; export it again") from error
    for meta in model.meta_graphs:
        functions = [node for function in meta.graph_def.library.function for node in function.node_def]
        for node in (*meta.graph_def.node, *functions):
            if node.op in _REFUSED_OPS:
                raise SourceError(f"{path}: its operator {node.name} ({node.op}) runs code or touches files: refused")


def _shape(spec: Any) -> tuple[int | None, ...]:
    return tuple(spec.shape) if spec.shape.rank is not None else ()
