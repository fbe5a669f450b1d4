"""TFLite metadata: what MediaPipe, Android and others read of a model, and the files packed at its end.

The tables are those of ``metadata_schema.fbs`` (identifier M001); a slot is a field's place in its table there.
https://ai.google.dev/edge/litert/conversion/tensorflow/metadata
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flatbuffers
import numpy as np

from edge_runtime.contracts.manifest import MANIFEST_NAME
from edge_runtime.contracts.preprocessing import PreprocessSpec

LABELS_NAME = "labels.txt"
CALIBRATION_NAME = "score_calibration.txt"

_IDENTIFIER = b"M001"
_MIN_PARSER_VERSION = "1.0.0"
_TENSOR_AXIS_LABELS, _SCORE_CALIBRATION = 2, 4
_FEATURE_PROPERTIES, _IMAGE_PROPERTIES = 1, 2
_NORMALIZATION_OPTIONS, _CALIBRATION_OPTIONS, _THRESHOLDING_OPTIONS = 1, 2, 3
_INVERSE_LOGISTIC = 2
_COLOR_SPACES = {"RGB": 1, "GRAY": 2, "BGR": 0}
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip can say: no file's time may change a model's bytes."""

Offset = int
"""Where in the builder a finished part lies."""


@dataclass(frozen=True)
class ModelCard:
    """What a model says of itself in words; empty texts are left out."""

    name: str
    description: str
    version: str = ""
    author: str = ""
    license: str = ""


def build_metadata(card: ModelCard, spec: PreprocessSpec, thresholds: Sequence[float] = ()) -> bytes:
    """Returns the metadata flatbuffer of an image classifier: one image in, one score a label out.

    Args:
        card: what it says of itself.
        spec: how pixels become its input.
        thresholds: a score from which a label counts, one a label; empty where there are none.
    """
    builder = flatbuffers.Builder(1024)
    inputs = _tables(builder, [_image_tensor(builder, spec)])
    outputs = _tables(builder, [_scores_tensor(builder, thresholds)])
    graph = _table(builder, {2: inputs, 3: outputs})
    manifest = _file(builder, MANIFEST_NAME, "The model's contract and provenance, for edge-run.", file_type=0)
    texts = {0: card.name, 1: card.description, 2: card.version, 4: card.author, 5: card.license}
    model = _table(
        builder,
        {
            **{slot: builder.CreateString(text) for slot, text in texts.items() if text},
            3: _tables(builder, [graph]),
            6: _tables(builder, [manifest]),
            7: builder.CreateString(_MIN_PARSER_VERSION),
        },
    )
    builder.Finish(model, _IDENTIFIER)
    return bytes(builder.Output())


def append_files(model: bytes, files: Mapping[str, str | bytes]) -> bytes:
    """Returns ``model`` with files packed behind it, as a stored zip; the same input gives the same bytes."""
    whole = io.BytesIO()
    whole.write(model)
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.external_attr = 0o644 << 16  # what unzip makes of it is readable
            archive.writestr(entry, content)
    return whole.getvalue()


def label_file(labels: Sequence[str]) -> str:
    """The text of ``labels.txt``."""
    return "".join(f"{label}\n" for label in labels)


def calibration_file(thresholds: Sequence[float]) -> str | None:
    """The text of ``score_calibration.txt``, which gives each label its own threshold; None where one does for all.

    A line is "scale, slope, offset, lowest score". Behind the inverse logistic function the first three, being 1, 1
    and 0, leave a score as it is; one below the last becomes 0. So the metadata's one threshold, the least of all,
    cuts off what lies below its own.
    """
    if len(set(thresholds)) < 2:
        return None
    return "\n".join(f"1,1,0,{threshold:.6g}" for threshold in thresholds)  # MediaPipe counts an empty last line


def _image_tensor(builder: flatbuffers.Builder, spec: PreprocessSpec) -> Offset:
    properties = _table(builder, {}, {0: _COLOR_SPACES[spec.color]})
    content = _table(builder, {1: properties}, {0: _IMAGE_PROPERTIES})
    mean, std = (builder.CreateNumpyVector(np.asarray(values, "<f4")) for values in (spec.mean, spec.std))
    unit = _table(builder, {1: _table(builder, {0: mean, 1: std})}, {0: _NORMALIZATION_OPTIONS})
    name, text = builder.CreateString("image"), builder.CreateString(f"{spec.width}x{spec.height} pixels, {spec.color}")
    return _table(builder, {0: name, 1: text, 3: content, 4: _tables(builder, [unit])})


def _scores_tensor(builder: flatbuffers.Builder, thresholds: Sequence[float]) -> Offset:
    content = _table(builder, {1: _table(builder, {})}, {0: _FEATURE_PROPERTIES})
    files = [_file(builder, LABELS_NAME, "One label a class, in the order of the scores.", _TENSOR_AXIS_LABELS)]
    units = []
    if calibration_file(thresholds) is not None:
        files.append(_file(builder, CALIBRATION_NAME, "Each label's own threshold.", _SCORE_CALIBRATION))
        options = _table(builder, {}, {0: _INVERSE_LOGISTIC})
        units.append(_table(builder, {1: options}, {0: _CALIBRATION_OPTIONS}))
    if thresholds:
        units.append(_table(builder, {1: _threshold(builder, min(thresholds))}, {0: _THRESHOLDING_OPTIONS}))
    name, text = builder.CreateString("scores"), builder.CreateString("One score a class.")
    offsets = {0: name, 1: text, 3: content, 6: _tables(builder, files)}
    return _table(builder, {**offsets, 4: _tables(builder, units)} if units else offsets)


def _threshold(builder: flatbuffers.Builder, value: float) -> Offset:
    builder.StartObject(1)
    builder.PrependFloat32Slot(0, value, 0.0)
    return int(builder.EndObject())


def _file(builder: flatbuffers.Builder, name: str, description: str, file_type: int) -> Offset:
    offsets = {0: builder.CreateString(name), 1: builder.CreateString(description)}
    return _table(builder, offsets, {2: file_type})


def _table(
    builder: flatbuffers.Builder, offsets: Mapping[int, Offset], numbers: Mapping[int, int] | None = None
) -> Offset:
    """Writes a table from finished parts and one-byte numbers, each by its slot."""
    numbers = numbers or {}
    builder.StartObject(max((*offsets, *numbers), default=-1) + 1)
    for slot, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    for slot, number in numbers.items():
        builder.PrependUint8Slot(slot, number, 0)
    return int(builder.EndObject())


def _tables(builder: flatbuffers.Builder, tables: Sequence[Offset]) -> Offset:
    """Writes a vector of tables."""
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())
