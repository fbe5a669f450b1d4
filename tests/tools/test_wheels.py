"""Both distributions as they are released: built from source distributions, installed without this checkout."""

import hashlib
import json
import os
import re
import subprocess
import tarfile
import zipfile
from dataclasses import replace
from email.parser import HeaderParser
from pathlib import Path

import pytest
from once import made_once
from packaged import write_packaged
from PIL import Image

from tools import make_env
from tools.make_env import make_environment, pip_of
from tools.release.__main__ import write_sums
from tools.release.build import ROOT, Wheels, build_distributions, find_wheels
from tools.release.contents import MOST_BYTES, problems_of_contents
from tools.release.sbom import write_sbom
from tools.release.version import current_version

VERSION = current_version()
BRIEF = ["--min-seconds", "0.01", "--min-count", "20", "--warm-up", "1"]

pytestmark = [pytest.mark.device, pytest.mark.slow]  # make check-wheels is quicker where wheels are all one wants


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    return find_wheels(made_once(tmp_path_factory, "dist", build_distributions))


@pytest.fixture(scope="session")
def device(wheels: Wheels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that holds the device wheel, ai-edge-litert and nothing else of ours."""

    def install(folder: Path) -> None:
        new_environment(folder, "-c", ROOT / "constraints.txt", f"{wheels.runtime}[litert]")

    return made_once(tmp_path_factory, "device", install) / "bin"


def new_environment(folder: Path, *install: str | Path) -> Path:
    """The commands of a new environment into which pip installed something."""
    make_env.new_environment(folder)
    command = [*pip_of(folder / "bin" / "python"), "install", "-q", "--no-compile", *install]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "bin"


def run(commands: Path, *words: str | Path, cwd: Path | None = None) -> str:
    """Runs the Python of an environment on ``words``; ``commands`` is the folder it lies in."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([commands / "python", *words], capture_output=True, text=True, cwd=cwd, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commands_of(wheel: Path) -> set[str]:
    return set(re.findall(r"^(edge-\w+) = ", read_info(wheel, "entry_points.txt"), re.MULTILINE))


def requirements_of(wheel: Path) -> list[str]:
    return HeaderParser().parsestr(read_info(wheel, "METADATA")).get_all("Requires-Dist", [])


def read_info(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (each for each in archive.namelist() if each.endswith(f".dist-info/{name}"))
        return archive.read(member).decode()


def test_the_wheels_hold_what_they_should(wheels: Wheels) -> None:
    assert problems_of_contents(wheels) == []
    assert wheels.runtime.stat().st_size <= MOST_BYTES["runtime"] == 500_000
    assert commands_of(wheels.runtime) == {"edge-run", "edge-doctor", "edge-bench"}
    assert commands_of(wheels.kit) == {"edge-train", "edge-convert", "edge-eval"}


def test_a_file_that_does_not_belong_is_named(wheels: Wheels, tmp_path: Path) -> None:
    for name in ("runtime", "kit"):
        source = getattr(wheels, name)
        copy = tmp_path / source.name
        copy.write_bytes(source.read_bytes())
        with zipfile.ZipFile(copy, "a") as archive:
            archive.writestr("benchmarks/studies/peers.py", "")
        first = problems_of_contents(replace(wheels, **{name: copy}))[0]
        assert "benchmarks/studies/peers.py" in first
        assert name == "kit" or first.endswith(
            "make update-wheel-list, which writes tests/golden/edge_deploy_runtime.wheel.txt"
        )


def test_the_kit_requires_the_runtime_of_its_own_version(wheels: Wheels) -> None:
    assert f"edge-deploy-runtime=={VERSION}" in requirements_of(wheels.kit)
    with tarfile.open(wheels.kit.with_name(f"edge_deploy_kit-{VERSION}.tar.gz")) as archive:
        member = archive.extractfile(f"edge_deploy_kit-{VERSION}/PKG-INFO")
        assert member is not None
        assert f"Requires-Dist: edge-deploy-runtime=={VERSION}\n" in member.read().decode()


def test_source_distributions_hold_files_and_no_links(wheels: Wheels) -> None:
    for name in ("edge_deploy_runtime", "edge_deploy_kit"):
        with tarfile.open(wheels.kit.with_name(f"{name}-{VERSION}.tar.gz")) as archive:
            assert all(member.isfile() for member in archive.getmembers())
            assert f"{name}-{VERSION}/LICENSE" in archive.getnames()


def test_the_same_commit_gives_the_same_bytes(wheels: Wheels, tmp_path: Path) -> None:
    build_distributions(tmp_path)
    first, second = write_sums(wheels.kit.parent), write_sums(tmp_path)
    assert second.read_text() == first.read_text()
    sums = dict(reversed(line.split("  ")) for line in second.read_text().splitlines())
    assert len(sums) == 4
    assert all(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == found for name, found in sums.items())


def test_in_a_clone_the_kit_carries_everything(tmp_path: Path) -> None:
    pip = pip_of(make_environment("dist"))
    command = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = tmp_path.glob("*.whl")
    assert commands_of(wheel) == {"edge-run", "edge-doctor", "edge-bench", "edge-train", "edge-convert", "edge-eval"}
    assert not [requirement for requirement in requirements_of(wheel) if requirement.startswith("edge-deploy")]
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {"edge_runtime", "benchmarks", "trainer", "converter"} == {top for top in tops if "." not in top}


@pytest.mark.parametrize(("project", "packages"), [(".", 4), ("device", 2)])
def test_editable_means_editable_for_every_package(tmp_path: Path, project: str, packages: int) -> None:
    commands = new_environment(tmp_path, "--no-deps", "-e", ROOT / project)
    code = "from importlib.util import find_spec; print(*(find_spec(n).origin for n in {0!r} if find_spec(n)))"
    names = ("edge_runtime", "benchmarks", "trainer", "converter")
    found = [Path(path).resolve() for path in run(commands, "-c", code.format(names), cwd=tmp_path).split()]
    assert found == [ROOT / name / "__init__.py" for name in names[:packages]]
    assert (commands / "edge-run").is_file()
    assert (commands / "edge-train").is_file() == (project == ".")


def test_the_device_wheel_alone_classifies_examines_and_measures(device: Path, tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "colors.tflite", dtype="float32")
    Image.new("RGB", (64, 48), (20, 30, 230)).save(tmp_path / "sky.png")
    result = json.loads(run(device, device / "edge-run", model, "sky.png", cwd=tmp_path))
    assert result["categories"][0]["label"]
    findings = {each["name"]: each for each in json.loads(run(device, device / "edge-doctor", "--json"))["findings"]}
    assert findings["ai-edge-litert"]["status"] == "ok"
    assert findings["opencv"]["mend"] == "pip install 'edge-deploy-runtime[camera]'"
    run(device, device / "edge-bench", "run", model, *BRIEF, "--out", "result.json", cwd=tmp_path)
    report = json.loads((tmp_path / "result.json").read_text())
    assert [row["status"] for row in report["rows"]] == ["VALID"]
    assert report["host"]["versions"]["edge-deploy-kit"] == VERSION


def test_the_device_wheel_alone_says_its_version_and_has_no_training(device: Path, tmp_path: Path) -> None:
    for name in ("edge-run", "edge-doctor", "edge-bench"):
        assert run(device, device / name, "--version") == f"{name} {VERSION}\n"
    code = "from importlib.util import find_spec; print(find_spec('trainer'), find_spec('benchmarks.studies'))"
    assert run(device, "-c", code, cwd=tmp_path) == "None None\n"


def test_the_list_of_what_comes_with_the_device_wheel(wheels: Wheels, tmp_path: Path) -> None:
    copy = tmp_path / wheels.runtime.name
    copy.write_bytes(wheels.runtime.read_bytes())
    text = write_sbom("edge_deploy_runtime", tmp_path).read_text()
    sbom = json.loads(text)
    described = sbom["metadata"]["component"]
    assert (sbom["bomFormat"], described["name"], described["version"]) == ("CycloneDX", "edge-deploy-runtime", VERSION)
    assert described["licenses"][0]["license"]["id"] == "Apache-2.0"
    names = {component["name"] for component in sbom["components"]}
    assert {"numpy", "pillow", "ai-edge-litert"} <= names
    assert "pip" not in names
    assert str(tmp_path) not in text
