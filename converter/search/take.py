"""Takes the best of the files that passed, and the next best where the target's own interpreter refuses that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.candidate import Candidate
from converter.config import ConvertConfig
from converter.deliver import Delivery, deliver
from converter.errors import ConversionError, ExportError
from converter.results import Step
from converter.search.choose import choose_as_asked
from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.errors import BackendError


@dataclass(frozen=True, eq=False)
class Taken:
    """What is delivered.

    Attributes:
        chosen: the file; None where none keeps the limits and runs on the target.
        why: why that one, or why none.
        delivery: that file, completed; None where there is none.
        refused: the files that kept the limits and could not be delivered, as steps.
        failure: what was wrong with the last of these, where nothing is delivered.
    """

    chosen: Candidate | None
    why: str
    delivery: Delivery | None = None
    refused: tuple[Step, ...] = ()
    failure: EdgeDeployError | None = None


def take_best(config: ConvertConfig, candidates: Sequence[Candidate], evaluation: LabelledImages, out: Path) -> Taken:
    """Completes the best candidate; where it fails the target's proof or cannot be exported, the next best.

    Args:
        config: says what is best, and where the file is to run.
        candidates: what may be delivered.
        evaluation: see :func:`converter.deliver.deliver`.
        out: where the file will lie.

    Raises:
        ImageError: an image cannot be decoded.
    """
    left, refused, failure = list(candidates), list[Step](), None
    while True:
        chosen, why = choose_as_asked(config, left)
        if chosen is None:
            why = "what keeps the limits cannot be delivered" if failure else why
            return Taken(None, why, None, tuple(refused), failure)
        try:
            return Taken(chosen, why, deliver(config, chosen, evaluation, out), tuple(refused))
        except (ConversionError, BackendError, ExportError) as error:
            logger.warning("%s: not taken: %s", chosen.name, error)
            logger.debug("traceback:", exc_info=error)
            refused.append(Step("delivery", f"not taken: {error}", (chosen.name,)))
            left.remove(chosen)
            failure = error
