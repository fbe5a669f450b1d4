"""tuning.json and what Classifier and edge-run make of it."""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_tflite_runtime import write_tflite_runtime
from tiny_model import LABELS, write_tiny_model

from edge_runtime import Classifier
from edge_runtime.contracts.errors import ContractError
from edge_runtime.inference import tuning
from edge_runtime.inference.tuning import TunedSetting, Tuning, tuning_path
from edge_runtime.run.cli import main

SETTING = TunedSetting("tiny.tflite", "litert", 3, 1.25, "2026-11-23T22:00:00+00:00")


@pytest.fixture(autouse=True)
def config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")


@pytest.fixture
def second_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(write_tflite_runtime(tmp_path / "site"))
    yield
    for name in ("tflite_runtime", "tflite_runtime.interpreter"):
        sys.modules.pop(name, None)


def tune(model: Path, backend: str = "litert", threads: int = 3) -> None:
    setting = TunedSetting(model.name, backend, threads, 1.25, "2026-11-23T22:00:00+00:00")
    Tuning({hashlib.sha256(model.read_bytes()).hexdigest(): setting}).write(tuning_path())


UNSAID = ("--color", "rgb", "--resize", "squash")
"""What the model does not say, so that its guess is no line on stderr."""


def labels_beside(model: Path) -> str:
    """A label file, so that nothing but the tuning is worth a warning."""
    labels = model.with_name("labels.txt")
    labels.write_text("\n".join(LABELS))
    return str(labels)


def run(model: Path, *options: str) -> int:
    """edge-run on one frame."""
    return main([str(model), "synthetic:64x48:1", "--labels", labels_beside(model), *UNSAID, *options])


def used(model: Path, **arguments: object) -> tuple[str, int]:
    with Classifier(model, labels=labels_beside(model), **arguments) as classifier:
        return classifier.backend_info.name, classifier.backend_info.threads


def test_the_file_lies_where_the_xdg_specification_says(
    config_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tuning_path() == config_home / "edge-deploy-kit" / "tuning.json"
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in (lambda: monkeypatch.setenv("XDG_CONFIG_HOME", ""), lambda: monkeypatch.delenv("XDG_CONFIG_HOME")):
        unset()
        assert tuning_path() == tmp_path / ".config" / "edge-deploy-kit" / "tuning.json"


def test_a_tuning_survives_the_file(tmp_path: Path) -> None:
    written = Tuning({"ab" * 32: SETTING})
    written.write(tmp_path / "deep" / "tuning.json")
    assert Tuning.load(tmp_path / "deep" / "tuning.json") == written
    assert json.loads((tmp_path / "deep" / "tuning.json").read_text()) == {
        "models": {
            "ab" * 32: {
                "model": "tiny.tflite",
                "backend": "litert",
                "threads": 3,
                "end_to_end_p50_ms": 1.25,
                "created_utc": "2026-11-23T22:00:00+00:00",
            }
        },
        "schema": 1,
    }


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        ({"schema": 99, "models": {}}, "made by a newer edge-deploy-kit"),
        ({"models": {}}, "key 'schema' is missing"),
        ({"schema": 1, "models": {"abc": None}}, "models: abc: expected an object"),
        ({"schema": 1, "models": {}, "surprise": 1}, "unknown key 'surprise'"),
    ],
)
def test_another_content_is_refused(spoilt: object, message: str, tmp_path: Path) -> None:
    file = tmp_path / "tuning.json"
    file.write_text(json.dumps(spoilt))
    with pytest.raises(ContractError, match=message) as caught:
        Tuning.load(file)
    assert str(file) in str(caught.value)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ContractError, match="threads 0"):
        TunedSetting("m", "litert", 0, 1.0, "")
    with pytest.raises(ContractError, match="'abc' is no SHA-256"):
        Tuning({"abc": SETTING})


def test_auto_uses_the_tuning_and_the_user_has_the_last_word(tiny: Path, second_interpreter: None) -> None:
    assert used(tiny) == ("litert", 1)
    tune(tiny, "tflite-runtime", 3)
    assert used(tiny) == ("tflite-runtime", 3)
    assert used(tiny, threads=2) == ("tflite-runtime", 2)
    assert used(tiny, backend="litert") == ("litert", 1)
    assert used(tiny, backend="null", threads=4) == ("null", 4)


def test_another_model_is_not_tuned(
    tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)))  # as many cores as threads: no warning
    tune(tiny)
    other = write_tiny_model(tmp_path / "other.tflite", dtype="uint8", activation="sigmoid")
    moved = write_tiny_model(tmp_path / "moved.tflite", dtype="uint8")
    assert run(other, "--task", "multi-label") == run(moved) == 0
    assert capfd.readouterr().err == ""
    assert used(other) == ("litert", 1)
    assert used(moved) == ("litert", 3)


def test_without_a_tuning_nothing_is_hashed(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    hashed: list[Path] = []
    real = tuning.file_sha256
    monkeypatch.setattr(tuning, "file_sha256", lambda path: (hashed.append(path), real(path))[1])
    assert run(tiny) == 0
    assert hashed == []
    assert capfd.readouterr().err == ""
    tune(tiny)
    assert run(tiny, "--backend", "litert") == 0
    assert hashed == []
    assert run(tiny) == 0
    assert hashed == [tiny]


@pytest.mark.parametrize(("options", "threads"), [([], 3), (["--threads", "2"], 2), (["--backend", "litert"], 1)])
def test_edge_run_uses_the_tuning(
    options: list[str], threads: int, tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tune(tiny)
    assert run(tiny, "--log-level", "debug", *options) == 0
    assert f", threads {threads}, delegate" in capfd.readouterr().err


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\x00", b'{"schema": "x", "models": {}}', b'{"models": {'])
def test_a_damaged_tuning_is_one_warning_and_is_ignored(
    content: bytes, tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tuning_path().parent.mkdir(parents=True)
    tuning_path().write_bytes(content)
    assert run(tiny) == 0
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 1
    (line,) = err.splitlines()
    assert str(tuning_path()) in line
    assert f"ignored; fix or delete it and run: edge-bench tune {tiny}" in line


def test_a_tuning_that_cannot_be_read_is_one_warning(tiny: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tuning_path().mkdir(parents=True)
    assert run(tiny) == 0
    (line,) = capfd.readouterr().err.splitlines()
    assert f"{tuning_path()}: cannot read: Is a directory" in line


def test_no_home_folder_is_one_warning(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert run(tiny) == 0
    (line,) = capfd.readouterr().err.splitlines()
    assert "set XDG_CONFIG_HOME" in line


@pytest.mark.parametrize("backend", ["null", "tpu"])
def test_a_tuned_backend_that_is_not_installed_is_passed_over_aloud(
    backend: str, tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tune(tiny, backend)
    assert run(tiny, "--log-level", "info") == 0
    (line,) = capfd.readouterr().err.splitlines()
    assert f"the backend {backend} that tiny.tflite was tuned to is not installed" in line
    assert used(tiny) == ("litert", 1)
