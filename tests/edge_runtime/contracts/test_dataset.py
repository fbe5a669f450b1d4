from pathlib import Path

import pytest

from edge_runtime.contracts.dataset import LabelledImages, find_duplicates, read_image_folder
from edge_runtime.contracts.errors import ContractError


def folder(root: Path, **files: bytes) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def test_classes_and_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    root = folder(tmp_path, dog__2_dot_png=b"c", cat__b_dot_JPG=b"b", cat__deep__a_dot_gif=b"a")
    folder(tmp_path, dog___dot_hidden_dot_png=b"x", cat__notes_dot_txt=b"x")
    images = read_image_folder(root)
    assert images.classes == ("cat", "dog")
    assert images.names == ("cat/b.JPG", "cat/deep/a.gif", "dog/2.png")
    assert images.labels == ((0,), (0,), (1,))
    assert images.path(2).read_bytes() == b"c"


def test_fingerprint_follows_names_labels_and_content_but_not_the_place(tmp_path: Path) -> None:
    files = {"cat__a_dot_png": b"1", "dog__b_dot_png": b"2"}
    first = read_image_folder(folder(tmp_path / "first", **files)).fingerprint
    assert read_image_folder(folder(tmp_path / "second", **files)).fingerprint == first
    changed = [
        {"cat__a_dot_png": b"1", "dog__b_dot_png": b"3"},
        {"cat__a_dot_png": b"1", "dog__c_dot_png": b"2"},
        {"cat__a_dot_png": b"1", "cow__b_dot_png": b"2"},
    ]
    for number, other in enumerate(changed):
        assert read_image_folder(folder(tmp_path / f"other{number}", **other)).fingerprint != first


def test_a_subset_reads_no_file_again_whose_digest_is_known(tmp_path: Path) -> None:
    images = read_image_folder(folder(tmp_path, cat__a_dot_png=b"1", cat__b_dot_png=b"2", dog__c_dot_png=b"3"))
    fresh = images.subset([2, 0])
    assert fresh.digests == (images.digests[2], images.digests[0])
    images.path(2).unlink()
    assert images.subset([2, 0]).digests == fresh.digests


def test_duplicates_are_found_by_content(tmp_path: Path) -> None:
    root = folder(tmp_path, cat__a_dot_png=b"1", cat__b_dot_png=b"2", dog__c_dot_png=b"1", dog__d_dot_png=b"3")
    assert find_duplicates(read_image_folder(root)) == [[0, 2]]


def test_given_classes_set_the_indices(tmp_path: Path) -> None:
    root = folder(tmp_path, dog__a_dot_png=b"1")
    assert read_image_folder(root, ("cat", "dog")).labels == ((1,),)
    with pytest.raises(ContractError, match="folder 'dog' is none of the classes cat, cow"):
        read_image_folder(root, ("cat", "cow"))


@pytest.mark.parametrize("parts", [("Testing", "Training"), ("test", "train", "valid"), ("train",)])
def test_the_parts_of_a_data_set_are_no_classes(tmp_path: Path, parts: tuple[str, ...]) -> None:
    for part in parts:
        folder(tmp_path / part, cat__a_dot_png=b"1", dog__b_dot_png=b"2")
    with pytest.raises(ContractError) as error:
        read_image_folder(tmp_path, ("cat", "dog"))
    assert str(error.value) == (
        f"{tmp_path}: its folders {', '.join(parts)} are the parts of a data set, not classes; name one of them, say "
        f"{tmp_path / parts[0]}"
    )
    assert len(read_image_folder(tmp_path / parts[0], ("cat", "dog"))) == 2


def test_a_class_may_be_called_like_a_part(tmp_path: Path) -> None:
    assert read_image_folder(folder(tmp_path, train__a_dot_png=b"1"), ("car", "train")).labels == ((1,),)


@pytest.mark.parametrize(
    ("files", "reason"),
    [({}, "no class folders"), ({"a_dot_png": b"x"}, "no class folders"), ({"cat__a_dot_txt": b"x"}, "no image")],
)
def test_a_folder_without_classes_or_images_is_refused(tmp_path: Path, files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(ContractError, match=reason):
        read_image_folder(folder(tmp_path, **files))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="nowhere: no such folder"):
        read_image_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret.png", "cat/../../x.png"])
def test_names_stay_below_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContractError, match="does not lie below"):
        LabelledImages(tmp_path, ("a", "b"), (name,), ((0,),))


def test_labels_must_be_classes(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="none of 2 classes"):
        LabelledImages(tmp_path, ("a", "b"), ("x.png",), ((2,),))
