"""What the options do, on small folders and on photos."""

import zipfile
from html import escape as html_of
from pathlib import Path

import numpy as np
import pytest
from image_folders import write_image_folder
from shared import SHARED_DATA, needs_shared_data

from edge_runtime.contracts.training import TrainingRecord
from trainer import TrainConfig, train
from trainer.cli import main
from trainer.features.store import features_folder

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).parents[3]
FAST = ["--weights", "bundled", "--epochs", "2", "--no-feature-cache"]
MOBILENET_V2 = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
ODD_NAME = "<b>$x^$ 猫 and a name too long for a title"
PART_SIZES = {"train": 9, "val": 3, "test": 2}


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From ready-made parts, letterboxed, over a folder that holds an earlier record and a file of somebody else's."""
    folder = tmp_path_factory.mktemp("small")
    for seed, (part, count) in enumerate(PART_SIZES.items()):
        write_image_folder(folder / "data" / part, {ODD_NAME: count, "green": count}, first_seed=100 * seed)
    run = folder / "run"
    (run / "plots").mkdir(parents=True)
    (run / "training.json").write_text("of an earlier run")
    (run / "plots" / "augmentation.png").write_text("of an earlier run")
    (run / "notes.txt").write_text("mine")
    kept_before = set(features_folder().glob("*"))
    assert main([str(folder / "data"), "--out", str(run), *FAST, "--resize", "letterbox", "--tensorboard"]) == 0
    assert set(features_folder().glob("*")) == kept_before
    return run


def test_ready_made_parts_are_used_as_they_are(small_run: Path) -> None:
    record = TrainingRecord.load(small_run)
    for part, count in PART_SIZES.items():
        assert len(record.part(part)) == 2 * count
        assert all(name.startswith(f"{part}/") for name in record.part(part).names)


def test_the_resize_mode_travels_in_the_record(small_run: Path) -> None:
    assert TrainingRecord.load(small_run).preprocessing.resize == "letterbox"


def test_a_class_name_is_text_in_the_report(small_run: Path) -> None:
    html = (small_run / "report.html").read_text("utf-8")
    assert html_of(ODD_NAME) in html
    assert ODD_NAME not in html


def test_only_the_files_of_the_earlier_run_are_replaced(small_run: Path) -> None:
    assert (small_run / "notes.txt").read_text() == "mine"
    assert zipfile.ZipFile(small_run / "model.keras").testzip() is None
    assert not (small_run / "plots" / "augmentation.png").exists()
    assert not list(small_run.rglob(".*"))


