"""--quantize auto: images that did not calibrate choose a file, and the test part judges that one alone."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from small_run import write_color_images, write_dark_images

from converter import ConvertConfig, GateRefusedError, convert, frames
from converter.cli import main
from converter.judge import Latency, read_device_latencies, scores
from converter.judge.device_latency import NEWEST_SCHEMA
from converter.results import ConversionReport

pytestmark = pytest.mark.tensorflow

HALF = Latency(0.5, 0.5, (0.5, 0.5), 1, "none", "a stand-in")


@pytest.fixture
def int8_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is chosen depends on speed, and no test may."""
    whole = Latency(1.0, 1.0, (1.0, 1.0), 1, "none", "a stand-in")
    monkeypatch.setattr(
        "converter.search.workbench.measure_latencies", lambda files, _frame: [whole, *[HALF] * (len(files) - 1)]
    )


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """How often each image is decoded."""
    counts: Counter[Path] = Counter()
    read_image = frames.read_image

    def counting(path: Path) -> Any:
        counts[path] += 1
        return read_image(path)

    for place in ("converter.frames", "converter.deliver.golden", "converter.report.page"):
        monkeypatch.setattr(f"{place}.read_image", counting)
    return counts


@pytest.mark.usefixtures("int8_is_fast")
def test_int8_that_keeps_the_limits_ends_the_ladder_and_two_lines_say_so(
    small_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(small_run), "--out", str(tmp_path / "m.tflite")]) == 0
    report = json.loads((tmp_path / "m.report.json").read_text())
    assert [row["name"] for row in report["candidates"]] == ["float32", "int8"]
    assert {step["outcome"] for step in report["steps"][1:7]} == {
        "not needed: int8 keeps the limits and is not noticeably slower than float32"
    }
    assert report["chosen"]["gate"]["images"] == 15
    assert report["chosen"]["choosing"]["images"] == report["choosing"]["images"] == 10
    assert report["candidates"][0]["gate"] is None, "the test part judges what is delivered"
    said = capfd.readouterr()
    lines = {line.partition(" ")[0]: line for line in said.out.splitlines()}
    assert lines["done"].endswith("int8: full integer: weights in 8 bits with one scale a channel, activations in 8 "
                                  "bits by calibration")  # fmt: skip
    assert "keep the limits" in lines["why"]
    assert lines["chosen"].endswith("10 other images: the same answer for 100.0% of them")
    assert "not needed" not in said.err


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """How often each file is loaded to be run on images, by its first interpreter."""
    counts: Counter[Path] = Counter()
    open_candidate = scores.open_candidate

    def counting(path: Path, *said: Any) -> Any:
        counts[path] += 1
        return open_candidate(path, *said)

    monkeypatch.setattr("converter.judge.scores.open_candidate", counting)
    return counts


@pytest.mark.usefixtures("int8_is_fast")
def test_every_image_is_decoded_once(
    small_run: Path, tmp_path: Path, decoded: Counter[Path], opened: Counter[Path]
) -> None:
    report = convert(ConvertConfig(small_run, all_rungs=True, golden=0), tmp_path / "m.tflite")
    assert report.chosen is not None
    assert report.calibration is not None
    assert report.choosing is not None
    assert report.evaluation is not None
    used = report.calibration.images + report.choosing.images + report.evaluation.images
    assert len(decoded) == used == 14 + 10 + 15
    assert set(decoded.values()) == {1}
    assert len(report.tried) >= 5
    assert sorted(opened.values())[-2:] == [1, 2], "the test part runs the chosen file once more"


