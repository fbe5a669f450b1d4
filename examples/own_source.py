"""A source of your own for edge-run: the frames of a numpy file, as a recording whose frame rate is known.

Your package names it in its pyproject.toml:

    [project.entry-points."edge_deploy_kit.sources"]
    numpy = "own_source:NumpyClip"

edge-run model.tflite numpy:clip.npy --min-duration 0.5 --events
"""

import time
from collections.abc import Iterator

import numpy as np

from edge_runtime import Frame
from edge_runtime.sources import Recording


class NumpyClip(Recording):
    """The frames of a file that holds uint8 RGB, (count, height, width, 3).

    The base class says what kind of source it is. With a frame rate, seconds are those of the clip.
    """

    frame_rate = 10.0

    def __init__(self, path: str) -> None:
        self._path = path
        self._clip = np.load(path, mmap_mode="r")

    def __iter__(self) -> Iterator[Frame]:
        for index in range(len(self._clip)):
            start = time.perf_counter_ns()
            pixels = np.array(self._clip[index])
            yield Frame(pixels, self._path, index, time.time_ns(), time.perf_counter_ns() - start)

    def close(self) -> None:
        """Nothing is held open."""
