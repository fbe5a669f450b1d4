"""A SavedModel folder as a float model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import SourceError, first_line
from converter.models.base import FloatModel, Shape, check_image_input, check_scores_output
from converter.quantize import TensorFlowConversion, failures_named
from edge_runtime.console.native import native_output_as_debug

MODEL_FILE = "saved_model.pb"
_REFUSED_OPS = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc", "ReadFile", "WriteFile"})
"""Operators that run code or touch files; no image classifier needs one."""


class SavedModelFloatModel(FloatModel):
    """The serving signature of a SavedModel."""

    def __init__(self, path: Path, loaded: Any, image_size: int | None) -> None:
        """Takes what TensorFlow loaded from ``path``.

        Raises:
            SourceError: it has no serving signature, or is no image classifier.
        """
        import tensorflow as tf

        self.path = path
        self._loaded = loaded  # kept: the signature holds its variables weakly
        self._signature = _serving_signature(path, loaded.signatures)
        inputs = self._signature.structured_input_signature[1]
        if any(spec.dtype != tf.float32 for spec in inputs.values()):
            raise SourceError(f"{path}: its input is not float32; export the model with its float input")
        self.image_shape = check_image_input(path, [_shape(spec) for spec in inputs.values()], image_size)
        self._input_name, spec = next(iter(inputs.items()))
        self._one_at_a_time = spec.shape[0] is not None
        outputs = [(name, _shape(spec)) for name, spec in self._signature.structured_outputs.items()]
        check_scores_output(path, outputs)
        self.output_shape = outputs[0][1]

    @classmethod
    def load(cls, path: Path, image_size: int | None) -> SavedModelFloatModel:
        """See :class:`FloatModel`."""
        import tensorflow as tf

        _refuse_code(path)
        try:
            with native_output_as_debug():
                loaded = tf.saved_model.load(str(path))
        except Exception as error:  # TensorFlow raises nearly anything on damaged folders
            raise SourceError(f"{path}: TensorFlow cannot load it: {first_line(error)}") from error
        return cls(path, loaded, image_size)

    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """See :class:`FloatModel`."""
        import tensorflow as tf

        batches = np.split(pixels, len(pixels)) if self._one_at_a_time else [pixels]
        rows = [self._call(tf.constant(batch)).numpy() for batch in batches]
        return np.concatenate(rows).astype(np.float32)

    def start_conversion(self, folder: Path) -> TensorFlowConversion:
        """See :class:`FloatModel`."""
        import tensorflow as tf

        with failures_named("export the model"):
            module = tf.Module()
            module.model = self._loaded
            call = tf.function(lambda image: {"scores": self._call(image)})
            image = tf.TensorSpec((1, *self.image_shape), tf.float32, name="image")
            tf.saved_model.save(module, str(folder), signatures=call.get_concrete_function(image))
        return TensorFlowConversion(folder)

    def _call(self, images: Any) -> Any:
        """The one output of the signature for a tensor of images."""
        return next(iter(self._signature(**{self._input_name: images}).values()))


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


def _shape(spec: Any) -> Shape:
    return tuple(spec.shape) if spec.shape.rank is not None else ()
