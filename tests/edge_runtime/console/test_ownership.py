"""Whose package is it? Read off the files in its folder; tests/whole_chain/test_package_names.py does it with pip."""

from importlib.machinery import PathFinder
from importlib.metadata import version
from pathlib import Path

import pytest

from edge_runtime.console import ownership
from edge_runtime.console.ownership import Obstacle, find_obstacle, our_distribution

MARKED = '"""The trainer, a package of edge-deploy-kit"""\n'
REINSTALL = "pip install --force-reinstall --no-deps edge-deploy-kit"
ABSENT = Obstacle("the package 'trainer' is not installed", "pip install edge-deploy-kit", absent=True)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Python looks for the package, and nowhere else."""
    monkeypatch.setattr(ownership, "find_spec", lambda name: PathFinder.find_spec(name, [str(tmp_path)]))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return tmp_path


def write(site: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text)


def installed(name: str, version: str, *listed: str) -> dict[str, str]:
    """The files with which pip remembers a distribution."""
    folder = f"{name}-{version}.dist-info"
    return {
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{folder}/RECORD": "".join(f"{file},,\n" for file in listed),
    }


OURS = installed("edge-deploy-kit", "9", "trainer/__init__.py", "trainer/cli.py")


@pytest.mark.parametrize(
    "files",
    [
        {"trainer/__init__.py": MARKED},
        {"trainer/__init__.py": MARKED, **OURS},
        {"trainer/__init__.py": MARKED, **installed("other", "1", "trainer_more/__init__.py", "my/trainer/x.py")},
        {"trainer/__init__.py": MARKED, "left-1.dist-info/RECORD": "trainer/__init__.py,,\n"},
    ],
    ids=["not installed", "installed", "another of a longer name", "a record without a name"],
)
def test_ours_alone_is_no_obstacle(site: Path, files: dict[str, str]) -> None:
    write(site, files)
    assert find_obstacle("trainer") is None


@pytest.mark.parametrize(
    ("files", "theirs", "name"),
    [
        ({"trainer/__init__.py": ""}, installed("Their_names", "1.2", "trainer/__init__.py"), "their-names 1.2"),
        ({"trainer.py": ""}, installed("one.file", "3", "trainer.py"), "one-file 3"),
        (
            {"trainer/__init__.py": ""},
            {"egg.egg-info/PKG-INFO": "Name: egg\nVersion: 4\n", "egg.egg-info/top_level.txt": "other\ntrainer\n"},
            "egg 4",
        ),
    ],
    ids=["package", "module", "egg-info"],
)
def test_a_stranger_is_named(
    site: Path, files: dict[str, str], theirs: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(site, {**files, **theirs})
    detail = f"the package 'trainer' in {site} belongs to the distribution {name}"
    uninstall = f"pip uninstall -y {name.split()[0]}"
    assert find_obstacle("trainer") == Obstacle(f"{detail}, not to edge-deploy-kit", uninstall)
    monkeypatch.setenv("PYTHONPATH", f"/elsewhere:{site}")
    assert find_obstacle("trainer") == Obstacle(f"{detail}, not to edge-deploy-kit", f"take {site} off PYTHONPATH")
    write(site, OURS)
    both = Obstacle(f"{detail} as well as to edge-deploy-kit", f"{uninstall} && {REINSTALL}")
    assert find_obstacle("trainer") == both


def test_ours_without_its_files_is_installed_again(site: Path) -> None:
    write(site, {"trainer/__init__.py": "", **OURS})
    assert find_obstacle("trainer") == Obstacle("the package 'trainer' lacks files, or they were replaced", REINSTALL)
    assert not find_obstacle("trainer").absent


def test_what_nobody_installed_is_named_by_its_path(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(site, {"trainer/__init__.py": ""})
    detail = f"{site / 'trainer' / '__init__.py'} hides our package 'trainer', and belongs to no distribution"
    assert find_obstacle("trainer") == Obstacle(detail, "rename it")
    monkeypatch.setenv("PYTHONPATH", ":/elsewhere")
    monkeypatch.chdir(site)
    assert find_obstacle("trainer") == Obstacle(detail, f"take {site} off PYTHONPATH")


def test_nothing_and_a_folder_without_init_are_no_package(site: Path) -> None:
    assert find_obstacle("trainer") == ABSENT
    write(site, {"trainer/notes.txt": ""})
    assert find_obstacle("trainer") == ABSENT


def test_what_cannot_be_read_installs_nothing(site: Path) -> None:
    write(site, {"trainer/__init__.py": MARKED, "bad-1.dist-info/METADATA": "Name: bad\nVersion: 1\n"})
    (site / "bad-1.dist-info" / "RECORD").write_bytes(b"trainer/\xff\xfe,,\n")
    assert find_obstacle("trainer") is None


def test_what_is_installed_here_has_its_own_version() -> None:
    assert our_distribution("trainer") == ("edge-deploy-kit", version("edge-deploy-kit"))


def test_what_was_never_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.distributions", lambda **_: [])
    assert our_distribution("benchmarks") == ("edge-deploy-kit", "")
