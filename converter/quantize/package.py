"""The finished .tflite: packed flatbuffer with TFLite metadata, then ``labels.txt`` and ``edge_manifest.json``."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.quantize.contents import check_contents
from converter.quantize.pixels import plain_pixels
from converter.quantize.recipes import Variant
from converter.tflite.activation import append_activation
from converter.tflite.metadata_write import (
    CALIBRATION_NAME,
    LABELS_NAME,
    ModelCard,
    append_files,
    build_metadata,
    calibration_file,
    label_file,
)
from converter.tflite.packing import pack_model
from converter.tflite.rewrites import REWRITTEN, summarize
from converter.tflite.rewrites.rewrite import Rewritten, rewrite_operators
from edge_runtime.console.files import write_bytes
from edge_runtime.contracts.manifest import MANIFEST_NAME, GateVerdict, ModelManifest, Provenance
from edge_runtime.model import ModelContract, read_model_file


@dataclass(frozen=True)
class Identity:
    """What all files made from one model have in common."""

    contract: ModelContract
    card: ModelCard
    provenance: Provenance


@dataclass(frozen=True)
class Package:
    """A converted model with everything it will carry but the gate's verdict.

    Attributes:
        path: a file of it, to be measured.
        variant: how it was made.
        model: the flatbuffer.
        manifest: its contract and provenance, ``gate`` still open.
    """

    path: Path
    variant: Variant
    model: bytes
    manifest: ModelManifest

    def to_bytes(self, gate: GateVerdict | None = None, golden: Mapping[str, bytes] | None = None) -> bytes:
        """The whole file, with golden images where there are some."""
        manifest = dataclasses.replace(self.manifest, gate=gate)
        scored = manifest.labels[-manifest.output.shape[-1] :]  # a binary model may score its second class alone
        files = {LABELS_NAME: label_file(scored), CALIBRATION_NAME: calibration_file(manifest.thresholds)}
        texts = {name: text for name, text in files.items() if text is not None}
        return append_files(self.model, {**texts, MANIFEST_NAME: manifest.to_json(), **(golden or {})})


def package_model(converted: bytes, variant: Variant, identity: Identity, path: Path) -> Package:
    """Packs what the converter made, and writes the file as it is before the gate to ``path``.

    Operators that keep 8-bit numbers out of XNNPACK are replaced. The softmax or sigmoid that the contract asks for is
    appended, so whoever runs the file reads probabilities.

    Args:
        converted: a .tflite without metadata.
        variant: how it was made.
        identity: what it says of itself.
        path: of a file to be measured.

    Raises:
        ConversionError: its constants are not what the recipe says.
        ContractError: the converted tensors do not fit the contract.
        OutputError: ``path`` cannot be written.
    """
    check_contents(converted, variant)
    contract = identity.contract
    rewritten = _rewrite(converted, variant)
    whole = append_activation(rewritten.content, contract.activation)
    write_bytes(path, whole)
    file = read_model_file(path)
    preprocessing = plain_pixels(contract.preprocessing) if variant.normalizes_inside else contract.preprocessing
    model = pack_model(whole, build_metadata(identity.card, preprocessing, contract.thresholds))
    manifest = ModelManifest(
        name=identity.card.name,
        task=contract.task,
        labels=contract.labels,
        preprocessing=preprocessing,
        input=file.input,
        output=file.output,
        recipe=variant.recipe.name,
        quantization=_parameters(variant, rewritten),
        weights_sha256=hashlib.sha256(model).hexdigest(),
        provenance=identity.provenance,
        activation="none",
        thresholds=contract.thresholds,
    )
    package = Package(path, variant, model, manifest)
    write_bytes(path, package.to_bytes())
    return package


def _rewrite(converted: bytes, variant: Variant) -> Rewritten:
    if variant.for_xnnpack and variant.recipe.activations == "int8":
        return rewrite_operators(converted)
    return Rewritten(converted, ())


def _parameters(variant: Variant, rewritten: Rewritten) -> Mapping[str, Any]:
    """How the file was made; with what became of operators that XNNPACK does not take, where it has some."""
    lines = summarize(rewritten.changes)
    return {**variant.parameters(), **({REWRITTEN: list(lines)} if lines else {})}
