"""Exports: C arrays that compile and hold the file's bytes, bundles that start."""

import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from packaged import make_color_golden_files, write_packaged
from PIL import Image
from programs import made, program
from tiny_model import write_tiny_model

from converter.deliver.c_array import c_name, c_string
from converter.deliver.export import export_model
from converter.errors import ExportError
from edge_runtime.model.file import read_model_file

LABELS = ('a "quoted" red', "Gänse\\blümchen", "blue??/1")
DUMP = """
#include <stdio.h>
#include "HEADER"
int main(void) {
  fwrite(NAME_data, 1, NAME_size, stdout);
  return (size_t)NAME_data % 16 != 0;
}
"""


def compile_and_run(folder: Path, *sources: str) -> bytes:
    command = [program("gcc"), "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", *sources, "-o", "program"]
    subprocess.run(command, cwd=folder, check=True)
    return subprocess.run([made(folder / "program")], check=True, capture_output=True).stdout


def test_the_c_array_holds_the_files_bytes_aligned(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "My model-2.tflite", dtype="int8")
    files = export_model(model, ["c-array"])
    assert [path.name for path in files] == ["my_model_2.h", "my_model_2.c", "my_model_2_example.c"]
    assert "is resized first: squash, bilinear." in (tmp_path / "my_model_2.h").read_text()
    dump = DUMP.replace("HEADER", "my_model_2.h").replace("NAME", "my_model_2")
    (tmp_path / "dump.c").write_text(dump)
    assert compile_and_run(tmp_path, "my_model_2.c", "dump.c") == model.read_bytes()


def test_the_example_compiles_and_prints_labels_and_arena(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite", dtype="int8", labels=LABELS)
    export_model(model, ["c-array"], arena_bytes=12345)
    lines = compile_and_run(tmp_path, "m.c", "m_example.c").decode().splitlines()
    assert lines == [
        f"{model.stat().st_size} bytes, input 6x8x3 int8",
        "arena 12345 bytes",
        *(f"{index} {label}" for index, label in enumerate(LABELS)),
    ]
    assert len((tmp_path / "m_example.c").read_text().splitlines()) <= 22


def test_the_header_says_scale_and_zero_point_as_the_file_does(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite", dtype="int8")
    export_model(model, ["c-array"])
    file = read_model_file(model)
    dump = '#include <stdio.h>\n#include "m.h"\nint main(void) { printf("%.9g %d %.9g %d %d", (double)M_INPUT_SCALE, '
    dump += "M_INPUT_ZERO_POINT, (double)M_OUTPUT_SCALE, M_OUTPUT_ZERO_POINT, M_OUTPUT_COUNT); return 0; }\n"
    (tmp_path / "dump.c").write_text(dump)
    scale, zero, out_scale, out_zero, count = compile_and_run(tmp_path, "m.c", "dump.c").decode().split()
    assert (np.float32(scale), int(zero)) == (np.float32(file.input.scale), file.input.zero_point)
    assert (np.float32(out_scale), int(out_zero)) == (np.float32(file.output.scale), file.output.zero_point)
    assert int(count) == 3
    assert "not measured" in (tmp_path / "m.h").read_text()


def test_a_float_model_has_no_scale(tmp_path: Path) -> None:
    export_model(write_packaged(tmp_path / "m.tflite", dtype="float32"), ["c-array"])
    assert "SCALE" not in (tmp_path / "m.h").read_text()
    assert compile_and_run(tmp_path, "m.c", "m_example.c")


def test_the_source_of_somebody_else_is_not_written_over(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "main.tflite")
    export_model(model, ["c-array"])
    export_model(model, ["c-array"])  # its own files are
    (tmp_path / "main.c").write_text("int main(void) { return 0; }\n")
    with pytest.raises(ExportError, match=r"main\.c: is not of edge-convert; move it away"):
        export_model(model, ["c-array"])
    assert (tmp_path / "main.c").read_text() == "int main(void) { return 0; }\n"


def test_c_names_and_strings() -> None:
    assert [c_name(text) for text in ("model", "2-nets", "Ä", "a.b c")] == ["model", "model_2_nets", "model", "a_b_c"]
    assert c_string('a"?\\ä7') == '"a\\042\\077\\134\\303\\2447"'


def test_a_bundle_checks_itself_proves_the_device_and_runs(tmp_path: Path) -> None:
    golden = make_color_golden_files(tmp_path / "golden")
    model = write_packaged(tmp_path / "colors.tflite", dtype="float32", files=golden)
    (bundle,) = export_model(model, ["bundle"])
    assert bundle == tmp_path / "colors.bundle.zip"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "device")
        mode = archive.getinfo("colors/start.sh").external_attr >> 16
    assert mode & stat.S_IXUSR
    folder = tmp_path / "device" / "colors"
    assert (folder / "model.tflite").read_bytes() == model.read_bytes()
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
    with pytest.raises(ExportError, match="carries no manifest"):
        export_model(write_tiny_model(tmp_path / "bare.tflite"), ["bundle"])
