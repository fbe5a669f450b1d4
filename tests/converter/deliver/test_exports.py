"""Bundles that start; exports of C source are in test_c_source."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaged import make_color_golden_files, write_packaged
from PIL import Image
from programs import program
from tiny_model import write_tiny_model

from converter.deliver.export import export_model
from converter.errors import ExportError


def test_a_bundle_checks_itself_proves_the_device_and_runs(tmp_path: Path) -> None:
    golden = make_color_golden_files(tmp_path / "golden")
    model = write_packaged(tmp_path / "colors.tflite", dtype="float32", files=golden)
    (bundle,) = export_model(model, ["bundle"])
    assert bundle == tmp_path / "colors.bundle.zip"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "device")
        modes = {Path(entry.filename).name: entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes.pop("start.sh") == 0o755
    assert set(modes.values()) == {0o644}
    folder = tmp_path / "device" / "colors"
    assert (folder / "model.tflite").read_bytes() == model.read_bytes()
    assert "golden/     images and the scores" in (folder / "README.txt").read_text()
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    inside = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert sums.keys() == inside - {"SHA256SUMS"}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())

    Image.new("RGB", (8, 6), (255, 0, 0)).save(tmp_path / "red.png")
    done = start(folder, "red.png", "--sink", "console", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "red" in done.stdout
    assert "self-test passed" in done.stderr
    assert start(folder, cwd=tmp_path).returncode == 0

    (folder / "README.txt").write_text("changed")
    done = start(folder, "red.png", cwd=tmp_path)
    assert done.returncode != 0
    assert "README.txt" in done.stdout + done.stderr


def start(folder: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [program("sh"), str(folder / "start.sh"), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_same_model_gives_the_same_bundle_and_none_of_strangers(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite")
    (bundle,) = export_model(model, ["bundle"])
    first = bundle.read_bytes()
    export_model(model, ["bundle"])
    assert bundle.read_bytes() == first
    with zipfile.ZipFile(bundle) as archive:
        assert "--self-test" not in archive.read("m/start.sh").decode()
        assert archive.read("m/README.txt").decode().startswith("m: an image classifier for edge-run\n")
        assert "golden/" not in archive.read("m/README.txt").decode()
    with pytest.raises(ExportError, match="carries no manifest"):
        export_model(write_tiny_model(tmp_path / "bare.tflite"), ["bundle"])