@pytest.fixture(scope="module")
def fine_tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fine-tuned from the bundled backbone after so short a head training that it must help."""
    folder = tmp_path_factory.mktemp("fine_tuning")
    data = write_image_folder(folder / "data", {"red": 10, "green": 10, "blue": 10})
    config = TrainConfig(str(data), weights="bundled", epochs=1, fine_tune_epochs=2, fine_tune_layers=12)
    train(config, folder / "run")
    return folder / "run"


@pytest.mark.slow  # test_phases.py does it with a smaller network
def test_fine_tuning_changes_the_top_layers_only_and_no_batch_norm(fine_tuned: Path) -> None:
    import keras

    from trainer.networks.weights import build_backbone

    sample = TrainConfig("sample")
    before = build_backbone(sample.network, sample.shape, sample.weights).layers
    *after, _, _ = keras.models.load_model(fine_tuned / "model.keras").layers
    changed = [
        old.name
        for old, new in zip(before, after, strict=True)
        if not all(map(np.array_equal, old.get_weights(), new.get_weights()))
    ]
    top = [layer for layer in before[-12:] if layer.get_weights()]
    expected = [layer.name for layer in top if not isinstance(layer, keras.layers.BatchNormalization)]
    assert len(top) > len(expected) > 1
    assert changed == expected


@pytest.mark.slow  # the example of the documentation fine-tunes, too
def test_fine_tuning_is_on_record_as_a_phase_of_its_own(fine_tuned: Path) -> None:
    record = TrainingRecord.load(fine_tuned)
    assert [len(record.history[phase]["val_loss"]) for phase in ("head", "fine-tuning")] == [1, 2]
    assert min(record.history["fine-tuning"]["val_loss"]) < record.history["head"]["val_loss"][-1]
    assert record.seconds["fine-tuning"] > 0


@pytest.mark.slow  # test_weights_faults.py looks where Keras keeps them
@needs_shared_data
def test_photos_are_learnt_from_imagenet_weights_where_keras_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "keras"
    (home / "models").mkdir(parents=True)
    (home / "models" / MOBILENET_V2).symlink_to(SHARED_DATA / "keras_weights" / MOBILENET_V2)
    monkeypatch.setenv("KERAS_HOME", str(home))
    data = tmp_path / "data"
    for name in ("cardboard", "metal"):
        (data / name).mkdir(parents=True)
        for photo in sorted((SHARED_DATA / "trashnet" / name).iterdir())[:30]:
            (data / name / photo.name).symlink_to(photo)
    assert main([str(data), "--out", str(tmp_path / "run"), "--split", "60/10/30"]) == 0
    record = TrainingRecord.load(tmp_path / "run")
    assert record.config["image_size"] == 224
    assert record.metrics["accuracy"] >= 0.85


def test_tensorboard_gets_the_history_by_epoch(small_run: Path) -> None:
    from tensorflow import make_ndarray
    from tensorflow.compat.v1.train import summary_iterator

    record = TrainingRecord.load(small_run)
    for part, prefix in (("train", ""), ("val", "val_")):
        (events,) = (small_run / "tensorboard" / part).iterdir()
        found = {
            (value.tag, event.step): float(make_ndarray(value.tensor))
            for event in summary_iterator(str(events))
            for value in event.summary.value
        }
        for phase, figures in record.history.items():
            for name in ("loss", "accuracy"):
                shown = [found[f"{phase}/{name}", epoch] for epoch in range(1, len(figures[name]) + 1)]
                assert shown == pytest.approx(figures[prefix + name], rel=1e-6)
    assert list((small_run / "tensorboard" / "report").iterdir())


@pytest.mark.slow  # trains twice
def test_images_that_do_not_fit_in_memory_are_read_anew_and_train_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data = write_image_folder(tmp_path / "data", {"red": 20, "green": 20})
    config = TrainConfig(str(data), backbone="lenet", epochs=2, batch_size=8)
    held = train(config, tmp_path / "held")
    assert "read anew" not in caplog.text
    monkeypatch.setattr("trainer.data.pixels.source.MEMORY_BYTES", 100)
    streamed = train(config, tmp_path / "streamed")
    assert "read anew each epoch" in caplog.text
    assert streamed.history == held.history
    assert streamed.metrics == held.metrics


@pytest.mark.slow  # a whole training with every option
def test_the_example_of_the_documentation_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    section = (ROOT / "docs" / "training.md").read_text("utf-8").split("## From Python")[1].split("\n## ")[0]
    program = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))
    write_image_folder(tmp_path / "photos", {"red": 10, "green": 10})
    monkeypatch.chdir(tmp_path)
    exec(program, {"__name__": "__main__"})
    record = TrainingRecord.load(tmp_path / "run")
    assert capsys.readouterr().out.startswith(f"{record.metrics['accuracy']} PreprocessSpec(")
    assert len(record.history["fine-tuning"]["val_loss"]) == 3


@pytest.mark.slow  # the networks without published weights are trained whole in test_backbones.py
def test_a_backbone_without_weights_is_trained_whole(tmp_path: Path) -> None:
    import keras

    data = write_image_folder(tmp_path / "data", {"red": 12, "green": 12})
    config = TrainConfig(str(data), backbone="mobilenet", weights="none", image_size=32, epochs=1, batch_size=8)
    record = train(config, tmp_path / "run")
    assert list(record.history) == ["training"]
    model = keras.models.load_model(tmp_path / "run" / "model.keras", compile=False)
    assert np.any(model.get_layer("conv1_bn").moving_mean.numpy()), "BatchNorm learnt too"
