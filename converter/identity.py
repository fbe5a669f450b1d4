"""What a converted model says of itself: name, origin, time. The same MODEL and options give the same, at any time."""

from __future__ import annotations

import os
import platform
import re
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from converter.config import ConvertConfig
from converter.errors import ConfigError
from converter.models import Source
from converter.quantize.package import Identity
from converter.tflite.metadata_write import ModelCard
from edge_runtime.console.command import tool_version
from edge_runtime.contracts.manifest import Provenance
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.contracts.version import DISTRIBUTION
from edge_runtime.model import ModelContract

_PACKAGES = ("numpy", "pillow", "tensorflow", "keras", "ai-edge-litert", "litert-quantizer")
_EPOCH = "SOURCE_DATE_EPOCH"
_NAMELESS = "image classifier"
_LAST_SECOND = 253402300799  # of the year 9999, beyond which no date can be written


def identify(config: ConvertConfig, source: Source, contract: ModelContract, created_utc: str) -> Identity:
    """What all files made from one model have in common; neither the clock nor the name of the file is in it.

    Args:
        config: what the user says of the model.
        source: the model.
        contract: of the model.
        created_utc: what :func:`creation_time` returned.
    """
    card = ModelCard(
        name=config.name or _default_name(source),
        description=f"Classifies images into {len(contract.labels)} classes.",
        version=config.model_version,
        author=config.author,
        license=config.license,
    )
    versions = {DISTRIBUTION: tool_version(), "python": platform.python_version()}
    record = source.record
    provenance = Provenance(
        created_utc=created_utc,
        versions={**versions, **{package: version(package) for package in _PACKAGES}},
        data_fingerprint=record.data.fingerprint if record else "",
        training=record.config if record else {},
    )
    return Identity(contract, card, provenance)


def creation_time(record: TrainingRecord | None) -> str:
    """The time that goes into the file: of the training; "" for a model without record.

    ``SOURCE_DATE_EPOCH`` overrules it (https://reproducible-builds.org/specs/source-date-epoch).

    Raises:
        ConfigError: ``SOURCE_DATE_EPOCH`` is no time.
    """
    epoch = os.environ.get(_EPOCH)
    if epoch is None:
        return record.created_utc if record else ""
    if not re.fullmatch("[0-9]{1,12}", epoch) or int(epoch) > _LAST_SECOND:
        raise ConfigError(f"{_EPOCH} {epoch!r} is not a whole number of seconds since 1970; correct or unset it")
    return datetime.fromtimestamp(int(epoch), timezone.utc).isoformat(timespec="seconds")


def _default_name(source: Source) -> str:
    """The name of the images' folder, which a RUN keeps wherever it is copied; else of MODEL, without its suffix."""
    name = Path(source.record.data.root).name if source.record else source.path.resolve().stem
    return name if name.strip() and name.isprintable() else _NAMELESS
