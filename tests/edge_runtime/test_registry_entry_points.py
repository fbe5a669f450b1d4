"""Plug-ins of other packages: found by their entry point, asked for only where a name is none of ours."""

import json
import subprocess
from pathlib import Path

import pytest
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script
from edge_runtime.contracts.errors import ContractError
from edge_runtime.registry import Registry

MODULE = """
import numpy as np
from edge_runtime.contracts.results import Frame
from edge_runtime.sources import ConfiguredConnection, EndOfStream, SourceOption


class OneColor:
    def __init__(self, text):
        self.color = [int(part) for part in text.split(",")]

    def __iter__(self):
        yield Frame(np.full((8, 8, 3), self.color, np.uint8), "one-color:", 0, 1, 1)

    def close(self):
        pass


class Countdown:
    def __init__(self, address):
        self.left = int(address.removeprefix("countdown:"))

    def open(self):
        pass

    def read(self):
        if not self.left:
            raise EndOfStream
        self.left -= 1
        return np.full((8, 8, 3), (0, 255, 0), np.uint8)

    def close(self):
        pass


class Painted(ConfiguredConnection):
    OPTIONS = (SourceOption("color", "R,G,B", lambda text: [int(part) for part in text.split(",")]),)

    def __init__(self, address, options):
        self.color, self.is_done = options["color"], False
        assert (options["stall"], options["open"], options["policy"]) == (7, 15, "every")

    def open(self):
        pass

    def read(self):
        if self.is_done:
            raise EndOfStream
        self.is_done = True
        return np.full((8, 8, 3), self.color, np.uint8)

    def close(self):
        pass
"""
ENTRY_POINTS = """
[edge_deploy_kit.sources]
one-color = other_package:OneColor
broken = other_package:NotThere
[edge_deploy_kit.connections]
countdown = other_package:Countdown
painted = other_package:Painted
"""


@pytest.fixture
def other_package(tmp_path: Path) -> Path:
    """A folder that holds an installed package with entry points."""
    folder = tmp_path / "site"
    (folder / "other_package-1.0.dist-info").mkdir(parents=True)
    (folder / "other_package.py").write_text(MODULE)
    (folder / "other_package-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\n")
    (folder / "other_package-1.0.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


@pytest.mark.parametrize(
    ("source", "options", "labels"),
    [
        ("one-color:0,0,255", [], ["blue"]),
        ("countdown:3", [], ["green"] * 3),
        ("countdown:1", ["stall=7"], ["green"]),
        ("painted:", ["color=0,0,255", "stall=7"], ["blue"]),
    ],
)
def test_edge_run_takes_the_source_of_another_package(
    tmp_path: Path, other_package: Path, source: str, options: list[str], labels: list[str]
) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    command = [*console_script("edge-run"), str(model), source, "--labels", str(tmp_path / "labels.txt")]
    command += [word for option in options for word in ("--source-option", option)]
    done = subprocess.run(
        [*command, "--policy", "every"], capture_output=True, text=True, env={"PYTHONPATH": str(other_package)}
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["categories"][0]["label"] for line in done.stdout.splitlines()] == labels


def test_a_broken_one_is_named(other_package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(other_package)
    registry = Registry("source", {"files": "a:B"}, "edge_deploy_kit.sources")
    with pytest.raises(ContractError, match=r"'broken': other_package:NotThere cannot be imported.*another package"):
        registry.load("broken")
    with pytest.raises(ContractError, match=r"no source 'missing'; there are files, .*one-color"):
        registry.load("missing")
    assert registry.knows("one-color")
    assert not registry.knows("missing")
    assert registry.names() == ("files",)


def test_entry_points_are_not_looked_up_for_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: pytest.fail("looked up"))
    registry = Registry("thing", {"counter": "collections:Counter"}, "edge_deploy_kit.sources")
    assert registry.knows("counter")
    assert registry.load("counter")
