"""How much the number of calibration images matters: int8 calibrated on fewer and on more, for the report."""

from __future__ import annotations

from converter.quantize import INT8, TensorFlowConversion, Variant, quantize_calibrated
from converter.quantize.package import package_model
from converter.results import SweepPoint
from converter.search.workbench import Workbench
from edge_runtime.console.command import logger

COUNTS = (1, 10, 25, 50, 100, 200, 400)


def sweep_calibration(bench: Workbench) -> tuple[SweepPoint, ...]:
    """int8 on growing parts of what may calibrate, balanced alike; empty where another converter is at work.

    Raises:
        ConversionError: TensorFlow refuses.
        ImageError: an image cannot be decoded.
    """
    conversion, spare = bench.conversion_of(_VARIANT), bench.images.spare_calibration
    if not isinstance(conversion, TensorFlowConversion) or spare is None:
        logger.warning("the sweep over calibration images needs TensorFlow's converter: left out")
        return ()
    counts = [count for count in COUNTS if count <= len(spare)]
    packages = []
    for count in counts:
        inputs = bench.inputs_of(spare.subset(list(range(count))))
        content = quantize_calibrated(conversion.calibrate_anew(inputs), _VARIANT.edges)
        packages.append(package_model(content, _VARIANT, bench.identity, bench.folder / f"sweep-{count}.tflite"))
    return tuple(
        SweepPoint(count, attempt.gate.candidate, attempt.gate.drop_pp, attempt.gate.agreement or 0.0)
        for count, attempt in zip(counts, bench.judge(packages), strict=True)
    )


_VARIANT = Variant(INT8, INT8.edges())
