"""Where the third-party test data lies, and the mark of tests that need it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2].parent / "shared" / "data"

needs_shared_data = pytest.mark.usefixtures("shared_data")
