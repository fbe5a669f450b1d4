"""edge-doctor in the environments of devices, and the one that breaks: tflite-runtime 2.14 beside numpy 2."""

import json
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from environments import environment_python

from edge_runtime.board.machine import Machine
from edge_runtime.doctor.children import attempt
from edge_runtime.doctor.interpreters import check_interpreters

pytestmark = pytest.mark.device


@pytest.fixture(scope="session")
def tflite_runtime_bin() -> Path:
    return Path(environment_python("tflite-runtime")).parent


@pytest.mark.slow  # make check-wheels installs it, too
def test_the_lean_install_has_the_command_and_no_problem() -> None:
    doctor = Path(environment_python("lean")).with_name("edge-doctor")
    done = subprocess.run([doctor, "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    found = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["ai-edge-litert"]["status"] == "ok"
    assert found["opencv"]["status"] == "absent"
    assert found["opencv"]["mend"] == "pip install 'edge-deploy-runtime[camera]'"


def test_tflite_runtime_without_xnnpack_for_int8_is_told(tflite_runtime_bin: Path) -> None:
    done = subprocess.run([tflite_runtime_bin / "edge-doctor", "--json"], capture_output=True, text=True)
    found = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["tflite-runtime"]["status"] == "warning"
    assert "2.14.0, runs int8 models without XNNPACK" in found["tflite-runtime"]["detail"]


def test_tflite_runtime_beside_numpy_2_is_found(
    tflite_runtime_bin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package,) = tflite_runtime_bin.parent.glob("lib/python*/site-packages/tflite_runtime")
    (tmp_path / "tflite_runtime").symlink_to(package)
    monkeypatch.syspath_prepend(tmp_path)
    assert int(version("numpy").partition(".")[0]) >= 2
    tflite_runtime = check_interpreters(Machine(), attempt("numpy", 60))[1]
    assert tflite_runtime.name == "tflite-runtime"
    assert tflite_runtime.status == "warning"  # since ai-edge-litert works beside it
    assert tflite_runtime.fix == "pip install 'numpy<2'"
