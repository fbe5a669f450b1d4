"""Completes the chosen candidate: proven where it is to run, with golden images inside and exports beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from converter.candidate import Candidate
from converter.config import ConvertConfig
from converter.deliver.export import export_files
from converter.deliver.finished import FinishedFile
from converter.deliver.golden import make_golden_files
from converter.errors import TargetError, library_failures
from converter.images import draw_balanced
from converter.results import DeliveryFacts
from converter.targets import IMAGES, Proof, check_requirements, prove
from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import LabelledImages


@dataclass(frozen=True, eq=False)
class Delivery:
    """Files to be written, the model last, and what is said of them."""

    files: Mapping[Path, bytes]
    facts: DeliveryFacts


def deliver(config: ConvertConfig, candidate: Candidate, evaluation: LabelledImages, out: Path) -> Delivery:
    """Proves the chosen candidate, and completes it.

    Args:
        config: target, golden images and exports.
        candidate: the file.
        evaluation: images to choose golden ones from, and to compare interpreters on.
        out: where the file will lie.

    Raises:
        TargetError: it does not run on the target.
        ConversionError: the interpreter fails here.
        ImageError: an image cannot be decoded.
    """
    with library_failures(f"target {config.target}: {candidate.name} cannot be proven", TargetError):
        proof = _prove(config, candidate, evaluation)
    with library_failures(f"{candidate.name}: golden images cannot be made"):
        golden = make_golden_files(
            candidate.package.path,
            evaluation,
            config.golden_images,
            config.seed,
            quantized=candidate.recipe.activations != "float32",
        )
    content = candidate.to_bytes(golden)
    finished = FinishedFile(out, content, candidate.package.manifest, golden, proof.arena_bytes if proof else None)
    files = {**export_files(finished, config.export), out: content}
    facts = DeliveryFacts(
        target=config.target,
        proof=proof,
        golden_images=max(0, len(golden) - 1),
        golden_bytes=len(content) - candidate.size_bytes,
        files=tuple(path.relative_to(out.parent).as_posix() for path in files),
    )
    return Delivery(files, facts)


def _prove(config: ConvertConfig, candidate: Candidate, evaluation: LabelledImages) -> Proof | None:
    """What the target's interpreter says of the file; a warning where it could not be asked."""
    check_requirements(candidate.package.model, config.where, candidate.recipe.name)
    drawn = draw_balanced(evaluation, IMAGES, config.seed)
    images = [drawn.path(index) for index in range(len(drawn))]
    proof = prove(candidate.package.path, config.where, images, config.target_python)
    if proof is not None and proof.problem:
        logger.warning("%s", proof.summary())
    return proof
