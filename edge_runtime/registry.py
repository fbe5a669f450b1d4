"""Plug-ins by name: "module:Class", imported when one is first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from edge_runtime.contracts.errors import ContractError


class Registry:
    """Names of one kind of plug-in and where their classes live."""

    def __init__(self, kind: str, targets: dict[str, str]) -> None:
        self.kind = kind
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
        """All names, in the order of registration."""
        return tuple(self._targets)

    def load(self, name: str) -> Any:
        """Imports and returns the class.

        Raises:
            ContractError: no plug-in has this name.
        """
        if name not in self._targets:
            raise ContractError(f"no {self.kind} {name!r}; there are {', '.join(self._targets)}")
        module, _, attribute = self._targets[name].partition(":")
        return getattr(import_module(module), attribute)
