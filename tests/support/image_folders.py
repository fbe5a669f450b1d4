"""Makes small image folders: each class has a colour, each image its own noise, so that they can be learnt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

_COLORS = ((200, 40, 40), (40, 200, 40), (40, 40, 200), (200, 200, 40))


def write_image_folder(root: Path, counts: Mapping[str, int], first_seed: int = 0) -> Path:
    """Writes ``root/<class>/00.png`` and on, for each class its number of images, all different; returns ``root``."""
    for color, (name, count) in enumerate(counts.items()):
        (root / name).mkdir(parents=True)
        for number in range(count):
            noise = np.random.default_rng([color, first_seed + number]).integers(-40, 40, (12, 12, 3))
            pixels = np.clip(np.array(_COLORS[color]) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:02d}.png")
    return root
