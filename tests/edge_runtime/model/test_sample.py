"""The model and the pictures that come with the package: ``edge-run sample`` right after installation."""

import json
import re
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import pytest
from tiny_model import write_packed_model

from benchmarks.cli.command import main as edge_bench
from converter.cli import main as edge_convert
from edge_runtime import Classifier, open_source, read_image, sample_model, sample_photos
from edge_runtime.contracts.dataset import read_image_folder
from edge_runtime.model.file import read_model_file
from edge_runtime.run.cli import main as edge_run

SAMPLE = Path(str(resources.files("trainer") / "assets" / "sample"))
ASSETS = Path(str(resources.files("edge_runtime") / "assets"))
PHOTOS = ["ankle-boot", "bag", "trouser"]
MAX_WHEEL_SHARE = 250_000


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_installed_command_classifies_three_pictures_and_says_what_it_took(elsewhere: Path) -> None:
    command = [str(Path(sys.executable).with_name("edge-run")), "sample"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["source"] for line in lines] == [f"sample/{name}.png" for name in PHOTOS]
    assert [line["categories"][0]["label"] for line in lines] == PHOTOS
    assert done.stderr == (
        "edge-run: no SOURCE: classifying the three photos that come with the model sample; "
        "--sink console prints short lines\n"
    )


def test_it_is_readable_for_people(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge_run(["sample", "--top-k", "1", "--sink", "console"]) == 0
    for name, line in zip(PHOTOS, capsys.readouterr().out.splitlines(), strict=True):
        assert re.fullmatch(rf" +\d  sample/{name}\.png  {name} [01]\.\d+  \d+\.\d ms", line)


def test_its_golden_images_prove_this_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert edge_run(["sample", "--self-test"]) == 0
    *images, verdict = capsys.readouterr().out.splitlines()
    assert [image.split()[:2] for image in images] == [
        ["ok", "edge_golden_0.png"], ["ok", "edge_golden_1.png"], ["ok", "test-pattern"],
    ]  # fmt: skip
    assert verdict.startswith("self-test passed")


def test_either_name_goes_with_something_else(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge_run(["sample", "synthetic:64x48:2", "--top-k", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert edge_run([str(write_packed_model(elsewhere / "m.tflite")), "sample"]) == 0
    assert sources(capsys)[0] == "sample/ankle-boot.png"
    (elsewhere / "run.toml").write_text('model = "sample"\nsource = "sample"\n')
    assert edge_run(["--config", "run.toml"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_folder_of_that_name_is_not_passed_over_in_silence(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "sample").mkdir()
    (elsewhere / "sample" / "mine.png").write_bytes((sample_photos() / "bag.png").read_bytes())
    assert edge_run(["sample", "sample"]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    assert said.err.splitlines() == [
        f"edge-run: sample means the bundled {kind} here; for the file or folder of that name write ./sample"
        for kind in ("model", "photos")
    ]
    assert edge_run([str(sample_model()), "./sample"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["source"] == "sample/mine.png"
    assert said.err == ""


def test_other_commands_know_it(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0})  # one number of threads is enough
    quick = ["--min-seconds", "0.1", "--min-count", "20", "--rounds", "1"]
    assert edge_bench(["run", "sample", "--out", "result.json", *quick]) == 0
    assert "sample.tflite" in capsys.readouterr().out
    assert edge_bench(["tune", "sample", *quick]) == 0
    assert "sample.tflite: " in capsys.readouterr().out
    assert edge_convert(["inspect", "sample"]) == 0
    assert "ankle-boot" in capsys.readouterr().out


def test_python_finds_both() -> None:
    with Classifier(sample_model(), top_k=1) as classifier:
        found = [classifier.classify(frame.pixels).best for frame in open_source("sample")]
    assert [best.label for best in found] == PHOTOS
    assert sorted(path.stem for path in sample_photos().iterdir()) == PHOTOS


def test_without_an_interpreter_one_line_says_what_to_install(elsewhere: Path) -> None:
    code = """
import sys
sys.modules.update(ai_edge_litert=None, tflite_runtime=None)  # as if they were not installed
from edge_runtime.run.cli import main
sys.exit(main(["sample"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=elsewhere)
    assert done.returncode == 1
    assert re.fullmatch(r"edge-run: no interpreter is installed; run: pip install '[\w-]+\[litert\]'\n", done.stderr)


def test_it_is_as_accurate_as_its_readme_says() -> None:
    right, images = map(int, re.search(r"right on (\d+) of the (\d+) test images", readme()).groups())
    test_part = read_image_folder(SAMPLE / "test")
    with Classifier(sample_model(), backend="litert") as classifier:
        answers = [classifier.classify(read_image(test_part.path(index))).best for index in range(len(test_part))]
    truth = [test_part.classes[label] for (label,) in test_part.labels]
    hits = sum(best.label == label for best, label in zip(answers, truth, strict=True))
    assert (hits, len(test_part)) == (right, images)
    assert right >= 0.9 * images


def test_the_pictures_are_test_images_of_the_bundled_sample() -> None:
    for name in PHOTOS:
        first = min((SAMPLE / "test" / name).iterdir())
        assert (sample_photos() / f"{name}.png").read_bytes() == first.read_bytes()
    assert (ASSETS / "LICENSE").read_bytes() == (SAMPLE / "LICENSE").read_bytes()


def test_it_is_a_whole_product_of_this_repository_and_small(elsewhere: Path) -> None:
    file = read_model_file(sample_model())
    assert (file.manifest.recipe, file.manifest.gate.passed) == ("int8", True)
    assert file.manifest.provenance.training["data"] == "fashion-mnist"
    assert file.normalization is not None, "the TFLite metadata says it too"
    assert f"{sample_model().stat().st_size} bytes" in readme()
    with zipfile.ZipFile("assets.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in ASSETS.rglob("*"):
            archive.write(path)
    assert Path("assets.zip").stat().st_size < MAX_WHEEL_SHARE


def sources(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(line)["source"] for line in capsys.readouterr().out.splitlines()]


def readme() -> str:
    return (ASSETS / "README.md").read_text()
