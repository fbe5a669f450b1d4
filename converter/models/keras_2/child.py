"""Builds a model of Keras 2 from its configuration and weights, and exports it: a process of its own.

    python child.py CONFIG.json WEIGHTS.h5 FOLDER

Keras 2 and Keras 3 do not go together in one process. What may be in CONFIG.json was checked before.
"""

import json
import sys
from pathlib import Path
from typing import Any


def build(config: dict[str, Any], weights: str) -> Any:
    """The model, for inference."""
    import tf_keras

    if "registered_name" in config or "module" in config:
        model = tf_keras.saving.deserialize_keras_object(config, safe_mode=True)
    else:
        model = tf_keras.models.model_from_json(json.dumps(config))
    model.load_weights(weights)
    return model


def export(model: Any, folder: str) -> None:
    """Writes it as a SavedModel, with one signature."""
    import tensorflow as tf

    def call(*images: Any) -> Any:
        outputs = tf.nest.flatten(model(images if len(images) > 1 else images[0], training=False))
        return dict(zip(model.output_names, outputs, strict=True))

    specs = [tf.TensorSpec(image.shape, image.dtype, name=f"image_{n}") for n, image in enumerate(model.inputs)]
    module = tf.Module()
    module.variables_of_the_model = model.variables
    tf.saved_model.save(module, folder, signatures=tf.function(call).get_concrete_function(*specs))


def main() -> None:
    """Reads the arguments; the last line on stderr says what went wrong."""
    config, weights, folder = sys.argv[1:]
    model = build(json.loads(Path(config).read_text("utf-8")), weights)
    if not model.inputs:
        sys.exit("it does not know the shape of its input; call it once on an image, and save it")
    export(model, folder)


if __name__ == "__main__":
    main()
