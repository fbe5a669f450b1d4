"""Reads the TFLite metadata of any model. Slots as in ``metadata_schema.fbs`` (identifier M001)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge_runtime.model import METADATA_NAME, FlatTable

_CONTENTS = ("", "feature", "image", "bounding box", "audio")
_IMAGE = 2
_COLOR_SPACES = ("", "RGB", "GRAYSCALE")
_FILE_TYPES = ("other", "description", "labels", "value labels", "score calibration", "vocabulary", "ScaNN index")
_NORMALIZATION, _THRESHOLDING = 1, 3


@dataclass(frozen=True)
class TensorMetadata:
    """What the TFLite metadata says of one input or output; see ``metadata_schema.fbs``.

    Attributes:
        content: "image", "feature", …; empty where it does not say.
        color_space: "RGB", "GRAYSCALE" or empty.
        mean: of its normalisation; empty where it has none.
        std: likewise.
        score_threshold: below which scores do not count; None where it says none.
        files: associated files, name to what they are ("labels", "score calibration", …).
    """

    name: str
    description: str
    content: str
    color_space: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    score_threshold: float | None
    files: Mapping[str, str]


@dataclass(frozen=True)
class Metadata:
    """The TFLite metadata of a model."""

    name: str
    description: str
    version: str
    author: str
    license: str
    min_parser_version: str
    inputs: tuple[TensorMetadata, ...]
    outputs: tuple[TensorMetadata, ...]


def metadata_buffer(model: FlatTable, name: str = METADATA_NAME) -> bytes:
    """The content of a named metadata buffer of the model; empty where there is none."""
    buffers = model.tables(4)
    for entry in model.tables(6):
        number = entry.number(1, "I")
        if entry.text(0) == name and number < len(buffers):
            return buffers[number].blob(0)
    return b""


def read_metadata(content: bytes, where: str) -> Metadata:
    """Reads a metadata flatbuffer.

    Raises:
        ModelFileError: it is damaged.
    """
    table = FlatTable.root(content, b"M001", f"{where}: TFLite metadata")
    graphs = table.tables(3)
    inputs, outputs = (tuple(map(_tensor, graphs[0].tables(slot))) if graphs else () for slot in (2, 3))
    name, description, version, author, license_, parser = (table.text(slot) for slot in (0, 1, 2, 4, 5, 7))
    return Metadata(name, description, version, author, license_, parser, inputs, outputs)


def _tensor(table: FlatTable) -> TensorMetadata:
    content = table.table(3)
    kind = content.number(0, "B") if content else 0
    properties = content.table(1) if content and kind == _IMAGE else None
    units = {unit.number(0, "B"): unit.table(1) for unit in table.tables(4)}
    normalization, thresholding = units.get(_NORMALIZATION), units.get(_THRESHOLDING)
    return TensorMetadata(
        name=table.text(0),
        description=table.text(1),
        content=_named(_CONTENTS, kind),
        color_space=_named(_COLOR_SPACES, properties.number(0, "b")) if properties else "",
        mean=normalization.numbers(0, "f") if normalization else (),
        std=normalization.numbers(1, "f") if normalization else (),
        score_threshold=thresholding.real(0) if thresholding else None,
        files={file.text(0): _named(_FILE_TYPES, file.number(2, "b")) for file in table.tables(6)},
    )


def _named(names: tuple[str, ...], code: int) -> str:
    return names[code] if 0 <= code < len(names) else f"type {code}"
