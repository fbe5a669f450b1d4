"""Folders as people have them: what is an image is found, what is left out is counted by reason."""

import logging
from pathlib import Path

import pytest

from edge_runtime.contracts.dataset import read_image_folder
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.image_files import IMAGE_SUFFIXES, describe_left_out, find_image_files


def fill(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_images_are_found_and_the_rest_is_counted(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "b.JPG",
        "a/z.tiff",
        "a/deep/y.jfif",
        "a.b/x.jpe",
        "a!/w.avif",
        "no_suffix",
        "n.txt",
        "m.TXT",
        "Thumbs.db",
    )
    fill(tmp_path, "._b.jpg", ".DS_Store", ".thumbnails/1.png", ".Trash-1000/files/2.png", "a/.ipynb_checkpoints/3.png")
    fill(tmp_path, "@eaDir/b.jpg/SYNOPHOTO.jpg", "__MACOSX/a/._z.tiff", "$RECYCLE.BIN/4.png", "phone.heic")
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    (tmp_path / "linked").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "folder.png").mkdir()
    found = find_image_files(tmp_path)
    assert found.names == ("a/deep/y.jfif", "a/z.tiff", "a!/w.avif", "a.b/x.jpe", "b.JPG")
    assert found.left_out == {
        "hidden folder": 6,
        "hidden file": 2,
        ".txt": 2,
        ".db": 1,
        ".heic": 1,
        "without suffix": 1,
        "link to no file": 2,
    }


def test_a_hidden_folder_that_is_named_is_read(tmp_path: Path) -> None:
    assert find_image_files(fill(tmp_path / ".cache", "a.png")).names == ("a.png",)


def test_a_folder_that_goes_meanwhile_is_counted(tmp_path: Path) -> None:
    assert find_image_files(tmp_path / "gone").left_out == {"unreadable folder": 1}


@pytest.mark.parametrize(
    ("left_out", "text"),
    [
        ({"hidden file": 1, ".txt": 2}, "left out: 2 .txt, 1 hidden file"),
        ({"hidden folder": 3, "hidden file": 2}, "left out: 3 hidden folders, 2 hidden files"),
        ({".heic": 1, ".cr2": 2}, "left out: 2 .cr2, 1 .heic; convert .cr2, .heic to JPEG to use them"),
        ({f".x{n}": 9 - n for n in range(9)}, "left out: 9 .x0, 8 .x1, 7 .x2, 6 .x3, 5 .x4, 4 .x5, 6 others"),
    ],
)
def test_what_was_left_out_is_one_line(left_out: dict[str, int], text: str) -> None:
    assert describe_left_out(left_out) == text


def test_class_folders_leave_out_the_same_and_say_it_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(
        tmp_path, "cat/a.jfif", "cat/.ipynb_checkpoints/a-checkpoint.png", "dog/b.tif", "dog/notes.txt", "dog/more.txt"
    )
    fill(tmp_path, ".git/objects/c.png", "@eaDir/d.png", "__MACOSX/e.png", "outside.png", "labels.csv")
    with caplog.at_level(logging.INFO, "edge-deploy-kit"):
        images = read_image_folder(tmp_path)
    assert images.classes == ("cat", "dog")
    assert images.names == ("cat/a.jfif", "dog/b.tif")
    assert caplog.messages == [f"{tmp_path}: left out: 2 .txt, 1 hidden folder, 1 outside the class folders"]


def test_a_folder_without_an_image_says_what_was_there_instead(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, "cat/a.heic")
    with caplog.at_level(logging.INFO, "edge-deploy-kit"), pytest.raises(ContractError, match="no image") as caught:
        read_image_folder(tmp_path)
    assert all(suffix in str(caught.value) for suffix in IMAGE_SUFFIXES)
    assert "convert .heic to JPEG" in caplog.text
