"""Pretrains the bundled backbone: MobileNetV2 alpha 0.35 on the official training part of Fashion-MNIST.

    python tools/pretrain_backbone.py --data-dir /usr/share/datasets/fashion-mnist --out trainer/assets/backbone

The 10,000 official test images are used for one thing only: the figure in the log. The file written holds
the backbone without its classifier, as float16, in the order of Keras's ``get_weights()``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from trainer.data.formats.idx import read_idx

ALPHA = 0.35
CLASSES = 10


def build_model(size: int) -> tuple[keras.Model, keras.Model]:
    """Returns the backbone and the whole classifier around it; the input is float32 RGB in [-1, 1]."""
    backbone = keras.applications.MobileNetV2(
        input_shape=(size, size, 3), alpha=ALPHA, include_top=False, weights=None, pooling="avg"
    )
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.95  # Keras's 0.999 needs far more steps than this run has
    features = keras.layers.Dropout(0.2)(backbone.output)
    logits = keras.layers.Dense(CLASSES)(features)
    return backbone, keras.Model(backbone.input, logits)


def make_dataset(images: np.ndarray, labels: np.ndarray, size: int, batch: int, *, training: bool) -> tf.data.Dataset:
    """Batches of float32 RGB in [-1, 1]; a training batch is shifted by up to two pixels and mirrored at random."""
    height, width = images.shape[1:]

    def prepare(image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.cast(image, tf.float32)
        if training:
            image = tf.image.random_flip_left_right(tf.pad(image, [[0, 0], [2, 2], [2, 2], [0, 0]]))
            image = tf.image.random_crop(image, [tf.shape(image)[0], height, width, 1])
        image = tf.image.resize(image, (size, size), method="bilinear")
        return tf.repeat(image / 127.5 - 1.0, 3, axis=-1), label

    data = tf.data.Dataset.from_tensor_slices((images[..., None], labels))
    if training:
        # The crop is drawn once a batch, so batches are drawn small and joined: shifts then differ within a step.
        data = data.shuffle(len(images), seed=1).batch(8, drop_remainder=True)
        return data.map(prepare, num_parallel_calls=2).unbatch().batch(batch).prefetch(2)
    return data.batch(500).map(prepare).prefetch(2)


def main() -> None:
    """Runs the training and writes weights and log."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder with the four IDX files")
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights and the log")
    parser.add_argument("--image-size", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--batch-size", type=int, default=128)
    options = parser.parse_args()

    keras.utils.set_random_seed(1)
    train_images, train_labels, test_images, test_labels = (
        read_idx(options.data_dir / f"{name}-ubyte.gz")
        for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    )
    backbone, model = build_model(options.image_size)
    steps = len(train_images) // options.batch_size * options.epochs
    schedule = keras.optimizers.schedules.CosineDecay(3e-4, steps, warmup_target=3e-3, warmup_steps=steps // 20)
    model.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    train = make_dataset(train_images, train_labels, options.image_size, options.batch_size, training=True)
    test = make_dataset(test_images, test_labels, options.image_size, options.batch_size, training=False)
    started = time.perf_counter()
    history = model.fit(train, epochs=options.epochs, verbose=2)
    seconds = time.perf_counter() - started

    backbone.set_weights([weight.astype(np.float16).astype(np.float32) for weight in backbone.get_weights()])
    loss, accuracy = model.evaluate(test, verbose=0)
    print(f"test top-1 with the weights as stored: {accuracy:.4f}")

    options.out.mkdir(parents=True, exist_ok=True)
    stem = f"mobilenet_v2_{ALPHA}_{options.image_size}_fashion_mnist"
    weights = {f"{index:03d}": w.astype(np.float16) for index, w in enumerate(backbone.get_weights())}
    np.savez_compressed(options.out / f"{stem}.npz", **weights)
    log: dict[str, Any] = {
        "alpha": ALPHA,
        "image_size": options.image_size,
        "epochs": options.epochs,
        "batch_size": options.batch_size,
        "trained_on": "Fashion-MNIST, official training part, 60,000 images",
        "test_top1_10000_official_images": round(float(accuracy), 4),
        "test_loss": round(float(loss), 4),
        "seconds": round(seconds),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "history": {name: [round(float(v), 4) for v in values] for name, values in history.history.items()},
    }
    (options.out / f"{stem}.json").write_text(json.dumps(log, indent=2) + "\n")


if __name__ == "__main__":
    main()
