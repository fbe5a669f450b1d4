"""The software Vulkan driver that stands for a GPU: SwiftShader, of Debian's package chromium."""

from __future__ import annotations

import os
from ctypes.util import find_library
from pathlib import Path

import pytest

_DRIVER = Path("/usr/lib/chromium/vk_swiftshader_icd.json")


def software_gpu() -> dict[str, str]:
    """The environment in which a child process finds the software driver and no other."""
    missing = [
        name
        for name, is_there in (("chromium", _DRIVER.is_file()), ("libvulkan1", find_library("vulkan") is not None))
        if not is_there
    ]
    if missing:
        reason = f"no software GPU: Debian's {' and '.join(missing)} not installed; run tools/install-debian-packages"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return {**os.environ, "VK_DRIVER_FILES": str(_DRIVER)}


def no_gpu() -> dict[str, str]:
    """The environment in which a child process finds no GPU, whatever this machine has."""
    return {**os.environ, "VK_DRIVER_FILES": "/nonexistent.json"}
