"""Writes files as Keras 2 wrote them, with what Keras 2 answers: python keras_2_files.py FOLDER

Run it in a process of its own: Keras 2 and Keras 3 do not go together in one.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 32
ANSWERS = "answers.npz"
TWO_OUTPUTS = "two_outputs.h5"


def images(count: int = 3, side: int = SIDE) -> Any:
    """What the answers are for."""
    return np.random.default_rng(0).uniform(-1, 1, (count, side, side, 3)).astype(np.float32)


def write_files(folder: Path) -> None:
    """Writes every kind of file, and the answers."""
    import tf_keras as keras

    keras.utils.set_random_seed(1)
    answers = {}
    for name, model in models().items():
        model.save(folder / name)
        answers[name] = model(images(side=model.input_shape[1]), training=False).numpy()
    answers[TWO_OUTPUTS] = _write_two_outputs(folder / TWO_OUTPUTS)
    np.savez(folder / ANSWERS, **answers)


def _write_two_outputs(path: Path) -> Any:
    """Writes a model of two rows of scores, called "label" and "style"; returns the answers of the latter."""
    import tf_keras as keras

    image = keras.Input((SIDE, SIDE, 3))
    features = keras.layers.GlobalAveragePooling2D()(image / 127.5)
    outputs = [keras.layers.Dense(count, name=name)(features) for name, count in (("label", 3), ("style", 2))]
    model = keras.Model(image, outputs)
    model.save(path)
    return model(images())[1].numpy()


def models() -> dict[str, Any]:
    """By the name of the file: models of which Keras 3 loads hardly one."""
    import tensorflow as tf
    import tf_keras as keras

    layers = keras.layers
    image = keras.Input((SIDE, SIDE, 3))
    base = keras.Model(image, layers.Conv2D(4, 3)(image), name="base")

    def whole(first: Any) -> Any:
        image = keras.Input((SIDE, SIDE, 3))
        return keras.Model(image, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(first(image))))

    def flat(first: Any) -> Any:
        return whole(lambda image: layers.Conv2D(4, 3)(first(image)))

    sequential = keras.Sequential(
        [layers.Conv2D(4, 3, input_shape=(SIDE, SIDE, 3)), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    features = keras.Sequential([layers.Conv2D(4, 3, input_shape=(SIDE, SIDE, 3)), layers.GlobalAveragePooling2D()])
    augmentation = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomZoom(0.1)])
    found = {
        "plain.h5": flat(lambda image: image),
        "sequential.h5": sequential,
        "sequential_of_sequentials.h5": keras.Sequential([features, _head(4)]),
        "nested_base.h5": whole(base),
        "operators.h5": flat(lambda image: image / 127.5 - 1),
        "more_operators.h5": flat(
            lambda image: tf.concat([tf.nn.relu(image[:, ::2, ::2]), tf.image.resize(image, (16, 16))], axis=-1)
        ),
        "random_flip.h5": flat(layers.RandomFlip("horizontal")),
        "augmentation.h5": flat(augmentation),
        "separable.h5": flat(layers.SeparableConv2D(4, 3)),
        "slash_in_name.h5": flat(layers.BatchNormalization(name="Conv/BatchNorm")),
        "teachable_machine.h5": _teachable_machine(),
    }
    folders = {f"{name}_folder": found[f"{name}.h5"] for name in ("operators", "augmentation", "teachable_machine")}
    return (
        found
        | folders
        | {f"{name}.keras": found[f"{name}.h5"] for name in ("operators", "nested_base", "augmentation")}
    )


def _head(features: int) -> Any:
    from tf_keras import Sequential, layers

    hidden = layers.Dense(8, activation="relu", input_shape=(features,))
    return Sequential([hidden, layers.Dense(3, activation="softmax", use_bias=False)])


def _teachable_machine() -> Any:
    """As Teachable Machine exports it: a Sequential of a Sequential around MobileNetV2, and of a Sequential head."""
    import tf_keras as keras

    network = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, include_top=False, weights=None)
    features = keras.Sequential([network, keras.layers.GlobalAveragePooling2D()])
    return keras.Sequential([features, _head(1280)])


if __name__ == "__main__":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    write_files(Path(sys.argv[1]))
