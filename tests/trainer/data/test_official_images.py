"""The demo's int8 file on the 10,000 official test images of Fashion-MNIST, with nothing but Classifier."""

from pathlib import Path

import numpy as np
import pytest
from needs import fashion_mnist

from edge_runtime import Classifier
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.preprocess import Preprocessor
from trainer.data.formats.idx import read_idx

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def official() -> tuple[np.ndarray, np.ndarray]:
    data = fashion_mnist()
    return read_idx(data / "t10k-images-idx3-ubyte.gz"), read_idx(data / "t10k-labels-idx1-ubyte.gz")


def test_int8_is_within_one_point_of_keras(
    official: tuple[np.ndarray, np.ndarray], sample_run: Path, sample_int8: Path
) -> None:
    import keras

    images, labels = official
    frames = np.repeat(images[..., None], 3, axis=-1)
    names = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"]
    with Classifier(sample_int8, top_k=1) as classifier:
        truth = np.array([classifier.contract.labels.index(names[label]) for label in labels])
        on_device = np.array([classifier.classify(frame).categories[0].index for frame in frames])

    spec = TrainingRecord.load(sample_run).preprocessing
    prepare = Preprocessor(spec, TensorSpec((1, spec.height, spec.width, 3), "float32"))
    inputs = np.empty((len(frames), spec.height, spec.width, 3), np.float32)
    for frame, row in zip(frames, inputs, strict=True):
        prepare(frame, row[None])
    in_keras = keras.models.load_model(sample_run / "model.keras").predict(inputs, batch_size=250, verbose=0).argmax(1)

    top1_device, top1_keras = (on_device == truth).mean(), (in_keras == truth).mean()
    assert len(truth) == 10_000
    assert abs(top1_device - top1_keras) <= 0.01
    assert top1_device >= 0.88
