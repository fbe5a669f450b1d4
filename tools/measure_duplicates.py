"""How far apart the images of a data set are, and how far their recompressed copies (see the decision on leaks).

    python -m tools.measure_duplicates ../shared/data/trashnet

Compares all pairs, so for a few thousand images at the most.
"""

from __future__ import annotations

import argparse
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge_runtime.preprocess import read_image
from trainer.data.leaks.duplicates import MAX_BITS
from trainer.data.leaks.signatures import sign_images, sign_picture
from trainer.data.source import open_data

QUALITIES = (30, 50, 70)
_COPIED = 100


def distances(hashes: NDArray[np.uint16]) -> NDArray[np.int64]:
    """The bits in which each pair of hashes differs, ascending."""
    bits = np.unpackbits(hashes.view(np.uint8), axis=1).astype(np.float32)
    apart = bits @ (1 - bits).T
    return np.sort((apart + apart.T)[np.triu_indices(len(bits), 1)]).astype(np.int64)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DATA", help="as for edge-train")
    parser.add_argument("--first", type=int, default=5_000, metavar="N", help="so many images (default: %(default)s)")
    options = parser.parse_args()
    images = open_data(options.data).images
    images = images.subset(np.linspace(0, len(images) - 1, min(options.first, len(images))).astype(int).tolist())
    apart = distances(sign_images(images, cached=False).hashes)
    print(f"{len(images)} images, {len(apart)} pairs; the nearest differ in {apart[:5].tolist()} of 256 bits")
    print(f"pairs within {MAX_BITS} bits: {(apart <= MAX_BITS).sum()}")
    for quality in QUALITIES:
        far = []
        for index in np.linspace(0, len(images) - 1, min(_COPIED, len(images))).astype(int).tolist():
            picture = Image.fromarray(read_image(images.path(index)))
            copy = io.BytesIO()
            picture.save(copy, "JPEG", quality=quality)
            pair = np.stack([sign_picture(picture)[0], sign_picture(Image.open(copy).convert("RGB"))[0]])
            far.append(int(distances(pair)[0]))
        share = np.mean(np.array(far) <= MAX_BITS)
        print(f"copies at JPEG quality {quality}: {share:.0%} within {MAX_BITS} bits, the furthest {max(far)}")


if __name__ == "__main__":
    main()
