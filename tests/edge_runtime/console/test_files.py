from pathlib import Path

import pytest

from edge_runtime.console.files import OutputError, write_bytes, write_text, write_together, written_atomically


def test_folders_are_made_and_content_is_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "grün")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "grün".encode()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "model.tflite"
    target.write_bytes(b"old")

    def half() -> None:
        with written_atomically(target) as temporary:
            temporary.write_bytes(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_suffix_is_kept_for_writers_that_go_by_it(tmp_path: Path) -> None:
    with written_atomically(tmp_path / "model.keras") as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_bytes(b"x")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"file/x\.json: cannot write: "):
        write_bytes(tmp_path / "file" / "x.json", b"{}")


def test_where_one_file_cannot_take_its_place_those_after_it_stay_as_they_were(tmp_path: Path) -> None:
    first, blocked, last = (tmp_path / name for name in ("report.json", "report.html", "model.tflite"))
    last.write_bytes(b"old model")
    blocked.mkdir()
    with pytest.raises(OutputError, match=r"report\.html: cannot write: Is a directory"):
        write_together({first: b"new", blocked: b"new", last: b"new"})
    assert first.read_bytes() == b"new"
    assert last.read_bytes() == b"old model"
    assert sorted(tmp_path.iterdir()) == sorted((first, blocked, last))


def test_where_one_file_cannot_be_written_none_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    first = tmp_path / "first"
    with pytest.raises(OutputError, match=r"file/last: cannot write: "):
        write_together({first: b"new", tmp_path / "file" / "last": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
