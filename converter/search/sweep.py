"""How much the number of calibration images matters: int8 calibrated on fewer and on more, for the report."""

from __future__ import annotations

from converter.errors import ConversionError
from converter.quantize import INT8, Variant
from converter.results import SweepPoint
from converter.search.workbench import SWEPT, Workbench
from edge_runtime.console.command import logger

COUNTS = (1, 10, 25, 50, 100, 200, SWEPT)
_VARIANT = Variant(INT8, INT8.edges())


def sweep_calibration(bench: Workbench) -> tuple[SweepPoint, ...]:
    """int8 on growing parts of what may calibrate, balanced alike; empty, with a warning, where that fails.

    Raises:
        ImageError: an image cannot be decoded.
    """
    spare = bench.spare_calibration
    counts = [count for count in COUNTS if count <= len(spare)]
    try:
        measured = [bench.measure(bench.make_anew(_VARIANT, spare.first(count))) for count in counts]
    except ConversionError as error:
        logger.warning("%s: the sweep is left out", error)
        return ()
    return tuple(
        SweepPoint(count, judged.gate.candidate, judged.gate.drop_pp, judged.gate.agreement or 0.0)
        for count, judged in zip(counts, measured, strict=True)
    )
