"""The chart of the report: its names can be read."""

import re
from dataclasses import replace

import pytest

from converter.judge import Latency
from converter.report.charts import WIDTH, trade_off
from converter.results import CandidateRow
from edge_runtime.contracts.manifest import GateVerdict

GATE = GateVerdict("top-1", 0.9, 0.88, 2.0, 1.0, 100, False)
SLOW = CandidateRow("float32", "float32", "", {}, "float32", "float32", 4000, "0" * 64, GATE, (),
                    Latency(10.0, 1.0, (1.0, 1.0), 60, "xnnpack", ""))  # fmt: skip
FAST = replace(SLOW, name="int8", latency_ms=replace(SLOW.latency_ms, p50=5.0))


@pytest.mark.parametrize("max_drop_pp", [0.0, 0.01, 1.0, 50.0])
def test_the_names_of_levels_hide_neither_each_other_nor_a_disc(max_drop_pp: float) -> None:
    gate = replace(GATE, max_drop_pp=max_drop_pp)
    chart = trade_off([replace(SLOW, gate=gate), replace(FAST, gate=gate)], None)
    places = dict(re.findall(r'<text class="tick" x="\d+" y="([\d.]+)">(float model|limit)<', chart))
    (high, low) = sorted(map(float, places), key=lambda y: places[str(y)] == "limit")
    assert low - high >= 13, "the size of the letters"
    start = {int(x) for x in re.findall(r'class="tick" x="(\d+)"', chart)}
    discs = re.findall(r'<circle class="disc \w+" cx="([\d.]+)" cy="[\d.]+" r="([\d.]+)"', chart)
    assert len(discs) == 2
    assert max(float(x) + float(r) for x, r in discs) < min(start) < WIDTH - 60
