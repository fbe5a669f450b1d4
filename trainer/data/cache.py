"""Where the trainer keeps what it computed or unpacked for the next run."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """``$XDG_CACHE_HOME/edge-deploy-kit/<name>``, by default below ``~/.cache``."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "edge-deploy-kit" / name