@pytest.mark.usefixtures("int8_is_fast")
def test_the_test_part_refuses_the_chosen_file_and_no_other_is_tried_there(
    small_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dark = write_dark_images(tmp_path / "dark")
    out = tmp_path / "m.tflite"
    assert main([str(small_run), "--out", str(out), "--eval-data", str(dark)]) == 3
    report = json.loads((tmp_path / "m.report.json").read_text())
    assert (report["chosen"], report["refused"]["name"]) == (None, "int8")
    assert report["why"] == "int8 was chosen, and the test part refuses it"
    assert report["refused"]["choosing"]["passed"] is True
    assert report["refused"]["gate"]["passed"] is False
    assert report["refused"]["gate"]["images"] == 6
    line = capfd.readouterr().err.splitlines()[-1]
    assert f"{out}: not written: int8, on the test part: top-1 fell by " in line
    assert "; a higher --min-agreement (now 97) chooses a better file" in line
    page = (tmp_path / "m.report.html").read_text()
    assert "Refused" in page
    assert "10 images of" in page
    assert not out.exists()


def measured_on_a_device(path: Path, int8_ms: float) -> Path:
    rows = [
        {"model": f"{name}.tflite", "model_sha256": "0" * 64, "status": "VALID", "backend": "litert", "threads": 1,
         "latency_ms": {"p50": p50}, "count": 100}
        for name, p50 in (("float32", 40.0), ("int8", int8_ms))
    ]  # fmt: skip
    path.write_text(json.dumps({"schema": 2, "host": {"name": "pi", "board": "Raspberry Pi 4"}, "rows": rows}))
    return path


def test_what_edge_bench_writes_today_is_read(tmp_path: Path) -> None:
    from benchmarks.report.results import RESULT_SCHEMA

    assert NEWEST_SCHEMA == RESULT_SCHEMA, "look whether the keys that are read here still stand there"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("count", "x"), ("count", []), ("model", "a" * 5000), ("model", "/etc/passwd"), ("model", "../int8.tflite"),
        ("model", "."), ("model", "a\n.tflite"), ("latency_ms", {"p50": True}), ("latency_ms", {"p50": 10**400}),
        ("latency_ms", {"p50": 1e308}), ("latency_ms", {"p50": 5e-324}),
    ],
)  # fmt: skip
def test_a_row_that_means_nothing_is_no_row(tmp_path: Path, key: str, value: object) -> None:
    path = measured_on_a_device(tmp_path / "r.json", 10.0)
    data = json.loads(path.read_text())
    data["rows"].append({**data["rows"][1], "model": "strange.tflite", key: value})
    path.write_text(json.dumps(data))
    assert set(read_device_latencies(path).by_name) == {"float32", "int8"}


def with_device(small_run: Path, folder: Path, int8_ms: float) -> ConversionReport:
    config = ConvertConfig(small_run, device_latency=measured_on_a_device(folder / "r.json", int8_ms))
    return convert(config, folder / "m.tflite")


def test_what_is_fast_on_the_device_decides(small_run: Path, tmp_path: Path) -> None:
    report = with_device(small_run, tmp_path, int8_ms=10.0)
    assert report.chosen is not None
    assert (report.chosen.name, report.chosen.latency_ms.ratio) == ("int8", 0.25)
    assert report.measured_on == "Raspberry Pi 4 (pi)"
    assert "Raspberry Pi 4 (pi)" in report.summary()


def test_what_is_slow_on_the_device_is_not_taken(small_run: Path, tmp_path: Path) -> None:
    report = with_device(small_run, tmp_path, int8_ms=100.0)
    assert report.chosen is not None
    assert report.chosen.name != "int8"
    outcomes = {step.rung: step.outcome for step in report.steps}
    assert outcomes["mixed"] == "int8 takes 2.50 times as long as float32 on Raspberry Pi 4 (pi); so would this"


def test_micro_never_asks_for_the_speed_of_float32(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Latency(5.0, 5.0, (5.0, 5.0), 1, "none", "a stand-in")
    monkeypatch.setattr("converter.search.workbench.measure_latencies", lambda files, _frame: [slow] * len(files))
    monkeypatch.setattr("converter.deliver.complete.prove", lambda *_: None)
    grey = write_color_images(tmp_path / "calibration", 1, seed=5)
    config = ConvertConfig(small_run, target="micro", calibration_data=grey, min_agreement=100, max_drop=0)
    try:
        report = convert(config, tmp_path / "m.tflite")
    except GateRefusedError as refused:
        report = refused.report
    assert not any("times as long as float32" in step.outcome for step in report.steps)


@pytest.mark.usefixtures("int8_is_fast")
def test_what_cannot_hold_the_types_that_are_asked_for_is_not_taken(small_run: Path, tmp_path: Path) -> None:
    config = ConvertConfig(small_run, input_type="int8", output_type="float32", all_rungs=True, prefer="size")
    report = convert(config, tmp_path / "m.tflite")
    assert {(row.input_type, row.output_type) for row in report.candidates} == {("int8", "float32")}
    outcomes = {step.rung: step.outcome for step in report.steps}
    assert outcomes["dynamic"] == "it has not what --input-type int8 asks for"
