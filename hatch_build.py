"""How a build of edge-deploy-kit in a clone differs from one of its source distribution.

In a clone ``edge_runtime`` lies beside this file. There the build carries the runtime's packages and commands along,
since edge-deploy-runtime of this very commit is on no index. The source distribution has trainer and converter only,
and what is built from it requires edge-deploy-runtime of the same version.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # hatchling needs it too


def _is_clone(root: str) -> bool:
    return Path(root, "edge_runtime").is_dir()


class CommandsHook(MetadataHookInterface):
    """Adds the runtime's commands to those of the kit, in a clone."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Sets ``project.scripts``."""
        metadata["scripts"] = dict(self.config["scripts"])
        if _is_clone(self.root):
            device = tomllib.loads(Path(self.root, "device", "pyproject.toml").read_text("utf-8"))
            metadata["scripts"].update(device["project"]["scripts"])


class RuntimeHook(BuildHookInterface[Any]):
    """Requires the runtime's distribution, where its packages are not carried along."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Adds the requirement; a source distribution always has it."""
        if self.target_name == "sdist" or not _is_clone(self.root):
            build_data["dependencies"].append(f"edge-deploy-runtime=={self.metadata.version}")
