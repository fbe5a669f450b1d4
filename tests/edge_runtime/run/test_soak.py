"""Every frame accounted for, every event arrived, whoever goes away meanwhile; soak_long.py does it for longer."""

from pathlib import Path

import pytest
from soak import soak


@pytest.mark.slow  # runs for seconds on purpose
def test_the_books_balance_while_broker_and_consumer_come_and_go(tmp_path: Path) -> None:
    books = soak(tmp_path, frames=3000, rate=600, away_seconds=0.3)
    assert books.faults(3000) == []
    assert books.failed > 0
    assert books.memory_mb
