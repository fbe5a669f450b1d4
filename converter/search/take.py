"""Takes the best file, asks the test part for its verdict, and proves that the file runs on its target.

The images that choose say which file is the best. The test part judges that file alone: if others were tried until one
of them passed there, the test part would have chosen it. Only a file that does not run on its target makes room for the
next best.
"""

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
from converter.search.workbench import Workbench
from edge_runtime.console.command import logger
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.errors import BackendError


@dataclass(frozen=True, eq=False)
class Taken:
    """What is delivered.

    Attributes:
        chosen: the file; None where none keeps the limits and runs on the target.
        why: why that one, or why none.
        tested: the file that the test part judged last, also where it was refused; None where none came so far.
        delivery: the chosen file, completed; None where there is none.
        refused: the files that kept the limits and could not be delivered, as steps.
        failure: what was wrong with the last of these, where nothing is delivered.
    """

    chosen: Candidate | None
    why: str
    tested: Candidate | None = None
    delivery: Delivery | None = None
    refused: tuple[Step, ...] = ()
    failure: EdgeDeployError | None = None


def take_best(config: ConvertConfig, candidates: Sequence[Candidate], bench: Workbench, out: Path) -> Taken:
    """Completes the best candidate; where it fails the target's proof or cannot be exported, the next best.

    Args:
        config: says what is best, and where the file is to run.
        candidates: what may be delivered.
        bench: has the test part.
        out: where the file will lie.

    Raises:
        ImageError: an image cannot be decoded.
    """
    left, refused, failure, tested = list(candidates), list[Step](), None, None
    while True:
        chosen, why = choose_as_asked(config, left)
        if chosen is None:
            why = "what keeps the limits cannot be delivered" if failure else why
            return Taken(None, why, tested, None, tuple(refused), failure)
        try:
            tested = bench.tested(chosen)
            assert tested.test is not None
            if not tested.test.gate.passed:
                return Taken(
                    None, f"{chosen.name} was chosen, and the test part refuses it", tested, None, tuple(refused)
                )
            return Taken(tested, why, tested, deliver(config, tested, bench.images.evaluation, out), tuple(refused))
        except (ConversionError, BackendError, ExportError) as error:
            logger.warning("%s: not taken: %s", chosen.name, error)
            logger.debug("traceback:", exc_info=error)
            refused.append(Step("delivery", f"not taken: {error}", (chosen.name,)))
            left.remove(chosen)
            failure = error
