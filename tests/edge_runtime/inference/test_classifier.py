import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_model import LABELS, solid_frame, write_tiny_model

import edge_runtime
from edge_runtime import Classifier
from edge_runtime.backends.base import BackendInfo
from edge_runtime.errors import BackendError, ImageError
from edge_runtime.inference.slow_settings import threads_counted, warn_of_slow_setting


@pytest.fixture
def tiny(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    return {
        "model": write_tiny_model(tmp_path / "m.tflite"),
        "labels": tmp_path / "labels.txt",
        "normalization": "0..1",
    }


def test_top_k_and_threshold_choose_what_is_reported(tiny: dict[str, object]) -> None:
    frame = solid_frame((200, 100, 0))
    assert [c.label for c in Classifier(**tiny).classify(frame).categories] == ["red", "green", "blue"]
    assert [c.label for c in Classifier(**tiny, top_k=2).classify(frame).categories] == ["red", "green"]
    assert [c.label for c in Classifier(**tiny, threshold=0.4).classify(frame).categories] == ["red"]
    assert Classifier(**tiny).classify(frame).best.label == "red"
    nothing = Classifier(**tiny, threshold=1.0).classify(frame)
    assert (nothing.categories, nothing.best) == ((), None)


def test_timing_covers_the_three_steps(tiny: dict[str, object]) -> None:
    result = Classifier(**tiny).classify(solid_frame((1, 2, 3)))
    assert set(result.timing_ms) == {"preprocess", "invoke", "postprocess"}
    assert all(value > 0 for value in result.timing_ms.values())


def test_a_closed_classifier_says_so(tiny: dict[str, object]) -> None:
    with Classifier(**tiny) as classifier:
        pass
    classifier.close()
    with pytest.raises(BackendError, match="closed"):
        classifier.classify(solid_frame((1, 2, 3)))


def test_scores_do_not_change_under_the_caller(tiny: dict[str, object]) -> None:
    classifier = Classifier(**tiny)
    red = classifier.scores(solid_frame((255, 0, 0)))
    kept = red.copy()
    classifier.scores(solid_frame((0, 0, 255)))
    assert (red == kept).all()


def test_a_failed_frame_does_not_spoil_the_next(tiny: dict[str, object]) -> None:
    classifier = Classifier(**tiny)
    with pytest.raises(ImageError) as kept:
        classifier.classify(np.zeros((4, 4), np.uint8))
    assert classifier.classify(solid_frame((0, 255, 0))).categories[0].label == "green"
    assert "uint8" in str(kept.value)  # the error, and all it holds, was still there


@pytest.mark.parametrize("wrong", [None, "photo.jpg", [[1, 2, 3]]])
def test_what_is_no_array_is_refused(tiny: dict[str, object], wrong: object) -> None:
    with pytest.raises(ImageError, match="a frame is a numpy array"):
        Classifier(**tiny).classify(wrong)


def test_null_backend_always_finds_the_first_class(tiny: dict[str, object]) -> None:
    result = Classifier(**tiny, backend="null").classify(solid_frame((0, 0, 255)))
    assert (result.categories[0].label, result.categories[0].score) == ("red", 1.0)


def test_threads_below_one_are_refused(tiny: dict[str, object]) -> None:
    with pytest.raises(BackendError, match="threads 0"):
        Classifier(**tiny, threads=0)


def test_public_names() -> None:
    assert sorted(edge_runtime.__all__) == [
        "CallbackSink", "Category", "ClassificationResult", "Classifier", "EdgeDeployError", "EdgeRuntimeError",
        "Frame", "FrameFailure", "FrameResult", "LabelEvent", "decode_image", "open_sink", "open_source", "read_image",
        "run_pipeline", "sample_model", "sample_photos",
    ]  # fmt: skip
    assert all(hasattr(edge_runtime, name) for name in edge_runtime.__all__)


def test_what_makes_a_model_slow_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    large = tmp_path / "large.tflite"
    large.write_bytes(bytes(100_000))
    info = BackendInfo("tflite-runtime", "2.14.0", 1, "none")
    warn_of_slow_setting(large, info, 0)
    assert "XNNPACK took none of it, so tflite-runtime runs it slower than it could; where you can" in caplog.text
    warn_of_slow_setting(large, replace(info, name="litert", threads=4, delegate="xnnpack"), 1)
    assert "litert was asked for 4 threads and uses 2" in caplog.text
    warn_of_slow_setting(large, replace(info, delegate="xnnpack", threads=256), 255)
    assert "256 threads, but this process may use" in caplog.text
    caplog.clear()
    warn_of_slow_setting(large, replace(info, delegate="xnnpack"), None)
    warn_of_slow_setting(large, replace(info, name="null", threads=256), 0)
    assert caplog.text == ""


def test_started_threads_are_counted() -> None:
    end = threading.Event()
    with threads_counted() as started:
        thread = threading.Thread(target=end.wait)
        thread.start()
    end.set()
    thread.join()
    assert started() == 1
