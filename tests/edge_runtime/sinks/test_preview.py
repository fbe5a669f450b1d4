"""The preview in a real browser, and what it tells programs."""

import http.client
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from browser import running_browser
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from results import made_frame, made_result

from edge_runtime.contracts.results import FrameFailure
from edge_runtime.decisions.region import Region
from edge_runtime.errors import SinkError
from edge_runtime.sinks import open_sink
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.preview.sink import PreviewSink
from edge_runtime.sinks.preview.view import MAX_VIEWS_A_SECOND
from edge_runtime.sources.counts import FrameCounts

TOKEN = "a token that nobody guesses"
RUN = RunInfo(model="models/waste.tflite", source="camera:0", region=Region(0.25, 0.5, 0.5, 0.5))


@contextmanager
def preview(run: RunInfo = RUN, target: str = "0") -> Iterator[PreviewSink]:
    sink = open_sink(f"preview:{target}", run)
    try:
        yield sink
    finally:
        sink.close()


@contextmanager
def fed(sink: PreviewSink, counts: FrameCounts) -> Iterator[None]:
    """Frames that get lighter and change their label, until the block ends."""
    enough = threading.Event()

    def feed() -> None:
        for number in itertools.count():
            label = ("glass", "paper")[number // 8 % 2]
            sink.write(
                made_result(number, label, events=number % 8 == 0), made_frame(number, number * 8 % 256, (480, 640))
            )
            counts.delivered += 1
            if enough.wait(1 / MAX_VIEWS_A_SECOND):
                return

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        yield
    finally:
        enough.set()
        feeder.join()


def get(sink: PreviewSink, path: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(sink.url + path, headers={name.title(): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def put_one(sink: PreviewSink, number: int, shade: int = 0) -> None:
    """A frame that is surely shown: the one before is old enough."""
    time.sleep(1.1 / MAX_VIEWS_A_SECOND)
    sink.write(made_result(number), made_frame(number, shade))


@pytest.mark.slow  # one viewer sees it move above
def test_three_viewers_see_it_move_and_cost_one_encode(tmp_path: Path) -> None:
    run = RunInfo(model="models/waste.tflite", source="camera:0", region=RUN.region)
    with preview(run) as sink, running_browser(tmp_path) as browser, fed(sink, run.counts):
        pages = [
            browser.open(sink.url),
            browser.open(sink.url),
            browser.open(sink.url, width=390, height=844, mobile=True),
        ]
        for page in pages:
            page.wait_until("document.querySelector('#status').textContent === 'live'")
            shade = """(() => {
                const canvas = document.createElement('canvas'), picture = document.querySelector('#picture');
                canvas.width = canvas.height = 1;
                canvas.getContext('2d').drawImage(picture, 0, 0);
                return canvas.getContext('2d').getImageData(0, 0, 1, 1).data[0];
            })()"""
            for label in ("glass", "paper", "glass"):  # it changes, and back
                page.wait_until(f"document.querySelector('#categories span')?.textContent === '{label}'")
            first = page.wait_until("document.querySelector('#picture').naturalWidth") and page.evaluate(shade)
            page.wait_until(f"Math.abs({shade} - {first}) > 20")
        wide, _, phone = pages
        assert wide.text("#model") == "waste.tflite"
        assert wide.text("#categories b") == "90.0 %"
        assert "glass entered" in wide.text("#events") or "paper entered" in wide.text("#events")
        assert wide.text("#latency") == "6.0 ms"
        assert wide.text("#age") == "5.0 ms"
        assert int(wide.text("#delivered")) > 0
        assert wide.evaluate("document.querySelector('#region').getBoundingClientRect().width") == pytest.approx(
            wide.evaluate("document.querySelector('#picture').clientWidth") / 2, abs=6
        )
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390  # nothing sticks out on a phone
        sent, encoded = sink.counts.pictures_sent, sink.counts.pictures_encoded
        assert sent > encoded > 0
        assert encoded <= sink._views._number
        assert browser.complaints == []
        assert all(url.startswith(sink.url) for url in browser.requests)
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({f"preview {sink.url}"})


def test_a_picture_is_encoded_once_and_only_if_someone_looks() -> None:
    with preview() as sink:
        put_one(sink, 0, 200)
        put_one(sink, 1, 100)
        assert sink.counts.pictures_encoded == 0
        number = json.loads(get(sink, "state")[1])["number"]
        with ThreadPoolExecutor(3) as viewers:
            pictures = {content for _, content in viewers.map(lambda _: get(sink, f"picture/{number}"), range(9))}
        assert (sink.counts.pictures_encoded, sink.counts.pictures_sent) == (1, 9)
        (content,) = pictures
        assert Image.open(BytesIO(content)).getpixel((5, 5)) == (100, 100, 100)


def test_a_large_picture_is_made_smaller() -> None:
    with preview() as sink:
        sink.write(made_result(), made_frame(size=(3000, 4000)))
        assert Image.open(BytesIO(get(sink, "picture")[1])).size == (960, 720)


def test_the_state_waits_for_something_new(monkeypatch: pytest.MonkeyPatch) -> None:
    with preview() as sink, ThreadPoolExecutor(1) as pool:
        put_one(sink, 7)
        state = json.loads(get(sink, "state")[1])
        assert (state["frame"], state["categories"][0]["label"], state["region"]) == (7, "glass", [0.25, 0.5, 0.5, 0.5])
        later = pool.submit(get, sink, f"state?after={state['number']}")
        put_one(sink, 8)
        assert json.loads(later.result()[1])["frame"] == 8
        monkeypatch.setattr("edge_runtime.sinks.preview.app.POLL_SECONDS", 0.05)
        assert json.loads(get(sink, "state?after=1000000")[1])["frame"] == 8


def test_a_frame_that_failed_is_told() -> None:
    with preview() as sink:
        sink.write(FrameFailure("camera:0", 3, "damaged"), None)
        state = json.loads(get(sink, "state")[1])
        assert state["error"] == "damaged"
        assert get(sink, f"picture/{state['number']}")[0] == 404


def test_without_the_token_nothing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGE_PREVIEW_TOKEN", TOKEN)
    with preview(target="0.0.0.0:0") as everywhere:
        everywhere.url = f"http://127.0.0.1:{everywhere.url.rpartition(':')[2]}"
        everywhere.write(made_result(), made_frame())
        quoted = TOKEN.replace(" ", "%20")
        for path in ("", "page.js", "state", "picture", "metrics", "nowhere"):
            for wrong in ({}, {"authorization": "Bearer wrong"}, {"cookie": "edge_preview=wrong"}):
                status, content = get(everywhere, path, **wrong)
                assert status == 401
                assert b"A token is needed" in content
            assert get(everywhere, f"{path}?token=wrong")[0] == 401
        assert get(everywhere, "metrics", authorization=f"Bearer {TOKEN}")[0] == 200
        assert get(everywhere, f"picture?token={quoted}")[0] == 200
        with running_browser(tmp_path) as browser:
            page = browser.open(everywhere.url)
            assert "A token is needed" in page.wait_until("document.body?.textContent")
            page = browser.open(f"{everywhere.url}?token={quoted}")
            page.wait_until("document.querySelector('#categories li') !== null")
            assert (
                page.evaluate("location.href") == everywhere.url
            )  # the token is out of the address, and no script reads it
            assert page.evaluate("document.cookie") == ""


@pytest.mark.parametrize("target", ["0", "[::1]:0"])
def test_another_sites_script_is_not_let_in_by_a_name_of_its_own(target: str) -> None:
    with preview(target=target) as sink:
        host, _, port = sink.url[7:-1].rpartition(":")
        right = {f"{host}:{port}": 200, f"LOCALHOST:{port}": 200}
        wrong = dict.fromkeys((f"evil.example:{port}", "localhost:x", "localhost:65536", "a b", "", "localhost@x"), 400)
        for said, expected in (right | wrong).items():
            connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=60)
            connection.request("GET", "/metrics", headers={"Host": said})
            assert connection.getresponse().status == expected, said
            connection.close()


def test_a_name_that_is_none_is_refused_where_others_may_look_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PREVIEW_TOKEN", TOKEN)
    with preview(target="0.0.0.0:0") as sink:
        port = int(sink.url[:-1].rpartition(":")[2])
        for said, expected in (("raspberrypi.local", 401), ("[fe80::1]:80", 401), ("pi:99999", 400), ("pi:x", 400)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/", headers={"Host": said})
            assert connection.getresponse().status == expected, said
            connection.close()


def test_a_taken_port_is_one_clear_error() -> None:
    with preview() as sink:
        port = sink.url[:-1].rpartition(":")[2]
        with pytest.raises(SinkError, match=rf"preview:{port}: cannot listen on port {port}.*name another port"):
            open_sink(f"preview:{port}")


def test_metrics_are_what_prometheus_reads() -> None:
    run = RunInfo(model="m.tflite", source="camera:0", counts=FrameCounts(produced=9, delivered=5, dropped=3, failed=1))
    with preview(run) as sink:
        sink.write(made_result(events=True), made_frame())
        sink.write(FrameFailure("camera:0", 1, "damaged"), None)
        text = get(sink, "metrics")[1].decode()
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["edge_run_frames_total", "delivered"] == 5
    assert samples["edge_run_frames_total", "dropped"] == 3
    assert samples["edge_run_frames_total", "failed"] == 1
    assert samples["edge_run_frames_produced_total",] == 9
    assert samples["edge_run_age_seconds_sum",] == pytest.approx(0.005)
    assert samples["edge_run_step_seconds_sum", "invoke"] == pytest.approx(0.002)
    assert samples["edge_run_events_total", "entered", "glass"] == 1
    assert samples["edge_run_sink_total", "pictures_sent", "preview"] == 0
