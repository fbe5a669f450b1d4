"""Where the third-party test data lies, and the skip for where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2].parent / "shared" / "data"

needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason="the third-party test data (../shared/data) is not on this machine"
)
