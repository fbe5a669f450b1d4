"""What a user writes as SOURCE goes in; frames come out, in order. One file a kind."""

from __future__ import annotations

from edge_runtime.sources.address import without_password
from edge_runtime.sources.base import (
    ConfiguredConnection,
    Connection,
    EndOfStream,
    FileSet,
    Item,
    LiveSource,
    Picture,
    Read,
    Recording,
    Recovery,
    Source,
)
from edge_runtime.sources.counts import FrameCounts
from edge_runtime.sources.liveness import Liveness, Patience
from edge_runtime.sources.options import SourceOption, split_option
from edge_runtime.sources.registry import open_source

__all__ = [
    "ConfiguredConnection",
    "Connection",
    "EndOfStream",
    "FileSet",
    "FrameCounts",
    "Item",
    "LiveSource",
    "Liveness",
    "Patience",
    "Picture",
    "Read",
    "Recording",
    "Recovery",
    "Source",
    "SourceOption",
    "open_source",
    "split_option",
    "without_password",
]
