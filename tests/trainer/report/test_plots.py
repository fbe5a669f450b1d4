"""The pictures of a training hold thumbnails, not photos, so that large photos do not fill the memory."""

import tracemalloc
from pathlib import Path

import pytest
from PIL import Image

from edge_runtime.contracts.dataset import LabelledImages

WIDTH, HEIGHT, PHOTOS = 2000, 1500, 20


@pytest.mark.slow  # measures a process of its own
@pytest.mark.tensorflow
def test_twenty_photos_never_lie_in_memory_at_once(tmp_path: Path) -> None:
    from trainer.report.plots import plot_samples

    names = tuple(f"{number:02d}.png" for number in range(PHOTOS))
    for number, name in enumerate(names):
        Image.new("RGB", (WIDTH, HEIGHT), (10 * number, 0, 200)).save(tmp_path / name)
    images = LabelledImages(tmp_path, names, names, tuple((number,) for number in range(PHOTOS)))
    tracemalloc.start()
    try:
        plot_samples(images, tmp_path / "samples.png")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < PHOTOS * WIDTH * HEIGHT * 3 / 2
    with Image.open(tmp_path / "samples.png") as picture:
        colors = {color for _, color in picture.convert("RGB").getcolors(1 << 24) or ()}
    assert {(10 * number, 0, 200) for number in range(PHOTOS)} <= colors
