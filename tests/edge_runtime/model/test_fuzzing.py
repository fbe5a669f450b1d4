"""Damaged models and pictures: refused with a message that names the file, or taken; nothing hangs.

tests/support/fuzz.py tries 5,000 of each; here are the first few hundred, and those that once found something.
"""

import hashlib
import io
from pathlib import Path

import pytest
from corpus import model_originals, picture_originals
from fuzzing import KNOWN_CRASHES, Findings, fuzz
from mutations import mutated
from PIL import Image
from tiny_model import write_tiny_model

from edge_runtime import Classifier, read_image
from edge_runtime.errors import ImageError, ModelFileError
from edge_runtime.model.file import read_model_file
from edge_runtime.model.scores_output import MAX_CLASSES

SECONDS = 120.0  # on a busy machine; none takes one
COUNT = 400
FOUND_SOMETHING = (18, 45, 544, 856, 1379, 3359)


def check(found: Findings, count: int) -> None:
    assert found.faults == []
    assert found.outcomes["refused"] > count // 4
    assert sum(found.outcomes.values()) == count
    assert all("FILE" in reason for reason in found.reasons)


def test_damaged_models() -> None:
    check(fuzz("model", model_originals(), 0, range(COUNT), SECONDS), COUNT)


def test_damaged_pictures() -> None:
    found = fuzz("image", picture_originals(), 0, range(COUNT), SECONDS)
    check(found, COUNT)
    assert found.outcomes["taken"] > COUNT // 10


@pytest.mark.parametrize("number", FOUND_SOMETHING)
def test_models_that_once_found_something(number: int) -> None:
    check(fuzz("model", model_originals(), 0, range(number, number + 1), SECONDS), 1)


CRASHING = """
import os, signal
class EdgeDeployError(Exception): ...
Classifier = None
def read_image(path):
    os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_a_crash_of_the_child_is_a_fault_unless_it_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "edge_runtime.py").write_text(CRASHING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    originals = picture_originals()
    files = [mutated(originals, 0, number) for number in range(3)]
    digests = [hashlib.sha256(content).hexdigest() for content in files]
    known = {digests[1]: "nothing can be done about it"}
    found = fuzz("image", originals, 0, range(3), SECONDS, tmp_path / "kept", known)
    assert found.outcomes == {"crashed": 3}
    assert found.faults == [f"{n}: crashed the child (SIGSEGV), sha256 {digests[n]}" for n in (0, 2)]
    assert found.known_crashes == ["1: nothing can be done about it"]
    assert {path.stem: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == {
        digests[n]: files[n] for n in (0, 2)
    }


def test_known_crashes_are_listed_by_sha256_with_a_reason() -> None:
    assert all(len(digest) == 64 and len(reason) > 20 for digest, reason in KNOWN_CRASHES.items())


def test_the_damage_is_the_same_every_time() -> None:
    originals = picture_originals()
    assert [mutated(originals, 0, number) for number in range(50)] == [
        mutated(originals, 0, number) for number in range(50)
    ]
    assert mutated(originals, 1, 0) != mutated(originals, 0, 0)


def test_the_number_of_classes_is_bounded(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", activation="none")
    shape = b"\x01\0\0\0\x01\0\0\0\x01\0\0\0\x03\0\0\0"
    content = path.read_bytes()
    assert content.count(shape) == 1
    path.write_bytes(content.replace(shape, shape[:-4] + (MAX_CLASSES + 1).to_bytes(4, "little")))
    with pytest.raises(ModelFileError, match=f"{MAX_CLASSES + 1} classes; at most {MAX_CLASSES}"):
        read_model_file(path)


def test_an_output_that_is_another_than_announced_is_refused(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", activation="none")
    shape = b"\x01\0\0\0\x01\0\0\0\x01\0\0\0\x03\0\0\0"
    path.write_bytes(path.read_bytes().replace(shape, shape[:-4] + (4).to_bytes(4, "little")))
    with pytest.raises(Exception, match=r"m.tflite: damaged: its output is announced as .* 4\], and is .* 3\]"):
        Classifier(path, normalization="0..1")


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(buffer, "PNG")
    (tmp_path / "bomb.png").write_bytes(buffer.getvalue())
    assert len(buffer.getvalue()) < 1_000_000
    with pytest.raises(ImageError, match=r"bomb.png: more than 64000000 pixels"):
        read_image(tmp_path / "bomb.png")
