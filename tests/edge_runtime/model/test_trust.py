"""Models from somebody else: another file than was meant, one that was changed, one that crashes the interpreter."""

import hashlib
import os
import signal
import subprocess
from pathlib import Path

import pytest
from children import running
from packaged import write_packaged
from tiny_model import LABELS, write_tiny_model

from edge_runtime.backends import BACKENDS
from edge_runtime.console.child_process import console_script
from edge_runtime.errors import ModelFileError
from edge_runtime.inference.trial import try_in_child
from edge_runtime.run.cli import main

CRASHING = """
import os, signal, time

class Crashing:
    def __init__(self, model, threads, batch=1):
        {deed}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    return write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")


UNSAID = ("--color", "rgb", "--resize", "squash")


def run(model: Path, *extra: str) -> int:
    labels = str(model.parent / "labels.txt")
    return main([str(model), "synthetic:8x8:1", "--labels", labels, *UNSAID, *extra])


def test_the_right_sha256_is_taken_and_another_refused(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    right = hashlib.sha256(model.read_bytes()).hexdigest()
    assert run(model, "--sha256", right.upper()) == 0
    assert len(capfd.readouterr().out.splitlines()) == 1
    assert run(model, "--sha256", "0" * 64) == 1
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert f"{model}: its SHA-256 is {right}, not {'0' * 64}" in err
    with pytest.raises(SystemExit) as caught:
        run(model, "--sha256", "abc")
    assert caught.value.code == 2


def test_a_file_without_manifest_cannot_be_verified(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(model, "--verify") == 1
    assert "carries no manifest of ours to verify it by; use --sha256" in capfd.readouterr().err


def test_a_manifest_vouches_for_the_weights(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_packaged(tmp_path / "packed.tflite")
    assert main([str(path), "synthetic:8x8:1", "--verify"]) == 0
    capfd.readouterr()
    content = bytearray(path.read_bytes())
    position = content.index(b"pooled")  # a tensor's name: the model still runs
    content[position] ^= 1
    path.write_bytes(bytes(content))
    assert main([str(path), "synthetic:8x8:1"]) == 0
    capfd.readouterr()
    assert main([str(path), "synthetic:8x8:1", "--verify"]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line == f"edge-run: {path}: is not what its manifest vouches for: changed or damaged since conversion"


def test_a_good_model_passes_the_check(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(model, "--check") == 0
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 1
    assert err == ""


def test_a_bad_model_fails_the_check_with_the_line_it_would_end_with(
    model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model.write_bytes(model.read_bytes()[:200])
    assert run(model, "--check") == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"edge-run: {model}: ")


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"crashed the interpreter in a child process \(signal 11, .*damaged"),
        ("os.abort()", r"crashed the interpreter in a child process \(signal 6"),
        ("time.sleep(3600)", r"gave no result within 3 s in a child process"),
        ("bytearray(1 << 60)", "not enough memory"),
    ],
)
def test_a_model_that_crashes_hangs_or_eats_memory_ends_the_child_only(
    model: Path, tmp_path: Path, deed: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashing.py").write_text(CRASHING.format(deed=deed))
    (tmp_path / "crashing-1.0.dist-info").mkdir()
    (tmp_path / "crashing-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: crashing\n")
    points = "[edge_deploy_kit.backends]\ncrashing = crashing:Crashing\n"
    (tmp_path / "crashing-1.0.dist-info" / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("edge_runtime.inference.trial.TRIAL_SECONDS", 3 if "sleep" in deed else 60)
    with pytest.raises(ModelFileError, match=message):
        try_in_child(str(model), backend="crashing", labels=str(tmp_path / "labels.txt"))


def test_the_check_does_not_disturb_what_follows(model: Path) -> None:
    assert "litert" in BACKENDS.names()
    command = [*console_script("edge-run"), str(model), "synthetic:8x8:100000000", "--check"]
    with running(
        [*command, "--labels", str(model.parent / "labels.txt"), *UNSAID],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"edge-run: interrupted\n")
