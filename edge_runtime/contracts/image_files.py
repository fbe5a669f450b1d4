"""Which files of a folder are images. Frames for the device and images for training are found with this alone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""What ``edge_runtime.preprocess`` decodes; for AVIF it needs Pillow 11.3."""

_OTHER_IMAGES = frozenset({".cr2", ".dng", ".heic", ".heif", ".jp2", ".jxl", ".nef", ".psd", ".svg"})
_OF_THE_SYSTEM = frozenset({"__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information"})
_HIDDEN_FOLDER, _HIDDEN_FILE, _UNREADABLE = "hidden folder", "hidden file", "unreadable folder"
_NO_FILE = "link to no file"
_COUNTED = {_HIDDEN_FOLDER, _HIDDEN_FILE, _UNREADABLE}
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """The images of a folder and its subfolders.

    Attributes:
        names: POSIX paths below the folder, in the order of their parts.
        left_out: how many files and folders were left out, by reason: a suffix, or what they are.
    """

    names: tuple[str, ...]
    left_out: Mapping[str, int]


def find_image_files(folder: str | os.PathLike[str]) -> ImageFiles:
    """Looks for images in ``folder`` and its subfolders.

    Hidden files and folders, such as ``.ipynb_checkpoints``, and those that systems make are left out. Links to folders
    are not followed. With strings, since a ``Path`` for each of many files takes minutes.
    """
    names: list[str] = []
    left_out: Counter[str] = Counter()
    places = [""]
    while places:
        below = places.pop()
        try:
            with os.scandir(os.path.join(folder, below)) as entries:  # noqa: PTH118 - see above
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if is_hidden_folder(entry.name):
                            left_out[_HIDDEN_FOLDER] += 1
                        else:
                            places.append(f"{below}{entry.name}/")
                    elif reason := why_no_image(entry.name, is_file=entry.is_file()):
                        left_out[reason] += 1
                    else:
                        names.append(below + entry.name)
        except OSError:
            left_out[_UNREADABLE] += 1
    return ImageFiles(tuple(sorted(names, key=lambda name: name.split("/"))), left_out)


def is_hidden_folder(name: str) -> bool:
    """Whether a folder of this name holds copies, previews or rubbish rather than images of the user."""
    return name.startswith(".") or name in _OF_THE_SYSTEM


def why_no_image(name: str, *, is_file: bool = True) -> str:
    """Why a file of this name is no image, as a reason of :class:`ImageFiles`; empty where it is one."""
    if name.startswith("."):
        return _HIDDEN_FILE
    if not is_file:
        return _NO_FILE
    suffix = "".join(name.rpartition(".")[1:]).lower() if "." in name else "without suffix"
    return "" if suffix in IMAGE_SUFFIXES else suffix


def describe_left_out(left_out: Mapping[str, int]) -> str:
    """What was left out and why, in one line, such as "left out: 3 hidden files, 2 .txt"."""
    counts = sorted(left_out.items(), key=lambda pair: (-pair[1], pair[0]))
    parts = [f"{count} {reason}{'s' if reason in _COUNTED and count > 1 else ''}" for reason, count in counts]
    more = sum(count for _, count in counts[_SHOWN:])
    others = sorted(_OTHER_IMAGES & set(left_out))
    hint = f"; convert {', '.join(others)} to JPEG to use them" if others else ""
    return f"left out: {', '.join(parts[:_SHOWN])}{f', {more} others' if more else ''}{hint}"


def known_suffixes() -> str:
    """The suffixes of images, for messages."""
    return ", ".join(sorted(IMAGE_SUFFIXES))
