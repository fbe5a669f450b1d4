"""Where our commands start: each starts its own module, or ends with one line that says what is in the way."""

import sys
from types import SimpleNamespace

import pytest

import edge_runtime
from edge_runtime.console import launch, ownership
from edge_runtime.console.ownership import Obstacle

MODULES = {
    "edge_train": "trainer.cli",
    "edge_convert": "converter.cli",
    "edge_eval": "converter.evaluate.cli",
    "edge_run": "edge_runtime.run.cli",
    "edge_bench": "benchmarks.cli.command",
    "edge_doctor": "edge_runtime.doctor.cli",
}


@pytest.fixture
def obstacles(monkeypatch: pytest.MonkeyPatch) -> dict[str, Obstacle]:
    """What is in the way of each package; the test fills it."""
    found: dict[str, Obstacle] = {}
    monkeypatch.setattr(ownership, "find_obstacle", found.get)
    return found


def start(script: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the console script has started."""
    started: list[str] = []
    for name, module in MODULES.items():
        stand_in = SimpleNamespace(entry=lambda name=name: started.append(name))
        monkeypatch.setitem(sys.modules, module, stand_in)
    getattr(launch, script)()
    return started


def refusal(script: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        getattr(launch, script)()
    assert ended.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize("script", MODULES)
def test_each_command_starts_its_own_module(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert start(script, monkeypatch) == [script]


@pytest.mark.parametrize("script", ["edge_train", "edge_convert", "edge_eval", "edge_bench"])
def test_a_package_that_is_not_ours_is_one_line(
    script: str, obstacles: dict[str, Obstacle], capsys: pytest.CaptureFixture[str]
) -> None:
    obstacles[MODULES[script].partition(".")[0]] = Obstacle("it is not ours", "remove it")
    assert refusal(script, capsys) == f"{script.replace('_', '-')}: it is not ours; remove it\n"


def test_the_runtime_is_looked_at_closer_only_where_it_does_not_say_that_it_is_ours(
    obstacles: dict[str, Obstacle], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    obstacles["edge_runtime"] = Obstacle("it is not ours", "remove it")
    assert start("edge_run", monkeypatch) == ["edge_run"]
    monkeypatch.delattr(edge_runtime, "__project__")
    assert refusal("edge_run", capsys) == "edge-run: it is not ours; remove it\n"
    obstacles.clear()
    assert start("edge_run", monkeypatch) == ["edge_run"]


def test_a_module_that_cannot_be_imported_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "edge_runtime.run.cli", None)
    line = refusal("edge_run", capsys)
    assert line.startswith("edge-run: import of edge_runtime.run.cli halted")
    assert line.endswith("; run edge-doctor: it names what is missing or broken\n")
