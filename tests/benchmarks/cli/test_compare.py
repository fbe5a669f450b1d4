"""edge-bench compare as its users run it, on files that edge-bench run wrote."""

import dataclasses
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from browser import running_browser
from numpy.typing import NDArray
from tiny_model import write_tiny_model

from benchmarks.cli.command import main
from benchmarks.report.results import BenchmarkResult, Row, samples_path, write_result
from benchmarks.stats import summarize

BRIEF = ["--min-seconds", "0.001", "--min-count", "60", "--warm-up", "1", "--rounds", "3"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of one model on the backend null with 1 and 2 threads; not to be changed."""
    folder = tmp_path_factory.mktemp("measured")
    model = write_tiny_model(folder / "tiny.tflite", dtype="uint8")
    out = folder / "base.json"
    assert main(["run", str(model), "--backends", "null", "--threads", "1,2", *BRIEF, "--out", str(out)]) == 0
    return out


def slower(source: Path, out: Path, factor: int) -> Path:
    """A copy of a result in which every call took ``factor`` times as long."""
    result = BenchmarkResult.load(source)
    with np.load(samples_path(source)) as kept:
        samples = {name: kept[name] * factor for name in kept}
    rows = tuple(
        dataclasses.replace(
            row,
            latency_ms=summarize(rounds_of(row, samples[f"{row.samples}_latency_ns"])),
            end_to_end_ms=summarize(rounds_of(row, samples[f"{row.samples}_end_to_end_ns"])),
        )
        for row in result.rows
    )
    write_result(dataclasses.replace(result, rows=rows, samples_file=samples_path(out).name), samples, out)
    return out


def rounds_of(row: Row, samples: NDArray[np.int64]) -> list[list[int]]:
    return [part.tolist() for part in np.split(samples, np.cumsum(row.rounds_count)[:-1])]


def edited(source: Path, out: Path, edit: str, value: object, row: int = 0) -> Path:
    """A copy of a result in which one row says something else."""
    slower(source, out, 1)
    data = json.loads(out.read_text())
    data["rows"][row][edit] = value
    out.write_text(json.dumps(data))
    return out


def table_of(markdown: str) -> list[list[str]]:
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def interval(cell: str) -> tuple[float, float]:
    low, high = cell.split(" to ")
    return float(low), float(high)


def one_error_line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    return line


def test_a_file_against_itself_has_the_ratio_1(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(measured), str(measured)]) == 0
    rows = table_of(capsys.readouterr().out)
    assert [row[:4] for row in rows] == [["tiny.tflite", "null", threads, "1"] for threads in ("1", "2")]
    for row, found in zip(rows, BenchmarkResult.load(measured).rows, strict=True):
        for summary, (base, other, ratio, limits) in (
            (found.latency_ms, row[4:8]),
            (found.end_to_end_ms, row[8:12]),
        ):
            assert base == other == f"{summary.p50:.3f}"
            assert float(ratio) == 1.0
            low, high = interval(limits)
            assert low <= 1.0 <= high


def test_a_known_factor_is_found_and_lies_in_the_interval(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = slower(measured, tmp_path / "slow.json", 3)
    assert main(["compare", str(measured), str(other)]) == 0
    for row in table_of(capsys.readouterr().out):
        for ratio, limits in (row[6:8], row[10:12]):
            assert float(ratio) == pytest.approx(3.0)
            low, high = interval(limits)
            assert low <= 3.0 <= high


def test_a_file_of_one_round_or_without_their_boundaries_has_no_interval(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = edited(measured, tmp_path / "old.json", "rounds_count", [])
    assert main(["compare", str(measured), str(old)]) == 0
    out = capsys.readouterr().out
    assert table_of(out)[0][7] == table_of(out)[0][11] == "-"
    assert interval(table_of(out)[1][7])
    assert "No interval: B has one round, or does not tell rounds apart; measure it again." in out


def test_the_same_weights_in_another_file_are_compared(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / f"{name}.json" for name in ("a", "b")]
    for path, digest in zip(files, ("ab" * 32, "cd" * 32), strict=True):
        edited(edited(measured, path, "weights_sha256", "ef" * 32), path, "model_sha256", digest)
    assert main(["compare", *map(str, files)]) == 0
    assert table_of(capsys.readouterr().out)[0][:3] == ["tiny.tflite", "null", "1"]


def test_what_differs_between_the_files_is_said(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = edited(measured, tmp_path / "other.json", "backend_version", "9.9")
    data = json.loads(other.read_text())
    data["settings"]["options"]["normalization"] = "0..1"
    other.write_text(json.dumps(data))
    assert main(["compare", str(measured), str(other)]) == 0
    out = capsys.readouterr().out
    known = BenchmarkResult.load(measured).rows[0].backend_version
    assert f"- null is {known} in A and 9.9 in B." in out
    assert "- A and B were told different things of their models; see settings." in out


def test_another_rate_of_frames_is_not_compared(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / f"{fps}.json" for fps in (30, 200)]
    for path, fps in zip(files, (30.0, 200.0), strict=True):
        camera = {"fps": fps, "arrived": 9, "dropped": 0, "age_ms": None}
        edited(edited(measured, path, "camera", camera), path, "scenario", "camera")
    assert main(["compare", *map(str, files)]) == 0
    out = capsys.readouterr().out
    assert [row[2] for row in table_of(out)] == ["2"]
    assert "- Only in A: tiny.tflite, null, threads 1, camera at 30/s." in out
    assert "- Only in B: tiny.tflite, null, threads 1, camera at 200/s." in out


def test_each_other_file_is_compared_with_the_first(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = [str(slower(measured, tmp_path / f"{factor}.json", factor)) for factor in (2, 5)]
    assert main(["compare", str(measured), *others]) == 0
    out = capsys.readouterr().out
    assert "## B against A" in out
    assert "## C against A" in out
    assert [float(row[10]) for row in table_of(out) if row[0] == "tiny.tflite"] == pytest.approx([2, 2, 5, 5])


def test_another_model_of_the_same_name_is_refused(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", activation="sigmoid")
    other = tmp_path / "other.json"
    page = tmp_path / "page.html"
    assert main(["run", str(model), "--backends", "null", *BRIEF, "--out", str(other)]) == 0
    capsys.readouterr()
    assert main(["compare", str(measured), str(other), "--html", str(page)]) == 1
    line = one_error_line(capsys)
    assert all(name in line for name in (str(measured), str(other), "tiny.tflite is not the same model"))
    assert not page.exists()


def test_the_same_model_under_another_name_is_compared(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = edited(measured, tmp_path / "other.json", "model", "renamed.tflite")
    assert main(["compare", str(measured), str(other)]) == 0
    assert len(table_of(capsys.readouterr().out)) == 2


def test_rows_of_one_file_only_are_listed(measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = edited(measured, tmp_path / "other.json", "threads", 4, row=1)
    assert main(["compare", str(measured), str(other)]) == 0
    out = capsys.readouterr().out
    assert [row[2] for row in table_of(out)] == ["1"]
    assert "- Only in A: tiny.tflite, null, threads 2." in out
    assert "- Only in B: tiny.tflite, null, threads 4." in out


def test_a_row_that_is_not_valid_is_not_compared(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = edited(measured, tmp_path / "other.json", "status", "INVALID")
    data = json.loads(other.read_text())
    data["rows"][0]["reason"] = "too few"
    data["noise"] = ["The machine was busy before the run (load average 3.50)."]
    data["rows"][1]["noise"] = ["it jumped"]
    other.write_text(json.dumps(data))
    assert main(["compare", str(measured), str(other)]) == 0
    out = capsys.readouterr().out
    assert [row[2] for row in table_of(out)] == ["2"]
    assert "- Not compared, INVALID in B: tiny.tflite, null, threads 1: too few." in out
    assert "- B: The machine was busy before the run (load average 3.50)." in out
    assert "- Noisy in B: tiny.tflite, null, threads 2: it jumped." in out


def test_nothing_in_common_is_an_error(measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = edited(measured, tmp_path / "other.json", "backend", "litert")
    other = edited(other, other, "backend", "litert", row=1)
    assert main(["compare", str(measured), str(other)]) == 1
    assert f"{measured} and {other}: no row of one is in the other" in one_error_line(capsys)


def test_without_samples_there_is_a_ratio_and_no_interval(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = slower(measured, tmp_path / "slow.json", 2)
    samples_path(other).unlink()
    page = tmp_path / "page.html"
    assert main(["compare", str(measured), str(other), "--html", str(page)]) == 0
    out = capsys.readouterr().out
    assert [(float(row[6]), row[7]) for row in table_of(out)] == [(pytest.approx(2.0), "-")] * 2
    note = "No interval: B has no raw samples (slow.samples.npz is not beside it)."
    assert note in out
    assert note in page.read_text()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not valid JSON"),
        (b'{"rows": []}', "key 'schema' is missing"),
        (b'{"schema": 1, "rows": []}', "key 'created_utc' is missing"),
        (b'{"schema": 1, "classes": ["a"]}', "unknown key 'classes'"),
        (b"\xff\xfe\x00", "not valid JSON"),
    ],
)
def test_a_foreign_or_damaged_file_is_one_line(
    content: bytes, said: str, measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = tmp_path / "foreign.json"
    foreign.write_bytes(content)
    assert main(["compare", str(measured), str(foreign)]) == 1
    line = one_error_line(capsys)
    assert str(foreign) in line
    assert said in line


def test_damaged_samples_are_one_line(measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = slower(measured, tmp_path / "other.json", 2)
    samples = samples_path(other)
    whole = samples.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:60] + bytes(40) + whole[100:], b"no npz", b""):
        samples.write_bytes(damaged)
        assert main(["compare", str(measured), str(other)]) == 1
        assert f"{samples}: damaged samples" in one_error_line(capsys)


def test_samples_of_another_run_are_refused(measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = slower(measured, tmp_path / "other.json", 2)
    samples_path(other).write_bytes(samples_path(measured).read_bytes())
    assert main(["compare", str(measured), str(other)]) == 1
    assert f"{samples_path(other)}: not the samples of {other}" in one_error_line(capsys)


class Page(HTMLParser):
    """What a browser would fetch, and the text it would show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            self.fetched += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def test_the_page_holds_the_figures_and_fetches_nothing(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deep" / "page.html"
    other = slower(measured, tmp_path / "slow.json", 2)
    assert main(["compare", str(measured), str(other), "--html", str(path)]) == 0
    html = path.read_text("utf-8")
    page = Page(html)
    assert re.findall(r"https?://|@import|url\(", html) == []
    assert len(page.fetched) == 2  # the distributions, and p50 by threads
    assert all(address.startswith("data:image/png;base64,") for address in page.fetched)
    shown = page.text.splitlines()
    for row in table_of(capsys.readouterr().out):
        assert set(row) <= set(shown)
    assert BenchmarkResult.load(measured).rows[0].model_sha256 in shown


def test_the_page_opens_in_a_browser_without_a_word_or_a_request(measured: Path, tmp_path: Path) -> None:
    rows = json.loads(measured.read_text())["rows"]
    other = tmp_path / "gpu.json"
    with np.load(samples_path(measured)) as kept:
        samples = dict(kept)
    for number, row in enumerate(rows):  # what the models of edge-convert say, and a row of another batch and device
        row["accuracy"] = {"metric": "top-1", "value": 0.91 - 0.02 * number}
    rows += [{**rows[0], "batch": 8, "scenario": "offline", "device": "gpu", "device_name": "A <GPU>", "samples": None}]
    other.write_text(json.dumps({**json.loads(measured.read_text()), "rows": rows, "samples_file": "gpu.samples.npz"}))
    np.savez_compressed(samples_path(other), **samples)
    path = tmp_path / "page.html"
    assert main(["compare", str(other), str(other), "--html", str(path)]) == 0
    with running_browser(tmp_path) as browser:
        page = browser.open(path.as_uri())
        page.wait_until("document.readyState == 'complete'")
        images = "[...document.images]"
        assert page.evaluate(f"{images}.every(image => image.complete && image.naturalWidth > 500)")
        described = page.evaluate(f"{images}.map(image => image.alt).join('|')")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert {url.partition(":")[0] for url in browser.requests} == {"file", "data"}
        assert [url for url in browser.requests if url.startswith("file")] == [path.as_uri()]
        assert browser.complaints == []
    for what in ("Accuracy against time", "Distribution", "by threads"):
        assert what in described


def test_names_from_a_file_are_text_in_the_page(measured: Path, tmp_path: Path) -> None:
    other = edited(measured, tmp_path / "other.json", "model", "<img src=x>|$a_b$")
    path = tmp_path / "page.html"
    assert main(["compare", str(other), str(measured), "--html", str(path)]) == 0
    assert not any(address == "x" for address in Page(path.read_text()).fetched)


def test_a_missing_library_names_the_install_command(
    measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.delitem(sys.modules, "benchmarks.report.page", raising=False)
    path = tmp_path / "page.html"
    assert main(["compare", str(measured), str(measured), "--html", str(path)]) == 1
    assert "pip install 'edge-deploy-kit[bench]'" in one_error_line(capsys)
    assert not path.exists()


def test_a_page_that_cannot_be_written_is_refused(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = measured / "page.html"
    assert main(["compare", str(measured), str(measured), "--html", str(target)]) == 1
    assert f"{target}: cannot write" in one_error_line(capsys)


@pytest.mark.parametrize(
    "arguments",
    [["run", "model.tflite", "--out", "model.tflite"], ["compare", "a.json", "b.json", "--html", "model.tflite"]],
)
def test_a_result_is_not_written_over_a_model(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "'model.tflite' does not end in" in capfd.readouterr().err
