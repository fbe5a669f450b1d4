"""Packages that are missing, broken or deadly are findings; the doctor lives on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

import edge_runtime
from edge_runtime.board.machine import Machine
from edge_runtime.console.child_process import child_command
from edge_runtime.doctor.children import Attempt, attempt
from edge_runtime.doctor.findings import Finding
from edge_runtime.doctor.interpreters import check_interpreters
from edge_runtime.doctor.packages import check_opencv, check_sink_packages
from edge_runtime.doctor.probe_models import FLOAT32, INT8

NUMPY_WORKS = Attempt({"version": "2.0"})
SEGFAULT = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"
INTERPRETER = """
import numpy
class Interpreter:
    def __init__(self, model_path, num_threads):
        kind = "int8" if "int8" in model_path else "float32"
        self.memory = numpy.zeros((1, 1, 1, 3), kind)
    def allocate_tensors(self):
        pass
    def get_input_details(self):
        return [{{"index": 0, "shape": numpy.array([1, 1, 1, 3])}}]
    get_output_details = get_input_details
    def tensor(self, index):
        return lambda: self.memory
    def invoke(self):
        self.memory += {added}
    def get_tensor(self, index):
        return self.memory
    def _get_ops_details(self):
        return [{{"op_name": "ADD"}}]
"""


def put_package(folder: Path, name: str, *, init: str = "__version__ = '9.9'", interpreter: str = "") -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(init)
    (folder / name / "interpreter.py").write_text(interpreter)


def not_installed(name: str) -> str:
    message = f"No module named {name!r}"
    return f"raise ModuleNotFoundError({message!r}, name={name!r})"


def run_doctor(python: str, path: list[Path], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    command = child_command("edge_runtime.doctor.cli:entry", *arguments, python=python)
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=path[0])


def findings_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}


def test_without_numpy_and_pillow_the_command_still_answers(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    (tmp_path / "edge_runtime").symlink_to(Path(edge_runtime.__file__).parent)
    done = run_doctor(str(tmp_path / "bare" / "bin" / "python"), [tmp_path], "--json")
    found = findings_of(done)
    assert done.returncode == 1, done.stderr
    assert (found["numpy"]["status"], found["numpy"]["mend"]) == ("problem", "pip install numpy")
    assert (found["pillow"]["status"], found["pillow"]["mend"]) == ("problem", "pip install pillow")
    assert {found[name]["status"] for name in ("ai-edge-litert", "tflite-runtime", "opencv")} == {"absent"}
    assert done.stderr == ""


def test_a_numpy_that_crashes_does_not_end_the_doctor(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text(SEGFAULT)
    done = run_doctor(sys.executable, [tmp_path], "--json")
    found = findings_of(done)
    assert done.returncode == 1
    assert found["numpy"]["status"] == "problem"
    assert "signal 11" in found["numpy"]["detail"]
    assert found["numpy"]["mend"] == "pip install --force-reinstall numpy"
    assert found["pillow"]["status"] == "ok"


def test_half_a_numpy_is_broken_and_not_missing(tmp_path: Path) -> None:
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text(
        "try:\n    import numpy._core\nexcept ImportError as error:\n    raise ImportError('long\\nadvice') from error"
    )
    done = run_doctor(sys.executable, [tmp_path], "--json")
    numpy = findings_of(done)["numpy"]
    assert numpy["status"] == "problem"
    assert numpy["detail"] == "ModuleNotFoundError: No module named 'numpy._core'"
    assert numpy["mend"] == "pip install --force-reinstall numpy"


def test_an_interpreter_that_crashes_beside_a_good_one_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_package(tmp_path, "tflite_runtime", interpreter=SEGFAULT)
    monkeypatch.syspath_prepend(tmp_path)
    litert, tflite_runtime = check_interpreters(Machine(), NUMPY_WORKS)
    assert litert.status == "ok"
    assert tflite_runtime.status == "warning"
    assert "signal 11" in tflite_runtime.detail


def test_a_broken_ai_edge_litert_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_package(tmp_path, "ai_edge_litert", interpreter="raise ImportError('libfoo.so.1: cannot\\nopen')")
    monkeypatch.syspath_prepend(tmp_path)
    litert = check_interpreters(Machine(), NUMPY_WORKS)[0]
    assert litert == Finding(
        "ai-edge-litert",
        "problem",
        "ImportError: libfoo.so.1: cannot open",
        "pip install --force-reinstall ai-edge-litert",
    )


def test_an_interpreter_that_calculates_wrongly_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_package(tmp_path, "ai_edge_litert", interpreter=INTERPRETER.format(added=4))
    monkeypatch.syspath_prepend(tmp_path)
    litert = check_interpreters(Machine(), NUMPY_WORKS)[0]
    assert litert.status == "problem"
    assert "3 + 3 came out as [7.0, 7.0, 7.0]" in litert.detail


def test_an_interpreter_without_xnnpack_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_package(tmp_path, "ai_edge_litert", interpreter=INTERPRETER.format(added=3))
    monkeypatch.syspath_prepend(tmp_path)
    litert = check_interpreters(Machine(), NUMPY_WORKS)[0]
    assert litert.status == "warning"
    assert litert.detail.startswith("9.9, runs float32 and int8 models without XNNPACK")
    assert "/sys" in litert.fix


@pytest.mark.parametrize(
    ("bits", "python", "named", "fix"),
    [
        (64, (3, 13, 5), "ai-edge-litert", "pip install 'edge-deploy-kit[litert]'"),
        (32, (3, 11, 2), "tflite-runtime", "pip install 'edge-deploy-kit[tflite-runtime]'"),
        (32, (3, 13, 5), "tflite-runtime", "install the 64-bit Raspberry Pi OS"),
    ],
)
def test_no_interpreter_names_the_one_that_fits_this_python(
    bits: int, python: tuple[int, int, int], named: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("ai_edge_litert", "tflite_runtime"):
        put_package(tmp_path, module, init=not_installed(module))
    monkeypatch.syspath_prepend(tmp_path)
    found = {finding.name: finding for finding in check_interpreters(Machine(bits=bits, python=python), NUMPY_WORKS)}
    problem = found.pop(named)
    (other,) = found.values()
    assert problem.status == "problem"
    assert problem.fix.startswith(fix)
    assert (other.status, other.fix) == ("absent", None)
    ended = "not installed: tflite-runtime has no release for Python 3.12 and later; use the extra litert"
    assert other.detail == (ended if named == "ai-edge-litert" else "not installed")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (SEGFAULT, "crashed with signal 11 (Segmentation fault)"),
        ("import sys; sys.exit('no licence')", "ended with exit code 1: no licence"),
        ("import os; os._exit(0)", "ended with exit code 0: without a word"),
        ("import os; os._exit(7)", "ended with exit code 7: without a word"),
        ("import missing_part", "ModuleNotFoundError: No module named 'missing_part'"),
        ("1 +", "SyntaxError: invalid syntax (cv2.py, line 1)"),
    ],
)
def test_each_way_to_fail_is_one_line(body: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cv2.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    tried = attempt("opencv", seconds=60)
    assert (tried.works, tried.error) == (False, error)
    assert not tried.misses("cv2")


def test_a_package_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cv2.py").write_text("import time; time.sleep(600)")
    monkeypatch.syspath_prepend(tmp_path)
    found = check_opencv(Machine(child_seconds=1.5), NUMPY_WORKS)
    assert (found.status, found.detail) == ("problem", "gave no answer within 1.5 s")


def test_opencv_without_its_libraries_names_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "libGL.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "cv2.py").write_text(f"raise ImportError({message!r})")
    monkeypatch.syspath_prepend(tmp_path)
    found = check_opencv(Machine(), NUMPY_WORKS)
    assert (found.status, found.detail) == ("problem", f"ImportError: {message}")
    assert found.fix == "pip uninstall -y opencv-python && pip install 'edge-deploy-kit[camera]'"


def test_what_opencv_was_built_with_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = (
        "  Video I/O:\n    FFMPEG:      NO\n    GStreamer:   YES (1.22.0)\n    v4l/v4l2:    YES (linux/videodev2.h)\n"
    )
    (tmp_path / "cv2.py").write_text(f"__version__ = '4.6.0'\ndef getBuildInformation():\n    return {build!r}")
    monkeypatch.syspath_prepend(tmp_path)
    assert check_opencv(Machine(), NUMPY_WORKS) == Finding("opencv", "ok", "4.6.0, FFMPEG no, GStreamer yes, V4L2 yes")


def test_what_a_package_prints_does_not_spoil_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = "import os\nprint('hello')\nos.write(1, b'from native code')\n__version__ = '4'\n"
    (tmp_path / "cv2.py").write_text(f"{noise}def getBuildInformation():\n    return ''")
    monkeypatch.syspath_prepend(tmp_path)
    assert attempt("opencv", seconds=60).facts == {"version": "4", "video_io": {}}


@pytest.mark.parametrize(("content", "kind"), [(FLOAT32, schema.TensorType.FLOAT32), (INT8, schema.TensorType.INT8)])
def test_the_bundled_models_are_what_their_comment_says(content: bytes, kind: int) -> None:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    (graph,) = model.subgraphs
    (operator,) = graph.operators
    assert content[4:8] == b"TFL3"
    assert model.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.ADD
    assert (list(operator.inputs), list(operator.outputs)) == ([0, 0], [1])
    assert (list(graph.inputs), list(graph.outputs)) == ([0], [1])
    assert [(list(tensor.shape), tensor.type) for tensor in graph.tensors] == [([1, 1, 1, 3], kind)] * 2


def test_what_sinks_need_is_absent_old_or_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("paho", "starlette"):
        put_package(tmp_path, name, init=not_installed(name))
    mqtt, preview = check_sink_packages(Machine())
    assert mqtt == Finding(
        "paho-mqtt", "absent", "paho is not installed; the sink mqtt needs it", "pip install 'edge-deploy-kit[mqtt]'"
    )
    assert (preview.status, preview.fix) == ("absent", "pip install 'edge-deploy-kit[preview]'")
    (tmp_path / "paho" / "__init__.py").write_text("")  # Debian bookworm's 1.6 has no enums
    (tmp_path / "paho" / "mqtt").mkdir()
    (tmp_path / "paho" / "mqtt" / "__init__.py").write_text("__version__ = '1.6.1'")
    (tmp_path / "starlette" / "__init__.py").write_text("raise ValueError('broken')")
    mqtt, preview = check_sink_packages(Machine())
    assert (mqtt.status, mqtt.detail) == ("warning", "older than version 2, which the sink mqtt needs")
    assert (preview.status, preview.detail) == ("warning", "ValueError: broken")
