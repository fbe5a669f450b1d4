"""What a distillation has reached, on disk, so that one that was interrupted goes on.

<cache>/distill/<what is distilled, and with which images>/layers.npz, state.npz
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from converter.quantize.distill.network import Chosen, TensorFlowNetwork
from converter.quantize.distill.tune import State
from edge_runtime.console.command import logger
from edge_runtime.console.files import OutputError, cache_folder, written_atomically

_VERSION = "1"
"""Of the method: what another version has reached is not gone on from."""
_KEPT = 8
"""So many distillations are kept; the oldest goes first."""


class Progress(Protocol):
    """What shows progress."""

    def update(self, n: int) -> Any:
        """So many steps are done."""


@dataclass(frozen=True)
class Store:
    """What one distillation has reached.

    Attributes:
        folder: of its files, there or not.
    """

    folder: Path

    @classmethod
    def of(cls, quantized: bytes, float32: bytes, images: NDArray[np.float32], settings: str) -> Store:
        """The store of the distillation of these files with these images."""
        digest = hashlib.sha256(f"{_VERSION} {settings}".encode())
        for part in (quantized, float32, images.tobytes()):
            digest.update(hashlib.sha256(part).digest())
        return cls(cache_folder("distill") / digest.hexdigest()[:32])

    def load_layers(self, network: TensorFlowNetwork) -> Chosen | None:
        """What the layers have become; None where they had not all had their turn."""
        found = _load(self.folder / "layers.npz")
        if found is None or set(found) != {f"{kind}{place}" for place in network.free for kind in "wb"}:
            return None
        return {place: (found[f"w{place}"], found[f"b{place}"]) for place in network.free}

    def save_layers(self, chosen: Chosen) -> None:
        """Keeps what the layers have become."""
        arrays = {
            f"{kind}{place}": values for place, pair in chosen.items() for kind, values in zip("wb", pair, strict=True)
        }
        _trim(self.folder.parent)
        self._save("layers.npz", arrays)

    def load_state(self) -> State | None:
        """Where the tuning stands; None where it has not begun."""
        found = _load(self.folder / "state.npz")
        if found is None or set(found) != {field.name for field in fields(State)}:
            return None
        values: dict[str, Any] = {name: array if array.shape else array.item() for name, array in found.items()}
        return State(**values)

    def save_state(self, state: State) -> None:
        """Keeps where the tuning stands."""
        self._save("state.npz", vars(state))

    def _save(self, name: str, arrays: Mapping[str, Any]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with written_atomically(self.folder / name) as temporary:
                np.savez(temporary, **arrays)
        except (OSError, OutputError) as error:
            logger.warning("distill: an interrupted run would begin anew: %s", error)


def _load(path: Path) -> dict[str, NDArray[Any]] | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001 - numpy raises nearly anything on a damaged file
        logger.warning("%s: damaged, so it is computed again: %s", path, error)
        return None


def _trim(folder: Path) -> None:
    """Removes the oldest distillations where there are too many."""
    with suppress(OSError):  # another run may remove one first
        oldest_first = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in oldest_first[: max(0, len(oldest_first) - _KEPT + 1)]:
            shutil.rmtree(path, ignore_errors=True)
