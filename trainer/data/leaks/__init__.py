"""Images go in; those that show the same, and parts without leaks, come out."""

from __future__ import annotations

from trainer.data.leaks.screen import screen

__all__ = ["screen"]
