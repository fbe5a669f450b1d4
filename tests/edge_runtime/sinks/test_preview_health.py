"""Whether the run gets on and its source is there, as probes, Prometheus and the page are told."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from results import made_frame, made_result

from edge_runtime.contracts.results import SourceChange
from edge_runtime.sinks import open_sink
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.preview.sink import PreviewSink
from edge_runtime.sources import FrameCounts, Patience

LOST = SourceChange("source_lost", "rtsp://10.0.0.5/x", 1, "rtsp://10.0.0.5/x: no frame for too long")
BACK = SourceChange("source_back", "rtsp://10.0.0.5/x", 2)


@contextmanager
def preview(run: RunInfo, target: str = "0") -> Iterator[PreviewSink]:
    sink = open_sink(f"preview:{target}", run)
    try:
        yield sink
    finally:
        sink.close()


def get(sink: PreviewSink, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(sink.url + path, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(sink: PreviewSink, path: str, status: int) -> str:
    deadline = time.monotonic() + 60
    while (found := get(sink, path))[0] != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found[1]


def test_ready_is_with_the_first_result_and_not_while_the_source_is_lost() -> None:
    run = RunInfo(source="rtsp://10.0.0.5/x", is_live=True)
    with preview(run) as sink:
        assert get(sink, "readyz") == (503, "no frame yet\n")
        assert get(sink, "healthz") == (200, "ok\n")
        run.counts.produced = run.counts.delivered = 1
        assert get(sink, "readyz") == (200, "ok\n")
        assert "edge_run_source_lost 0.0" in get(sink, "metrics")[1]
        sink.tell(LOST)
        assert get(sink, "readyz") == (503, "the source is lost\n")  # whoever asks is not told which
        assert get(sink, "healthz") == (200, "ok\n")  # a new process would not find it either
        assert "edge_run_source_lost 1.0" in get(sink, "metrics")[1]
        sink.write(made_result(), made_frame())
        assert json.loads(get(sink, "state")[1])["source_lost"] == LOST.reason
        sink.tell(BACK)
        assert get(sink, "readyz") == (200, "ok\n")
        assert "edge_run_source_lost 0.0" in get(sink, "metrics")[1]


@pytest.mark.parametrize(
    ("counts", "patience", "reason"),
    [
        (FrameCounts(produced=1), Patience(result=0.01), "a frame has been under way for"),
        (FrameCounts(produced=1, delivered=1), Patience(silence=0.01), "no frame for"),
    ],
)
def test_a_run_that_hangs_is_neither_healthy_nor_ready(counts: FrameCounts, patience: Patience, reason: str) -> None:
    with preview(RunInfo(counts=counts, patience=patience, is_live=True)) as sink:
        assert wait_for(sink, "healthz", 503).startswith(reason)
        assert get(sink, "readyz")[1].startswith(reason)
        counts.produced, counts.delivered = 1_000_000, 1_000_000
        if patience.silence > 1:
            wait_for(sink, "healthz", 200)


def test_probes_need_no_token_and_everything_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PREVIEW_TOKEN", "a token that nobody guesses")
    with preview(RunInfo(), "0.0.0.0:0") as sink:
        sink.url = f"http://127.0.0.1:{sink.url.rpartition(':')[2]}"
        assert get(sink, "healthz") == (200, "ok\n")
        assert get(sink, "readyz") == (503, "no frame yet\n")
        assert get(sink, "metrics")[0] == get(sink, "healthz/")[0] == get(sink, "")[0] == 401


def test_images_have_no_source_that_is_lost() -> None:
    with preview(RunInfo()) as sink:
        assert "edge_run_source_lost" not in get(sink, "metrics")[1]
