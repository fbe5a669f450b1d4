"""Files that a newer version wrote, through the commands: one line says to update, and nothing is written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from history import VERSIONS

from benchmarks.cli.command import main as edge_bench
from converter.cli import main as edge_convert
from converter.tflite.metadata_write import append_files
from edge_runtime import Classifier
from edge_runtime.contracts.errors import NewerFileError
from edge_runtime.contracts.golden import GOLDEN_NAME
from edge_runtime.contracts.manifest import MANIFEST_NAME
from edge_runtime.contracts.training import TRAINING_NAME
from edge_runtime.inference.tuning import tuning_path
from edge_runtime.model.file import flatbuffer_size, read_associated_files
from edge_runtime.run.cli import main as edge_run

UPDATE = "update it: pip install --upgrade edge-deploy-kit"
Change = Callable[[bytes], bytes]


def newer(content: bytes) -> bytes:
    """The same file as a later version may write it."""
    record: dict[str, Any] = json.loads(content)
    return json.dumps({**record, "schema": 99, "more": {"than": ["today"]}}).encode()


BROKEN: dict[str, tuple[Change, str]] = {
    "newer": (newer, UPDATE),
    "cut": (lambda content: content[: len(content) // 2], "not valid JSON"),
    "no schema": (lambda content: content.replace(b'"schema"', b'"scheme"'), "key 'schema' is missing"),
    "a schema that is none": (
        lambda content: json.dumps({**json.loads(content), "schema": True}).encode(),
        "schema: expected a whole number",
    ),
}
each_break = pytest.mark.parametrize(("change", "said"), BROKEN.values(), ids=BROKEN)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert len(line) < 400 + len(str(Path.cwd()))
    return line


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the newest version's files, which is the working directory."""
    folder = shutil.copytree(VERSIONS[-1], tmp_path / "history")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return folder


def change_inside(model: Path, name: str, change: Change) -> None:
    """Changes one associated file of ``model``."""
    files = read_associated_files(model)
    flatbuffer = model.read_bytes()[: flatbuffer_size(model)]
    model.write_bytes(append_files(flatbuffer, {**files, name: change(files[name])}))


def change_file(path: Path, change: Change) -> None:
    path.write_bytes(change(path.read_bytes()))


@each_break
def test_a_manifest_is_one_line_in_every_command(
    change: Change, said: str, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = history / "single-int8.tflite"
    change_inside(model, MANIFEST_NAME, change)
    for arguments in ([], ["--check"], ["--verify"]):
        assert edge_run([model.name, "data/colors", *arguments]) == 1
        line = one_line(capsys)
        assert line.startswith(f"edge-run: {model.name}: {MANIFEST_NAME}")
        assert said in line
    assert edge_bench(["run", model.name, "--rounds", "1", "--out", "result.json"]) == 1
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAILED")]
    assert said in row
    assert edge_convert(["inspect", model.name]) == 0
    (note,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note")]
    assert said in note
    with pytest.raises(ValueError, match=said):
        Classifier(model)


def test_a_newer_manifest_is_an_error_of_its_own_in_python(history: Path) -> None:
    change_inside(history / "single-int8.tflite", MANIFEST_NAME, newer)
    with pytest.raises(NewerFileError, match=r"newer edge-deploy-kit \(0\.1\.0, schema 99; this version, "):
        Classifier(history / "single-int8.tflite")


@each_break
def test_golden_images_are_one_line(
    change: Change, said: str, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_inside(history / "single-int8.tflite", GOLDEN_NAME, change)
    assert edge_run(["single-int8.tflite", "--self-test"]) == 1
    line = one_line(capsys)
    assert f"single-int8.tflite: {GOLDEN_NAME}" in line
    assert said in line
    assert edge_run(["single-int8.tflite", "data/colors/red/0.png"]) == 0


@each_break
def test_a_training_record_is_one_line(
    change: Change, said: str, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_file(history / "single" / TRAINING_NAME, change)
    assert edge_convert(["single", "--out", "out/m.tflite"]) == 1
    line = one_line(capsys)
    assert line.startswith(f"edge-convert: single/{TRAINING_NAME}")
    assert said in line
    assert not (history / "out").exists()


@each_break
def test_a_result_is_one_line(change: Change, said: str, history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_file(history / "after.json", change)
    assert edge_bench(["compare", "before.json", "after.json", "--html", "page.html"]) == 1
    line = one_line(capsys)
    assert line.startswith("edge-bench: after.json")
    assert said in line
    assert not (history / "page.html").exists()


@each_break
def test_a_tuning_is_ignored_with_one_warning_and_never_written_over(
    change: Change, said: str, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tuning_path().parent.mkdir(parents=True)
    tuning_path().write_bytes(change((history / "tuning.json").read_bytes()))
    before = tuning_path().read_bytes()
    assert edge_run(["single-int8.tflite", "data/colors/red/0.png"]) == 0
    (warning,) = capsys.readouterr().err.splitlines()
    assert edge_bench(["tune", "single-int8.tflite"]) == 1
    error = one_line(capsys)
    for line in (warning, error):
        assert str(tuning_path()) in line
        assert said in line
        assert ("fix or delete" in line) == (said != UPDATE)
    assert "tuning is ignored" in warning
    assert tuning_path().read_bytes() == before
