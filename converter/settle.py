"""Settles, before anything is quantized, how the model is fed and read, and which images calibrate and evaluate it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from converter.config import ConvertConfig
from converter.images import ConversionImages, choose_images
from converter.models import (
    FloatModel,
    SettledContract,
    Source,
    contract_of_record,
    contract_of_stranger,
    look_at_outputs,
)
from converter.quantize import FLOAT32, Conversion, Variant
from edge_runtime.console.command import logger
from edge_runtime.model import ModelContract, UserSays

_APPENDED = "; it is appended to the graph of each file"


@dataclass(frozen=True)
class Settled:
    """What is settled.

    Attributes:
        contract: how the model is fed and read.
        activation_reason: how its activation was decided, a sentence for the report.
        images: what calibrates and what evaluates.
    """

    contract: ModelContract
    activation_reason: str
    images: ConversionImages

    @property
    def activation_text(self) -> str:
        """The same, and what is done about it."""
        return self.activation_reason + ("" if self.contract.activation == "none" else _APPENDED)


def settle_by_record(config: ConvertConfig, source: Source) -> Settled | None:
    """What the record of a RUN folder says, without loading its model; None for a model trained elsewhere.

    Raises:
        SourceError: the user says something that the record says already.
        ContractError: as :func:`choose_images`.
        DataError: as :func:`choose_images`.
    """
    if source.record is None:
        return None
    said = contract_of_record(source, config.said)
    return Settled(said.contract, said.activation_reason, _choose_images(config, source, said.contract))


def settle_by_answers(
    config: ConvertConfig, source: Source, model: FloatModel, conversion: Conversion, folder: Path
) -> Settled:
    """What a model trained elsewhere is: from its float file, from the user, and from what it answers.

    Raises:
        ContractError: labels or normalisation are missing or do not fit; else as :func:`choose_images`.
        DataError: as :func:`choose_images`.
        ImageError: an image cannot be decoded.
        ConversionError: no float file can be made of it.
    """
    seen = contract_by_answers(config.said, source, model, conversion, folder)
    return Settled(seen.contract, seen.activation_reason, _choose_images(config, source, seen.contract))


def contract_by_answers(
    said: UserSays, source: Source, model: FloatModel, conversion: Conversion, folder: Path
) -> SettledContract:
    """How a model trained elsewhere is fed and read: from its float file, from the user, and from what it answers.

    Raises:
        ContractError: labels or normalisation are missing or do not fit.
        ConversionError: no float file can be made of it.
    """
    float_file = folder / "float32.tflite"
    float_file.write_bytes(conversion.convert(Variant(FLOAT32, FLOAT32.edges()), _no_calibration))
    return look_at_outputs(contract_of_stranger(source, model, float_file, said), source, model)


def _choose_images(config: ConvertConfig, source: Source, contract: ModelContract) -> ConversionImages:
    images = choose_images(config, source, contract.labels, contract.task)
    choosing = "" if images.choosing is None else f"{len(images.choosing)} to choose a file, "
    calibration = len(images.calibration or ())
    logger.info("images: %d for calibration, %s%d for evaluation", calibration, choosing, len(images.evaluation))
    return images


def _no_calibration() -> NoReturn:
    raise AssertionError("float32 needs no calibration")
