"""What a child process runs: imports one package, tries it, and prints what it learned as one line of JSON.

The line is {"facts": {…}} or {"error": "…", "lacks": "the module that is not there" or null}. A child that crashes
prints none; ``children.py`` reads both.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from edge_runtime.doctor.probe_models import FLOAT32, INT8

Facts = dict[str, Any]

_VIDEO_IO = {"FFMPEG": "FFMPEG", "GStreamer": "GStreamer", "v4l/v4l2": "V4L2"}


def main() -> None:
    """Runs the probe that is named and writes its line to stdout; what libraries print there goes to stderr."""
    with open(os.dup(1), "w") as answer:  # noqa: PTH123 - a descriptor, no path
        os.dup2(2, 1)
        answer.write(json.dumps(_attempt(PROBES[sys.argv[1]])))


def _attempt(probe: Callable[[], Facts]) -> Mapping[str, Any]:
    try:
        return {"facts": probe()}
    except Exception as error:  # noqa: BLE001 - a broken package raises anything; that is what is looked for
        cause = error
        while isinstance(cause.__cause__, Exception):
            cause = cause.__cause__
        lacks = cause.name if isinstance(cause, ModuleNotFoundError) else None
        return {"error": f"{type(cause).__name__}: {cause}", "lacks": lacks}


def _numpy() -> Facts:
    numpy = import_module("numpy")
    product = float(numpy.ones((4, 4), "float32").dot(numpy.ones(4, "float32")).sum())  # loads the linear algebra
    if product != 16.0:
        raise ArithmeticError(f"a sum of 16 ones came out as {product}")
    return {"version": _version(numpy)}


def _pillow() -> Facts:
    import_module("PIL._imaging")
    return {"version": _version(import_module("PIL"))}


def _interpreter(backend: str, module: str) -> Facts:
    import_module(module)
    from edge_runtime.backends import BACKENDS
    from edge_runtime.model import UserSays, read_model_file

    delegates = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, content in (("float32", FLOAT32), ("int8", INT8)):
            path = Path(folder, f"{kind}.tflite")
            path.write_bytes(content)
            loaded = BACKENDS.load(backend)(read_model_file(path, UserSays(layout="nhwc")), threads=1)
            loaded.write(lambda tensor: tensor.fill(3))
            loaded.invoke()
            answer = loaded.read().tolist()
            if answer != [6, 6, 6]:
                raise ArithmeticError(f"{kind}: 3 + 3 came out as {answer}")
            delegates[kind] = loaded.info.delegate
    return {"version": loaded.info.version, "delegates": delegates}


def _opencv() -> Facts:
    cv2 = import_module("cv2")
    pairs = (line.partition(":")[::2] for line in cv2.getBuildInformation().splitlines())
    said = {key.strip(): value.strip() for key, value in pairs}
    video_io = {name: said[key].startswith("YES") for key, name in _VIDEO_IO.items() if key in said}
    return {"version": _version(cv2), "video_io": video_io}


def _picamera2() -> Facts:
    picamera2 = import_module("picamera2")
    # libcamera numbers USB cameras among the others; those have a finding of their own.
    cameras = [
        f"picamera2:{number} ({camera['Model']})"
        for number, camera in enumerate(picamera2.Picamera2.global_camera_info())
        if "usb" not in camera["Id"]
    ]
    return {"version": _version(picamera2), "cameras": cameras}


def _paho() -> Facts:
    import_module("paho.mqtt.enums").CallbackAPIVersion.VERSION2  # noqa: B018 - paho-mqtt 1 has no such module
    return {"version": _version(import_module("paho.mqtt"))}


def _preview() -> Facts:
    modules = {name: import_module(name) for name in ("starlette", "uvicorn", "prometheus_client")}
    return {"version": ", ".join(f"{name} {_version(module)}" for name, module in modules.items())}


def _version(module: ModuleType) -> str:
    known = getattr(module, "__version__", None)
    if known is not None:
        return str(known)
    try:
        return metadata.version(module.__name__)
    except metadata.PackageNotFoundError:
        return "of unknown version"


PROBES: Mapping[str, Callable[[], Facts]] = {
    "numpy": _numpy,
    "pillow": _pillow,
    "ai-edge-litert": lambda: _interpreter("litert", "ai_edge_litert.interpreter"),
    "tflite-runtime": lambda: _interpreter("tflite-runtime", "tflite_runtime.interpreter"),
    "opencv": _opencv,
    "picamera2": _picamera2,
    "paho-mqtt": _paho,
    "preview": _preview,
}
