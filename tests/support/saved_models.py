"""Writes SavedModels as TF1 and TF2 people publish them; each tells the three colours of ``small_run`` apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from small_run import SIDE

GAIN = 8.0
OPEN = (None, SIDE, SIDE, 3)


def scores_of(means: Any, weight: Any) -> Any:
    """Probabilities of the mean of each channel, in -1..1."""
    import tensorflow as tf

    return tf.nn.softmax(tf.matmul(means, weight * tf.eye(3)))


def write_tf2(
    path: Path,
    calls: Mapping[str, Callable[[Any, Any], dict[str, Any]]],
    shape: tuple[int | None, ...] = OPEN,
    dtype: str = "float32",
) -> Path:
    """A module of plain TensorFlow with one variable; each call, of images and the variable, is a signature."""
    import tensorflow as tf

    module = tf.Module()
    module.weight = tf.Variable(GAIN)

    def signature(call: Callable[[Any, Any], dict[str, Any]]) -> Any:
        function = tf.function(lambda images: call(images, module.weight))
        return function.get_concrete_function(tf.TensorSpec(shape, dtype, name="images"))

    tf.saved_model.save(module, str(path), signatures={name: signature(call) for name, call in calls.items()})
    return path


def plain(images: Any, weight: Any) -> dict[str, Any]:
    """One signature's answer."""
    import tensorflow as tf

    return {"scores": scores_of(tf.reduce_mean(tf.cast(images, tf.float32), (1, 2)), weight)}


def of_bytes(images: Any, weight: Any) -> dict[str, Any]:
    """Normalises by itself."""
    import tensorflow as tf

    return plain(tf.cast(images, tf.float32) / 127.5 - 1, weight)


def resized_bytes(images: Any, weight: Any) -> dict[str, Any]:
    """Resizes and normalises by itself."""
    import tensorflow as tf

    return plain(2 * tf.image.convert_image_dtype(tf.image.resize(images, (8, 8)) / 255, tf.float32) - 1, weight)


def channels_first(images: Any, weight: Any) -> dict[str, Any]:
    """Takes (batch, channels, height, width)."""
    import tensorflow as tf

    return {"scores": scores_of(tf.reduce_mean(images, (2, 3)), weight)}


def looped(images: Any, weight: Any) -> dict[str, Any]:
    """Has a loop and a branch, which read the variable."""
    import tensorflow as tf

    _, total = tf.while_loop(lambda n, _: n < 4, lambda n, x: (n + 1, x + weight / 4), (0, 0.0))
    return plain(images, tf.cond(total > 0, lambda: total * weight / GAIN, lambda: -weight))


def fixed_reshape(images: Any, weight: Any) -> dict[str, Any]:
    """Has its batch of 4 in a reshape."""
    import tensorflow as tf

    return plain(tf.reshape(images, (4, SIDE, SIDE, 3)), weight)


def averaged_over_the_batch(images: Any, weight: Any) -> dict[str, Any]:
    """Answers for an image by what else is in the batch."""
    import tensorflow as tf

    return plain(images - 0.5 * tf.reduce_mean(images, 0, keepdims=True), weight)


def write_tf1(path: Path, *, resource: bool, parts: int = 1, shape: tuple[int | None, ...] = OPEN) -> Path:
    """A SavedModel of TF1; a signature beside it parses examples, and its labels are in a table."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session, v1.variable_scope("net", use_resource=resource):
        images = v1.placeholder(tf.float32, shape, "images")
        partitioner = v1.fixed_size_partitioner(parts) if parts > 1 else None
        kernel = v1.get_variable("kernel", (3, 3), initializer=v1.zeros_initializer(), partitioner=partitioner)
        training = v1.placeholder_with_default(False, (), "keras_learning_phase")
        means = tf.reduce_mean(images, (1, 2))
        hidden = v1.cond(training, lambda: tf.nn.dropout(means, 0.5), lambda: tf.identity(means))
        scores = tf.nn.softmax(tf.matmul(hidden, tf.convert_to_tensor(kernel)), name="scores")
        table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.range(3, dtype=tf.int64), tf.constant(["r", "g", "b"])), "?"
        )
        predict = v1.saved_model.predict_signature_def({"images": images}, {"probabilities": scores})
        classify = v1.saved_model.predict_signature_def(
            {"images": images}, {"classes": table.lookup(tf.argmax(scores, 1)), "probabilities": scores}
        )
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        session.run(kernel.assign(GAIN * tf.eye(3)))
        builder = v1.saved_model.Builder(str(path))
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"predict": predict, "classify": classify}, main_op=v1.tables_initializer()
        )
        builder.save()
    return path
