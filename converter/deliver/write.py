"""What leaves the house: the chosen file with golden images, proven where it is to run, and its exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from converter.config import ConvertConfig
from converter.deliver.export import export_files
from converter.deliver.golden import make_golden_files
from converter.errors import TargetError
from converter.images import draw_balanced
from converter.quantize.package import Package
from converter.results import DeliveryFacts
from converter.targets import IMAGES, check_requirements, prove
from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.manifest import GateVerdict


@dataclass(frozen=True, eq=False)
class Delivery:
    """Files to be written, the model last, and what is said of them."""

    files: Mapping[Path, bytes]
    facts: DeliveryFacts


def deliver(
    config: ConvertConfig, package: Package, gate: GateVerdict, evaluation: LabelledImages, out: Path
) -> Delivery:
    """Proves the chosen file, and completes it.

    Args:
        config: target, golden images and exports.
        package: the file.
        gate: the verdict that let it pass.
        evaluation: images to choose golden ones from, and to compare interpreters on.
        out: where the file will lie.

    Raises:
        TargetError: it does not run on the target.
        ImageError: an image cannot be decoded.
    """
    target, recipe = config.where, package.variant.recipe
    try:
        check_requirements(package.model, target, recipe.name)
        proof = prove(package.path, target, _compared(evaluation, config.seed), config.target_python)
    except TargetError as error:
        raise TargetError(f"{out}: not written: {error}") from error
    if proof is not None and proof.problem:
        logger.warning("%s", proof.summary())
    quantized = recipe.activations != "float32"
    golden = make_golden_files(package.path, evaluation, config.golden_images, config.seed, quantized=quantized)
    content = package.to_bytes(gate, golden)
    arena = proof.arena_bytes if proof else None
    files = {**export_files(content, out, config.export, arena), out: content}
    facts = DeliveryFacts(
        target=target.name,
        proof=proof,
        golden_images=max(0, len(golden) - 1),
        golden_bytes=len(content) - len(package.to_bytes(gate)),
        files=tuple(path.name for path in files),
    )
    return Delivery(files, facts)


def _compared(evaluation: LabelledImages, seed: int) -> list[Path]:
    """The images whose answers are compared."""
    drawn = draw_balanced(evaluation, IMAGES, seed)
    return [drawn.path(index) for index in range(len(drawn))]
