"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from needs import missing
from once import made_once
from programs import program
from shared import SHARED_DATA

ROOT = Path(__file__).parents[1]

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a child that keeps nothing compiles all it imports at each start
os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # read once a process, by whichever test opens a video first

_users_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edge-deploy-kit"
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(_users_cache / "hypothesis"))  # not in the checkout

signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it

settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no deadline")


if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores already
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")


FIRST, SLOW, WITH_DEMO, LONG, SHORT = range(5)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What needs the demo is slow: it takes two minutes, and ``make demo`` runs it, too."""
    if _needs_demo(item):
        item.add_marker("slow")


@pytest.hookimpl(trylast=True)  # when what is left out by its marker is gone
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker is left alone with one at the end.

    The very first file runs the demo; others that need it come when that is done, so that none waits.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    ranks = {path: _rank(tests) for path, tests in files.items()}
    with_demo = [path for path, rank in ranks.items() if rank == WITH_DEMO]
    ranks.update(dict.fromkeys(with_demo[:1], FIRST))
    items[:] = [item for path in sorted(files, key=ranks.__getitem__) for item in files[path]]


def _rank(tests: list[pytest.Item]) -> int:
    markers = {marker.name for item in tests for marker in item.iter_markers()}
    if any(_needs_demo(item) for item in tests):
        return WITH_DEMO
    if "slow" in markers:
        return SLOW
    return LONG if markers & {"tensorflow", "device"} else SHORT


def _needs_demo(item: pytest.Item) -> bool:
    return "demo_folder" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder for this session, and a place for settings, so that no test reads or fills the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield folder


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that tools/demo.py filled; beside it what it printed, stdout.txt, and its cache."""

    def run(folder: Path) -> None:
        command = [sys.executable, str(ROOT / "tools" / "demo.py"), "--out", str(folder / "demo")]
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        (folder / "stdout.txt").write_text(done.stdout)

    return made_once(tmp_path_factory, "demo", run) / "demo"


@pytest.fixture(scope="session")
def sample_run(demo_folder: Path) -> Path:
    """A RUN folder that edge-train made from the bundled sample with its defaults."""
    return demo_folder / "run"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 100 KiB."""
    folder = tmp_path / "small_disk"
    folder.mkdir()
    mount = [program("mount"), "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        missing("small-disk", f"cannot mount a small disk here, which takes root: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([program("umount"), str(folder)], check=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party test data."""
    if not SHARED_DATA.is_dir():
        missing("shared-data", "the third-party test data (../shared/data) is not on this machine")
    return SHARED_DATA


@pytest.fixture(scope="session")
def sample_int8(demo_folder: Path) -> Path:
    """The int8 file that edge-convert made from ``sample_run``; its reports lie beside it."""
    return demo_folder / "model.tflite"


@pytest.fixture(scope="session")
def sample_float32(demo_folder: Path) -> Path:
    """The float32 file that edge-convert made from ``sample_run``; its reports lie beside it."""
    return demo_folder / "model-float32.tflite"


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RUN folder made by hand, beside its data: three colours, 12x12 pixels; converts in a second."""
    from small_run import write_small_run

    return write_small_run(tmp_path_factory.mktemp("small"))
