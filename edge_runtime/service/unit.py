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


def make_unit(config: Path) -> str:
    """The unit's text.

    Args:
        config: the configuration file; the service runs in its folder, and can write nowhere else.

    Raises:
        UsageError: a path has a character that a unit would read in its own way.
    """
    config = config.resolve()
    program = Path(sys.prefix) / "bin" / "edge-run"
    for path in (config, program):
        if not set(str(path)).isdisjoint(" \t\n\"'\\%$;#"):
            raise UsageError(
                f"{path}: blanks, quotes and the like do not go into a systemd unit; choose another folder"
            )
    groups = [name for name in _GROUPS if _exists(name)]
    return Template((files(__package__) / "edge-run.service").read_text("utf-8")).substitute(
        command=f"{program} --config {config} --check",
        folder=config.parent,
        user=getpass.getuser(),
        groups=f"SupplementaryGroups={' '.join(groups)}" if groups else "# no groups of devices on this machine",
    )


def _exists(group: str) -> bool:
    try:
        grp.getgrnam(group)
    except KeyError:
        return False
    return True
