"""A systemd unit that runs edge-run with one configuration file."""

from __future__ import annotations

import getpass
import grp
import sys
from importlib.resources import files
from pathlib import Path
from string import Template

from edge_runtime.console.command import UsageError

_GROUPS = ("video", "render", "gpio", "i2c")  # of devices on a Raspberry Pi; those that are there


def make_unit(config: Path, user: str | None = None) -> str:
    """The unit's text.

    Args:
        config: the configuration file; the service runs in its folder, and can write nowhere else.
        user: whom the service runs as; None for whoever asks, unless that is root.

    Raises:
        UsageError: a path has a character that a unit would read in its own way, there is no such program, or the
            service would run as root without anybody having asked for that.
    """
    config = config.resolve()
    program = Path(sys.prefix) / "bin" / "edge-run"
    if not program.is_file():
        raise UsageError(f"{program}: no such program; install edge-deploy-runtime in this environment")
    for path in (config, program):
        if not set(str(path)).isdisjoint(" \t\n\"'\\%$;#"):
            raise UsageError(
                f"{path}: blanks, quotes and the like do not go into a systemd unit; choose another folder"
            )
    if user is None and getpass.getuser() == "root":
        raise UsageError("the service would run as root; leave sudo out, or name the user: --unit-user pi")
    groups = [name for name in _GROUPS if _exists(name)]
    return Template((files(__package__) / "edge-run.service").read_text("utf-8")).substitute(
        command=f"{program} --config {config} --check",
        folder=config.parent,
        user=user or getpass.getuser(),
        groups=f"SupplementaryGroups={' '.join(groups)}" if groups else "# no groups of devices on this machine",
    )


def _exists(group: str) -> bool:
    try:
        grp.getgrnam(group)
    except KeyError:
        return False
    return True
