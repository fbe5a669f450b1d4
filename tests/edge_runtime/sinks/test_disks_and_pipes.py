"""What happens to results when a process is killed, a sink is slow, or a viewer does not read."""

import json
import os
import random
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from children import running
from mosquitto import running_broker
from tiny_model import solid_frame, write_packed_model

from edge_runtime import Classifier, run_pipeline
from edge_runtime.console.child_process import console_script
from edge_runtime.errors import SinkError
from edge_runtime.run.cli import main
from edge_runtime.sinks import open_sink, open_sinks
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sources.live import LiveSettings
from edge_runtime.sources.live.capture import LiveCapture


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_packed_model(tmp_path / "model.tflite"))


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_it_leaves_whole_lines(model: str, tmp_path: Path, seed: int) -> None:
    os.mkfifo(tmp_path / "progress")
    files = [tmp_path / "out.jsonl", tmp_path / "events.jsonl", tmp_path / "out.csv"]
    sinks = [f"jsonl:{files[0]}", f"events:{files[1]}", f"csv:{files[2]}", f"jsonl:{tmp_path / 'progress'}"]
    command = [*console_script("edge-run"), model, "synthetic:32x24:100000000"]
    command += [word for sink in sinks for word in ("--sink", sink)]
    with running(command) as process, (tmp_path / "progress").open() as progress:
        for _ in range(random.Random(seed).randrange(1, 400)):
            progress.readline()
        process.send_signal(signal.SIGKILL)
    for file in files:
        assert file.read_bytes().endswith(b"\n")
    lines = [json.loads(line) for line in files[0].read_text().splitlines()]
    frames = [line["frame"] for line in lines if "event" not in line]
    assert frames == list(range(len(frames)))
    assert json.loads(files[1].read_text().splitlines()[0])["event"] == "entered"
    assert {line.count(",") for line in files[2].read_text().splitlines()} == {7}


@pytest.mark.parametrize("sink", ["csv", "events"])
def test_a_full_disk_is_one_clear_line_for_every_file(
    model: str, small_disk: Path, sink: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with (small_disk / "full").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
    target = small_disk / "out"
    assert main([model, "synthetic:8x8:1000", "--sink", f"{sink}:{target}"]) == 1
    assert capfd.readouterr().err == f"edge-run: {target}: cannot write: No space left on device\n"
    assert target.read_bytes() == b""


class FastCamera:
    """Frames faster than anyone takes them."""

    def open(self) -> None: ...

    def read(self) -> np.ndarray:
        time.sleep(0.001)
        return solid_frame((255, 0, 0))

    def close(self) -> None: ...


def test_every_frame_is_accounted_for_with_a_slow_file_a_hanging_broker_and_a_viewer_that_does_not_read(
    model: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "slow")
    source = LiveCapture("camera:", FastCamera, LiveSettings(stall_seconds=600))
    run = RunInfo(counts=source.counts)
    lines: list[str] = []

    def read_slowly() -> None:
        with (tmp_path / "slow").open() as reader:
            for line in reader:
                lines.append(line)
                time.sleep(0.005)
                if len(lines) == 300:
                    source.close()

    reader = threading.Thread(target=read_slowly)
    with running_broker(tmp_path) as broker, Classifier(model) as classifier:
        reader.start()
        texts = [f"mqtt://127.0.0.1:{broker.port}/bin", "preview:0", f"jsonl:{tmp_path / 'slow'}"]
        sinks = open_sinks(texts, run)
        host, _, port = sinks[1].url[7:-1].rpartition(":")
        with socket.create_connection((host, int(port))) as viewer:
            viewer.sendall(b"GET /state?after=-1 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
            broker.signal(signal.SIGSTOP)
            counts = run_pipeline(source, [classifier], sinks)
            broker.signal(signal.SIGCONT)
    reader.join()
    assert counts.produced == counts.delivered + counts.dropped + counts.failed
    assert counts.delivered == len(lines) >= 300
    assert counts.dropped > 0
    sent, left_out = run.sink_counts["mqtt"].results_sent, run.sink_counts["mqtt"].results_left_out
    assert sent + left_out == counts.delivered


def test_sinks_are_opened_all_or_none(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(SinkError, match="csv: needs a file"):
        open_sinks(["preview:0", "csv"], RunInfo())
    assert threading.active_count() == before
    open_sink(f"jsonl:{tmp_path / 'out.jsonl'}").close()
