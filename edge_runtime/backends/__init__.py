"""A model file goes in; an interpreter that takes a tensor and gives scores comes out. One file a backend."""

from __future__ import annotations

from edge_runtime.backends.base import Backend, BackendInfo
from edge_runtime.backends.null import NullBackend
from edge_runtime.backends.registry import BACKENDS, installed_backends

__all__ = ["BACKENDS", "Backend", "BackendInfo", "NullBackend", "installed_backends"]
