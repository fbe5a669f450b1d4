"""Files of results over a year: rotation, logrotate, power cuts, a disk that is full for a while."""

import csv
import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from children import running
from hypothesis import given
from hypothesis import strategies as st
from results import made_result
from tiny_model import write_packed_model

from edge_runtime.console.child_process import console_script
from edge_runtime.errors import SinkError
from edge_runtime.run.cli import main
from edge_runtime.sinks import RunInfo, open_sink
from edge_runtime.sinks.files.csv import COLUMNS
from edge_runtime.sinks.target import FileTarget, parse_target

LINE = b'{"schema": 1, "frame": 0}\n'
ROW = b"x,0,7,1,yes,0.5,1.0,\n"
HEAD = (",".join(COLUMNS) + "\n").encode()


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_packed_model(tmp_path / "model.tflite"))


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_file_is_rotated_before_it_is_too_long(model: str, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    assert main([model, "synthetic:8x8:40", "--sink", f"jsonl:{target}?max=2KB&keep=3"]) == 0
    files = [Path(f"{target}.3"), Path(f"{target}.2"), Path(f"{target}.1"), target]
    assert sorted(tmp_path.glob("out*")) == sorted(files)
    assert all(path.stat().st_size <= 2000 for path in files)
    frames = [json.loads(line)["frame"] for path in files for line in lines_of(path)]
    assert frames == list(range(frames[0], 40))
    assert frames[0] > 0  # the oldest are gone


def test_each_table_has_its_head(model: str, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    for _ in range(2):  # the second run goes on in the last file of the first one
        assert main([model, "synthetic:8x8:40", "--sink", f"csv:{target}?max=1KB&keep=9"]) == 0
    files = [target, *(path for path in tmp_path.glob("out.csv.*"))]
    assert len(files) > 2
    rows = [row for path in files for row in csv.DictReader(lines_of(path))]
    assert all(path.read_bytes().startswith(HEAD) for path in files)
    assert sorted(int(row["frame"]) for row in rows) == sorted([*range(40)] * 2)


def test_nothing_is_kept_beside_the_file_where_nothing_is_to_be(model: str, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    assert main([model, "synthetic:8x8:20", "--sink", f"jsonl:{target}?max=1KB&keep=0"]) == 0
    assert list(tmp_path.glob("out*")) == [target]
    assert json.loads(lines_of(target)[-1])["frame"] == 19


def test_a_line_longer_than_a_file_may_be_stands_alone(tmp_path: Path) -> None:
    sink = open_sink(f"jsonl:{tmp_path / 'out.jsonl'}?max=10B&keep=5")
    for number in range(3):
        sink.write(made_result(number))
    sink.close()
    assert len(list(tmp_path.iterdir())) == 3
    assert all(len(lines_of(path)) == 1 for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a.jsonl", FileTarget(Path("a.jsonl"))),
        ("a.jsonl?max=50MB&keep=3", FileTarget(Path("a.jsonl"), 50_000_000, 3)),
        ("a.jsonl?keep=0&max=1.5KiB", FileTarget(Path("a.jsonl"), 1536, 0)),
        ("a.jsonl?max=100", FileTarget(Path("a.jsonl"), 100, 7)),
        ("a.jsonl?free=2GB", FileTarget(Path("a.jsonl"), free_bytes=2_000_000_000)),
        ("a.avi?keep=2", FileTarget(Path("a.avi"), keep=2)),
        ("what?.jsonl", FileTarget(Path("what?.jsonl"))),
        ("what?/a=b.jsonl", FileTarget(Path("what?/a=b.jsonl"))),
    ],
)
def test_a_target_is_read(text: str, target: FileTarget) -> None:
    assert parse_target("jsonl", text) == target


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("keep=7", "keep needs a max; expected FILE.max=50MB&keep=7"), ("free=-1", "free=-1 is no size"),
        ("max=1MB&age=3", "expected FILE.max"), ("max=1MB&max=2MB", "expected FILE.max"),
        ("max=many", "max=many is no size"),
        ("max=0MB", "max=0MB is no size"), ("max=5XB", "no size"), ("max=1MB&keep=-1", "keep=-1 is not a whole number"),
        ("max=1MB&keep=9999", "within 0..1000"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sink", ["jsonl", "events", "csv"])
def test_options_that_mean_nothing_are_refused(tmp_path: Path, sink: str, query: str, said: str) -> None:
    with pytest.raises(SinkError, match=f"{sink}:.*{said}"):
        open_sink(f"{sink}:{tmp_path / 'out'}?{query}")
    assert list(tmp_path.iterdir()) == []


def test_after_a_hangup_the_file_is_opened_anew(model: str, tmp_path: Path) -> None:
    target, moved = tmp_path / "out.jsonl", tmp_path / "moved.jsonl"
    command = [*console_script("edge-run"), model, "synthetic:8x8:100000000", "--max-fps", "200"]
    with running(
        [*command, "--sink", f"jsonl:{target}", "--sink", "jsonl"], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        process.stdout.readline()
        target.rename(moved)  # as logrotate does it
        process.send_signal(signal.SIGHUP)
        while not target.exists() or len(lines_of(target)) < 3:
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait() == 130
    frames = [json.loads(line)["frame"] for path in (moved, target) for line in lines_of(path)]
    assert frames == list(range(len(frames)))


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (LINE + b'{"schema": 1, "fra', LINE),
        (LINE + b'{"schema": 1, "frame": 1' + bytes(700), LINE),
        (LINE * 3 + bytes(1396), LINE * 3),
        (LINE + bytes(442) + b"ame\n" + LINE, LINE),
        (b'{"sche', b""),
        (bytes(512), b""),
        (LINE[:-1], LINE),
        (LINE * 50_000 + LINE[:9], LINE * 50_000),
        (b"", b""),
    ],
)
@pytest.mark.parametrize("sink", ["jsonl", "events"])
def test_what_a_power_cut_has_damaged_is_cut_off(tmp_path: Path, sink: str, found: bytes, kept: bytes) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(found)
    opened = open_sink(f"{sink}:{target}")
    opened.write(made_result(5, events=True))
    opened.close()
    content = target.read_bytes()
    assert content.startswith(kept)
    assert [json.loads(line)["frame"] for line in content[len(kept) :].splitlines()] == [5] * (1 + (sink == "jsonl"))


@pytest.mark.parametrize(
    ("found", "kept"),
    [(HEAD + ROW + b"x,1,8", HEAD + ROW), (HEAD[:12], b""), (HEAD + ROW[:-1], HEAD + ROW), (HEAD + bytes(99), HEAD)],
)
def test_a_table_is_repaired_too(tmp_path: Path, found: bytes, kept: bytes) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(found)
    open_sink(f"csv:{target}").close()
    assert target.read_bytes() in (kept or HEAD, kept[:-1])  # the end of a line is added with the next one


@pytest.mark.parametrize(
    "other",
    [
        b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x1c\0\0\0TFL3" + bytes(100), b"\0\0\0 ftypisom", b'{\n  "a": 1\n}', b"{}x",
        b'{"a": [1,\n', b"[1]\n", b"text", HEAD, b'{"schema": 1}\0\0{"schema": 1}',
    ],
)  # fmt: skip
def test_another_file_is_left_alone(tmp_path: Path, other: bytes) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(other)
    with pytest.raises(SinkError, match="holds something else; name another file"):
        open_sink(f"jsonl:{target}")
    assert target.read_bytes() == other


@given(st.binary(max_size=200), st.booleans())
def test_whatever_a_file_holds_no_whole_line_is_lost(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, after_line: bool
) -> None:
    target = tmp_path_factory.mktemp("any") / "out.jsonl"
    content = LINE + content if after_line else content
    target.write_bytes(content)
    try:
        open_sink(f"jsonl:{target}").close()
    except SinkError:
        assert target.read_bytes() == content
    else:
        assert content.startswith(target.read_bytes())
        assert target.read_bytes().startswith(LINE) == after_line


def test_a_camera_goes_on_while_the_disk_is_full(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = RunInfo(is_live=True)
    sinks = [open_sink(f"{kind}:{small_disk / kind}?max=1MB", run) for kind in ("jsonl", "csv", "events")]
    for sink in sinks:
        sink.write(made_result(0, events=True))
    filler = fill(small_disk)
    for number in range(1, 2001):
        for sink in sinks:
            sink.write(made_result(number, events=True))
    filler.unlink()
    for sink in sinks:
        sink.write(made_result(2001, events=True))
        sink.close()
    counts = run.sink_counts[f"jsonl:{small_disk / 'jsonl'}"]
    assert counts.results_lost > 0
    assert counts.results_written + counts.results_lost == 2002
    frames = [json.loads(line)["frame"] for line in lines_of(small_disk / "jsonl")]
    assert (frames[0], frames[-1]) == (0, 2001)
    assert all(len(row) == len(COLUMNS) for row in csv.reader(lines_of(small_disk / "csv")))
    said = [
        record.message for record in caplog.records if "No space left on device; results are lost" in record.message
    ]
    assert len(said) == 3  # one a sink, not one a line


def fill(disk: Path) -> Path:
    filler = disk / "full"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_a_cameras_run_begins_on_a_full_disk(small_disk: Path) -> None:
    filler = fill(small_disk)
    sink = open_sink(f"csv:{small_disk / 'out.csv'}", RunInfo(is_live=True))
    sink.write(made_result(0))
    filler.unlink()
    sink.write(made_result(1))
    sink.close()
    assert [row["frame"] for row in csv.DictReader(lines_of(small_disk / "out.csv"))] == ["1"]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "events"])
def test_so_much_of_the_disk_stays_free(kind: str, small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = RunInfo(is_live=True)
    sink = open_sink(f"{kind}:{small_disk / 'out'}?free=50KB", run)
    for number in range(3000):
        sink.write(made_result(number, events=True))
    sink.close()
    disk = os.statvfs(small_disk)
    assert 50_000 - 4096 <= disk.f_bavail * disk.f_frsize <= 50_000 + 4096
    assert run.sink_counts[f"{kind}:{small_disk / 'out'}"].results_lost > 0
    assert "No space left on device; 50000 bytes shall stay free; results are lost until there is room" in caplog.text


def test_a_run_of_files_ends_where_too_little_would_stay_free(
    model: str, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([model, "synthetic:8x8:5", "--sink", f"jsonl:{small_disk / 'out'}?free=2MB"]) == 1
    assert "No space left on device; 2 MB shall stay free" in capsys.readouterr().err
    assert list(small_disk.iterdir()) == []


def test_a_model_is_loaded_where_no_temporary_file_can_be_made(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert main([model, "synthetic:8x8:1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_events_are_on_the_disk_before_the_next_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr("edge_runtime.sinks.files.append.os.fdatasync", synced.append)
    for kind in ("events", "jsonl"):
        sink = open_sink(f"{kind}:{tmp_path / kind}")
        sink.write(made_result(0))
        sink.write(made_result(1, events=True))
        sink.close()
    assert len(synced) == 1
