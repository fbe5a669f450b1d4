"""Somebody else's ``trainer`` or ``benchmarks``: each command says in one line what is in the way."""

import json
import shlex
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from wheels import Environment, write_our_wheel, write_wheel

CONTESTED = {"edge-train": "trainer", "edge-convert": "converter", "edge-bench": "benchmarks"}
COMMANDS = {**CONTESTED, "edge-run": "edge_runtime", "edge-doctor": "edge_runtime"}
LOUD = b"raise SystemExit('this is not edge-deploy-kit')\n"
REINSTALL = "pip install --force-reinstall --no-deps edge-deploy-kit"


@pytest.fixture(scope="module")
def our_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_our_wheel(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def their_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {f"{name}/{file}.py": LOUD for name in CONTESTED.values() for file in ("__init__", "config", "theirs")}
    return write_wheel(tmp_path_factory.mktemp("theirs"), "Their_names", "1.2", files)


@pytest.fixture(scope="module")
def ours(our_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment that holds our wheel; tests do not change it."""
    environment = Environment(tmp_path_factory.mktemp("environment") / "env")
    environment.install(our_wheel)
    return environment


def unpacked(folder: Path, *wheels: Path) -> Path:
    """A folder with what these wheels install, one over the other, as ``pip install --target`` leaves it."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


def findings(environment: Environment, cwd: Path, path: str | None = None) -> dict[str, dict[str, Any]]:
    done = environment.run("edge-doctor", "--json", cwd=cwd, path=path)
    return {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}


def refusal(environment: Environment, command: str, cwd: Path, path: str | None = None) -> str:
    """The one line with which a command ends, without the command's name."""
    done = environment.run(command, "--help", cwd=cwd, path=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{command}: ")
    return done.stderr.removeprefix(f"{command}: ").removesuffix("\n")


@pytest.mark.parametrize("order", ["after ours", pytest.param("before ours", marks=pytest.mark.slow)])
def test_what_writes_into_our_folders_is_named_and_the_fix_works(
    order: str, our_wheel: Path, their_wheel: Path, tmp_path: Path
) -> None:
    environment = Environment(tmp_path / "env")
    environment.install(*((our_wheel, their_wheel) if order == "after ours" else (their_wheel, our_wheel)))
    found = findings(environment, tmp_path)
    for command, package in CONTESTED.items():
        detail = f"the package '{package}' in {environment.site} belongs to the distribution their-names 1.2"
        detail += " as well as to edge-deploy-kit"
        fix = f"pip uninstall -y their-names && {REINSTALL}"
        assert refusal(environment, command, tmp_path) == f"{detail}; {fix}"
        assert found[package] == {"name": package, "status": "problem", "detail": detail, "mend": fix}
    assert environment.run("edge-run", "--help", cwd=tmp_path).returncode == 0

    environment.pip("uninstall", "--quiet", "-y", "their-names")  # which takes files of ours with it
    for command, package in CONTESTED.items():
        detail = f"the package '{package}' lacks files, or they were replaced"
        assert refusal(environment, command, tmp_path) == f"{detail}; {REINSTALL}"

    words = shlex.split(REINSTALL)[1:]
    environment.pip(*words, "--quiet", "--no-compile", "--no-index", "--find-links", our_wheel.parent)
    assert [environment.run(command, "--help", cwd=tmp_path).returncode for command in COMMANDS] == [0] * 5


def test_edge_doctor_says_who_installed_ours(ours: Environment, tmp_path: Path) -> None:
    found = findings(ours, tmp_path)
    said = {(found[package]["status"], found[package]["detail"]) for package in COMMANDS.values()}
    assert said == {("ok", "of edge-deploy-kit 0.1.0")}


def test_one_that_is_earlier_on_the_path_is_named(ours: Environment, their_wheel: Path, tmp_path: Path) -> None:
    other = unpacked(tmp_path / "other", their_wheel)
    found = findings(ours, tmp_path, str(other))
    for command, package in CONTESTED.items():
        detail = (
            f"the package '{package}' in {other} belongs to the distribution their-names 1.2, not to edge-deploy-kit"
        )
        assert refusal(ours, command, tmp_path, str(other)) == f"{detail}; take {other} off PYTHONPATH"
        assert (found[package]["status"], found[package]["mend"]) == ("problem", f"take {other} off PYTHONPATH")


def test_one_that_is_later_on_the_path_harms_nobody(
    ours: Environment, our_wheel: Path, their_wheel: Path, tmp_path: Path
) -> None:
    path = f"{unpacked(tmp_path / 'ours', our_wheel)}:{unpacked(tmp_path / 'theirs', their_wheel)}"
    assert [ours.run(command, "--help", cwd=tmp_path, path=path).returncode for command in COMMANDS] == [0] * 5


def test_another_edge_runtime_written_over_ours_is_named_by_every_command(
    ours: Environment, our_wheel: Path, tmp_path: Path
) -> None:
    theirs = write_wheel(tmp_path, "theirs", "3", {"edge_runtime/__init__.py": b"x = 1\n"})
    folder = unpacked(tmp_path / "both", our_wheel, theirs)
    detail = (
        f"the package 'edge_runtime' in {folder} belongs to the distribution theirs 3 as well as to edge-deploy-kit"
    )
    for command in COMMANDS:
        assert refusal(ours, command, tmp_path, str(folder)) == f"{detail}; pip uninstall -y theirs && {REINSTALL}"


@pytest.mark.parametrize("file", ["benchmarks/__init__.py", "benchmarks.py"])
def test_a_folder_or_file_that_nobody_installed_is_named(ours: Environment, tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(LOUD)
    path = ":/elsewhere"  # an empty entry stands for the working directory
    detail = f"{tmp_path / file} hides our package 'benchmarks', and belongs to no distribution"
    fix = f"take {tmp_path} off PYTHONPATH"
    assert refusal(ours, "edge-bench", tmp_path, path) == f"{detail}; {fix}"
    assert findings(ours, tmp_path, path)["benchmarks"]["mend"] == fix
    assert ours.run("edge-bench", "--help", cwd=tmp_path).returncode == 0


def test_a_folder_without_init_hides_nothing(ours: Environment, tmp_path: Path) -> None:
    for package in COMMANDS.values():
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "cli.py").write_bytes(LOUD)
    done = [ours.run(command, "--version", cwd=tmp_path, path=str(tmp_path)) for command in COMMANDS]
    assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * 5


def test_a_package_that_is_not_there_is_asked_for(ours: Environment, our_wheel: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "env")
    shutil.rmtree(unpacked(environment.site, our_wheel) / "trainer")
    done = environment.run(f"{ours.bin}/edge-train", "--help", cwd=tmp_path)
    said = "edge-train: the package 'trainer' is not installed; pip install edge-deploy-kit\n"
    assert (done.returncode, done.stderr) == (1, said)
    assert "\nabsent   trainer  " in environment.run(f"{ours.bin}/edge-doctor", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("numpy/__init__.py", "raise ModuleNotFoundError('No module named \\'numpy\\'')", "No module named 'numpy'"),
        ("trainer/config/train_config.py", "", "cannot import name 'TrainConfig' from 'trainer.config.train_config' ("),
    ],
)
def test_an_import_that_fails_is_one_line(
    ours: Environment, our_wheel: Path, tmp_path: Path, file: str, content: str, reason: str
) -> None:
    folder = unpacked(tmp_path / "all", our_wheel)
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(content)
    said = refusal(ours, "edge-train", tmp_path, str(folder))
    assert said.startswith(reason)
    assert said.endswith("; run edge-doctor: it names what is missing or broken")


def test_a_stranger_without_metadata_is_nobody(ours: Environment, our_wheel: Path, tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "all", our_wheel)
    (folder / "half_removed-1.0.dist-info").mkdir()
    (folder / "half_removed-1.0.dist-info" / "RECORD").write_text("trainer/__init__.py,,\n")
    (folder / "unreadable-1.0.dist-info").mkdir()
    (folder / "unreadable-1.0.dist-info" / "RECORD").write_bytes(b"trainer/\xff,,\n")
    assert ours.run("edge-train", "--help", cwd=tmp_path, path=str(folder)).returncode == 0


def test_one_installed_without_pip_is_named_too(ours: Environment, tmp_path: Path) -> None:
    (tmp_path / "trainer").mkdir()
    (tmp_path / "trainer" / "__init__.py").write_bytes(LOUD)
    (tmp_path / "old.egg-info").mkdir()
    (tmp_path / "old.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: old.one\nVersion: 0.1\n")
    (tmp_path / "old.egg-info" / "top_level.txt").write_text("other\ntrainer\n")
    said = refusal(ours, "edge-train", tmp_path, str(tmp_path))
    assert "belongs to the distribution old-one 0.1, not to edge-deploy-kit; " in said
