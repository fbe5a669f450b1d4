"""What a user writes as SOURCE goes in; frames come out, in order. One file a kind."""

from __future__ import annotations

from edge_runtime.sources.address import without_password
from edge_runtime.sources.base import Connection, EndOfStream, FileSet, Item, LiveSource, Read, Recording, Source
from edge_runtime.sources.counts import FrameCounts
from edge_runtime.sources.registry import open_source

__all__ = [
    "Connection",
    "EndOfStream",
    "FileSet",
    "FrameCounts",
    "Item",
    "LiveSource",
    "Read",
    "Recording",
    "Source",
    "open_source",
    "without_password",
]
