"""The README's commands and Python run as they stand there, as far as they can without cameras and networks."""

import argparse
import re
import shlex
import shutil
import textwrap
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image
from small_run import write_color_images
from stranger_models import color_model, write_labels
from tiny_model import LABELS, write_packed_model, write_tiny_model

import edge_runtime
from edge_runtime.console.command import parse_arguments

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = [line.strip() for line in README.splitlines() if re.match(" {4}edge-", line)]
NOT_HERE = ("camera:", "picamera2:", "rtsp://", "http://", "--weights imagenet")
"""What a command shows that needs a camera or a network."""
BRIEF = ["--min-seconds", "0.1", "--min-count", "20", "--rounds", "1"]
ADDED = {"edge-bench run": BRIEF, "edge-bench tune": BRIEF, "edge-run --config": ["--unit-user", "root"]}
"""What is added to a command so that it takes less time, and where root runs the tests."""


def words_of(command: str) -> list[str]:
    """The words of a command up to a pipe; what stands behind ``#`` is a comment."""
    words = shlex.split(command, comments=True)
    return words[: words.index("|")] if "|" in words else words


MODULES = {
    "edge-train": "trainer.cli",
    "edge-convert": "converter.cli",
    "edge-run": "edge_runtime.run.cli",
    "edge-bench": "benchmarks.cli.command",
}
"""What the console scripts start; ``edge_runtime.console.launch`` says the same."""


def main_of(name: str) -> tuple[str, Callable[[list[str]], int]]:
    """The module behind a console script, and its ``main``."""
    return MODULES[name], import_module(MODULES[name]).main


def test_it_is_short() -> None:
    lines = README.splitlines()
    assert len(lines) <= 150
    assert max(map(len, lines)) <= 120


def test_there_are_commands() -> None:
    assert {words_of(command)[0] for command in COMMANDS} == {"edge-train", "edge-convert", "edge-run", "edge-bench"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_the_options_that_it_is_shown_with(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, *words = words_of(command)
    module, main = main_of(name)

    def only_parse(parser: argparse.ArgumentParser, _body: object, arguments: list[str]) -> int:
        parse_arguments(parser, arguments)
        return 0

    monkeypatch.setattr(f"{module}.run_command", only_parse)
    assert main(words) == 0


@pytest.mark.slow  # each command has tests of its own
@pytest.mark.tensorflow
def test_commands_that_need_no_camera_and_no_network_run_one_after_the_other(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(small_run, "run")
    write_what_a_user_has()
    for command in COMMANDS:
        if not any(word in command for word in NOT_HERE):
            words = words_of(command)
            _, main = main_of(words[0])
            assert main(words[1:] + ADDED.get(" ".join(words[:2]), [])) == 0, command
            if "before.json" in words:
                shutil.copy("before.json", "after.json")
    assert {"model.tflite", "comparison.html"} <= {path.name for path in tmp_path.iterdir()}


def write_what_a_user_has() -> None:
    """The files that the README's commands take for there."""
    Path("photos").mkdir()
    for name in ("photo.jpg", "photos/red.png"):
        Image.new("RGB", (64, 48), (250, 10, 10)).save(name)
    write_tiny_model(Path("mobilenet.tflite"))
    color_model().save("my.keras")
    write_labels(Path("labels.txt"))
    for seed, folder in enumerate(("a", "b")):
        write_color_images(Path(folder), 2, seed=seed)
    Path("imagenet_labels.txt").write_text("\n".join(LABELS))
    Path("run.toml").write_text('model = "model.tflite"\nsource = "photos"\nsink = "preview"\n')


def test_its_links_lead_to_something() -> None:
    for target in re.findall(r"\]\(([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_its_python_runs_with_and_without_a_class_that_reaches_its_threshold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_packed_model(Path("model.tflite"))
    Image.new("RGB", (64, 48), (250, 10, 10)).save("photo.jpg")
    in_readme = textwrap.dedent(re.search(r"    from edge_runtime import Classifier.*?(?=\n\S)", README, re.S)[0])
    in_package = edge_runtime.__doc__.partition("\n\n")[2].rpartition("\n\n")[0]
    frame = edge_runtime.read_image("photo.jpg")
    for snippet in (in_readme, in_package):
        exec(snippet, {"frame_rgb": frame})
        assert capsys.readouterr().out.startswith("red ")
    write_packed_model(Path("model.tflite"), "multi-label", (1.0,) * len(LABELS))
    for snippet in (in_readme, in_package):
        exec(snippet, {"frame_rgb": frame})
        assert capsys.readouterr().out == ""
