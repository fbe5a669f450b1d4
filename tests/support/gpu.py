"""The software Vulkan driver that stands for a GPU: SwiftShader, of Debian's package chromium."""

from __future__ import annotations

import os
from ctypes.util import find_library
from pathlib import Path

from needs import INSTALL, missing

_DRIVER = Path("/usr/lib/chromium/vk_swiftshader_icd.json")


def software_gpu() -> dict[str, str]:
    """The environment in which a child process finds the software driver and no other."""
    lacking = [
        name
        for name, is_there in (("chromium", _DRIVER.is_file()), ("libvulkan1", find_library("vulkan") is not None))
        if not is_there
    ]
    if lacking:
        missing("software-gpu", f"no software GPU: Debian's {' and '.join(lacking)} not installed; {INSTALL}")
    return {**os.environ, "VK_DRIVER_FILES": str(_DRIVER)}


def no_gpu() -> dict[str, str]:
    """The environment in which a child process finds no GPU, whatever this machine has."""
    return {**os.environ, "VK_DRIVER_FILES": "/nonexistent.json"}
