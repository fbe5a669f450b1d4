"""Makes the bundled sample: a slice of Fashion-MNIST as PNG files in class folders.

    python tools/make_sample.py --data-dir /usr/share/datasets/fashion-mnist --out trainer/assets/sample

Of each class it takes the first images in the order of the official files: 100 of the training part and 40 of the
test part. A file's name is the image's number in the IDX file, counted from 0. Nothing is drawn at random, so every
call writes the same pixels.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from trainer.data.formats.idx import read_idx

CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot",
)  # fmt: skip
PARTS = {"train": ("train", 100), "test": ("t10k", 40)}
"""For each part the prefix of its IDX files and how many images of a class are taken."""

README = """# Sample: a slice of Fashion-MNIST

1,400 real images in 10 classes, 28x28 grey PNG: 100 a class in `train/`, 40 a class in `test/`.
They are the first ones of each class in the official training part and the official test part of
Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017; Zalando SE, MIT licence, see `LICENSE`). A file's name is the image's
number in the IDX file, counted from 0.

The sample is there so that the demo and the tests run without a network. Made from Debian's package
`dataset-fashion-mnist` by

    python tools/make_sample.py --data-dir /usr/share/datasets/fashion-mnist --out trainer/assets/sample
"""

LICENSE = """The MIT License (MIT)

Copyright (c) 2017 Zalando SE, https://tech.zalando.com

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def write_part(data_dir: Path, out: Path, prefix: str, count: int) -> None:
    """Writes the first ``count`` images of each class of one official part below ``out``."""
    images = read_idx(data_dir / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(data_dir / f"{prefix}-labels-idx1-ubyte.gz")
    for label, name in enumerate(CLASSES):
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in np.flatnonzero(labels == label)[:count]:
            Image.fromarray(images[number]).save(folder / f"{number:05d}.png", optimize=True)


def main() -> None:
    """Writes both parts, the licence and the README."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder with the four IDX files")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sample")
    options = parser.parse_args()
    for part, (prefix, count) in PARTS.items():
        write_part(options.data_dir, options.out / part, prefix, count)
    (options.out / "LICENSE").write_text(LICENSE)
    (options.out / "README.md").write_text(README)


if __name__ == "__main__":
    main()
