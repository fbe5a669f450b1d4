"""The userlands: what each holds, and how it is made below build/pi-userland.

A userland is a Debian root of unpacked packages, the folder into which the host's pip installed the project's wheel
and its dependencies for that processor, and a ``python`` that runs the root's Python in QEMU's user mode.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.pi_userland.debian import host_architecture, unpack_packages
from tools.pi_userland.steps import BUILD, ROOT, make_once, run

EMULATOR_SUITE = "trixie"  # QEMU 10; bookworm's 7.2 crashes in LiteRT
EMULATORS = ("qemu-aarch64", "qemu-arm")


@dataclass(frozen=True)
class Userland:
    """One kind of Raspberry Pi OS.

    Attributes:
        name: SUITE-ARCHITECTURE, in Debian's names.
        python: the version of its Python.
        emulator: QEMU's program.
        cpu: the processor that QEMU shows, that of a Pi; never "max", which no Pi has.
        packages: beyond Python, from Debian.
        backend: the interpreter that one installs there.
        delegate: what takes its operators.
        glibc: its minor version, which decides about wheels.
        machine: its name in wheels.
    """

    name: str
    python: str
    emulator: str
    cpu: str
    packages: tuple[str, ...]
    backend: str
    delegate: str
    glibc: int
    machine: str

    @property
    def suite(self) -> str:
        """Debian's release."""
        return self.name.partition("-")[0]

    @property
    def architecture(self) -> str:
        """Debian's architecture."""
        return self.name.partition("-")[2]

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return BUILD / self.name

    @property
    def interpreter(self) -> Path:
        """A program for this machine that behaves as that userland's Python; children it starts are emulated too."""
        return self.folder / "root" / "usr" / "bin" / "python"

    def command(self, name: str) -> list[str]:
        """The start of a command that runs the installed console script ``name`` there."""
        return [str(self.interpreter), str(self.folder / "site" / "bin" / name)]


USERLANDS = {
    userland.name: userland
    for userland in (
        Userland("bookworm-arm64", "3.11", "qemu-aarch64", "cortex-a72", (), "litert", "xnnpack", 36, "aarch64"),
        Userland("trixie-arm64", "3.13", "qemu-aarch64", "cortex-a76", (), "litert", "xnnpack", 41, "aarch64"),
        Userland(
            "bookworm-armhf",
            "3.11",
            "qemu-arm",
            "cortex-a7",
            ("python3-numpy", "python3-pil"),  # the registry has no wheels of them for armv7l
            "tflite-runtime",
            "none",  # the armv7l wheel is built without XNNPACK
            36,
            "armv7l",
        ),
    )
}


def build_wheel() -> Path:
    """Builds the wheel for devices.

    Raises:
        UserlandError: pip failed; what it said.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="wheel-", dir=BUILD))
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT / "device"])
    (built,) = folder.glob("*.whl")
    wheel = built.rename(BUILD / built.name)
    folder.rmdir()
    return wheel


def make_userland(userland: Userland, wheel: Path) -> None:
    """Makes what is missing or outdated of a userland.

    Raises:
        UserlandError: apt or pip failed, or this machine cannot do it.
    """
    this = Path(__file__).read_bytes()
    make_once(BUILD / "emulator", [EMULATOR_SUITE, *EMULATORS], _make_emulator)
    userland.folder.mkdir(exist_ok=True)
    make_once(userland.folder / "root", [this], lambda root: _make_root(userland, root))
    inputs = (this, wheel.read_bytes(), (ROOT / "constraints.txt").read_bytes())
    make_once(userland.folder / "site", inputs, lambda site: _make_site(userland, wheel, site))


def _make_emulator(folder: Path) -> None:
    members = [f"./usr/bin/{name}" for name in EMULATORS]
    unpack_packages(EMULATOR_SUITE, host_architecture(), ["qemu-user"], folder, members)


def _make_root(userland: Userland, root: Path) -> None:
    python = (f"python{userland.python}-minimal", f"libpython{userland.python}-stdlib", "libstdc++6", "zlib1g")
    unpack_packages(userland.suite, userland.architecture, [*python, *userland.packages], root)
    if not (root / "lib").exists():
        (root / "lib").symlink_to("usr/lib")  # as base-files does, where packages have moved there
    for library in root.glob("usr/lib/*/*/lib*.so.3"):
        if library.parent.name in ("blas", "lapack"):  # as update-alternatives does when they are configured
            (library.parent.parent / library.name).symlink_to(f"{library.parent.name}/{library.name}")
    python_here = userland.interpreter
    python_here.write_text(_WRAPPER.format(
        site=shlex.quote(str(userland.folder / "site")),
        qemu=shlex.quote(str(BUILD / "emulator" / "usr" / "bin" / userland.emulator)),
        cpu=userland.cpu,
        root=shlex.quote(str(root)),
        python=shlex.quote(str(root / "usr" / "bin" / f"python{userland.python}")),
    ))  # fmt: skip
    python_here.chmod(0o755)


# -0: Python takes this script for itself, so what it starts by sys.executable is emulated as well.
_WRAPPER = """\
#!/bin/sh
export PYTHONPATH={site} PYTHONNOUSERSITE=1
unset PYTHONHOME LD_LIBRARY_PATH LD_PRELOAD
exec {qemu} -cpu {cpu} -0 "$0" -L {root} {python} "$@"
"""


def _make_site(userland: Userland, wheel: Path, site: Path) -> None:
    """Has the host's pip choose and install what pip on the device would."""
    what: list[str | Path]
    if userland.backend == "litert":
        what = ["-c", ROOT / "constraints.txt", f"{wheel}[litert]"]
    else:
        what = ["--no-deps", wheel, "tflite-runtime==2.14.0"]  # the rest is Debian's
    tags = [f"--platform=manylinux_2_{minor}_{userland.machine}" for minor in range(17, userland.glibc + 1)]
    for_device = ["--only-binary=:all:", "--implementation=cp", f"--python-version={userland.python}", *tags]
    run([sys.executable, "-m", "pip", "install", "-q", "--no-compile", *for_device, "--target", site, *what])
