"""Plug-ins by name: "module:Class", imported when one is first used.

Another package adds one through an entry point, in its pyproject.toml:

    [project.entry-points."edge_deploy_kit.sources"]
    mycamera = "my_package.camera:MySource"

Entry points are looked up only where a name is none of ours: it costs a device 14 ms and 4 MB.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Any

from edge_runtime.contracts.errors import ContractError


class Registry:
    """Names of one kind of plug-in and where their classes live."""

    def __init__(self, kind: str, targets: dict[str, str], group: str = "") -> None:
        """Registers our own plug-ins.

        Args:
            kind: what error messages call them.
            targets: name to "module:Class".
            group: of entry points, where other packages may add to them.
        """
        self.kind = kind
        self.group = group
        self._targets: dict[str, str] = {}
        for name, target in targets.items():
            self.register(name, target)

    def register(self, name: str, target: str) -> None:
        """Adds a plug-in.

        Raises:
            ContractError: the name is taken, or the target is not "module:Class".
        """
        if name in self._targets:
            raise ContractError(f"{self.kind} {name!r} is registered twice: {self._targets[name]} and {target}")
        if target.count(":") != 1:
            raise ContractError(f"{self.kind} {name!r}: {target!r} is not 'module:Class'")
        self._targets[name] = target

    def names(self) -> tuple[str, ...]:
        """The names of our own plug-ins, in the order of registration."""
        return tuple(self._targets)

    def knows(self, name: str) -> bool:
        """Whether there is a plug-in of this name, ours or of another package."""
        return name in self._targets or name in self._entry_points

    def load(self, name: str) -> Any:
        """Imports and returns the class.

        Raises:
            ContractError: no plug-in has this name, or another package's cannot be imported.
        """
        if name in self._targets:
            module, _, attribute = self._targets[name].partition(":")
            return getattr(import_module(module), attribute)
        if name not in self._entry_points:
            names = ", ".join((*self._targets, *self._entry_points))
            raise ContractError(f"no {self.kind} {name!r}; there are {names}")
        target = self._entry_points[name]
        try:
            return target.load()
        except Exception as error:
            raise ContractError(
                f"{self.kind} {name!r}: {target.value} cannot be imported: {error}; it was added by another package"
            ) from error

    @cached_property
    def _entry_points(self) -> Mapping[str, Any]:
        if not self.group:
            return {}
        from importlib.metadata import entry_points

        return {point.name: point for point in entry_points(group=self.group)}
