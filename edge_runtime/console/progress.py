"""Progress on stderr: a bar on a terminal, nothing in a pipe."""

from __future__ import annotations

import logging
from typing import Any

from edge_runtime.console.command import logger


def progress_bar(what: str, total: int, unit: str) -> Any:
    """A ``tqdm`` bar that is gone when it is done; quiet in a pipe and from ``--log-level warning`` on."""
    from tqdm import tqdm  # comes with the extras that work for minutes; a device never gets here

    hidden = None if logger.isEnabledFor(logging.INFO) else True  # None: tqdm looks for a terminal
    return tqdm(total=total, desc=what, unit=unit, leave=False, disable=hidden)
