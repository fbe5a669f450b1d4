"""The runtime's modules that must import on a machine with nothing but numpy and Pillow."""

from __future__ import annotations

import pkgutil

import edge_runtime

OF_ONE_LIBRARY = ("resize_opencv", "preview.app", "preview.connections", "preview.guards", "preview.metrics")
"""Modules about one library, imported by what needs it."""


def lean_modules() -> list[str]:
    """Their names."""
    walked = pkgutil.walk_packages(edge_runtime.__path__, "edge_runtime.")
    return ["edge_runtime", *(module.name for module in walked if not module.name.endswith(OF_ONE_LIBRARY))]
