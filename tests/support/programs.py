"""The one place that tests get a program from that is not Python."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from needs import INSTALL, missing

PACKAGES = {
    "/usr/bin/python3": "python3",  # Debian's own, which sees Debian's modules
    "bash": "bash",
    "chromium": "chromium",
    "g++": "g++",
    "gcc": "gcc",
    "make": "make",
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
    "mount": "mount",
    "openssl": "openssl",
    "sh": "dash",
    "systemd-analyze": "systemd",
    "umount": "mount",
}
"""The Debian package of each program."""
OTHER_NAMES = {"chromium": ("chromium-browser", "google-chrome")}
"""What other systems call them."""


def program(name: str) -> str:
    """The path of a program; where it is not on this machine the test is skipped, and fails under CI."""
    package = PACKAGES[name]
    names = (name, *OTHER_NAMES.get(name, ()))
    found = next(filter(None, (shutil.which(each, path=_places()) for each in names)), None)
    if found is None:
        missing(name, f"{name} is not installed: it is in Debian's package {package}; {INSTALL}")
    return found


def _places() -> str:
    """PATH, and beside each ``bin`` its ``sbin``, where Debian puts servers."""
    places = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place]
    beside = [place.with_name("sbin") for place in places if place.name == "bin"]
    return os.pathsep.join(map(str, places + beside))


def made(path: Path) -> str:
    """A program that the test has made itself, such as compiled."""
    assert path.is_absolute()
    assert path.is_file()
    return str(path)
