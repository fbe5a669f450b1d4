"""Frames and inference beside the other tasks of an event loop: both wait in threads, and let go of Python's lock.

python examples/asyncio_camera.py model.tflite http://camera.local/stream.mjpg
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import closing

from edge_runtime import Classifier, Frame, FrameFailure, open_source


async def frames_of(source: str) -> AsyncIterator[Frame]:
    """The newest frame whenever one is asked for; failed ones are left out."""
    with closing(open_source(source)) as opened:
        frames = iter(opened)
        while (item := await asyncio.to_thread(next, frames, None)) is not None:
            if not isinstance(item, FrameFailure):
                yield item


async def watch(classifier: Classifier, source: str) -> None:
    """Says what is seen."""
    async for frame in frames_of(source):
        result = await asyncio.to_thread(classifier.classify, frame.pixels)
        if result.best:  # None where no class reaches its threshold
            print(f"frame {frame.index}: {result.best.label}", flush=True)


async def do_something_else() -> None:
    """Stands for what else your program does."""
    while True:
        print("the loop is free", flush=True)
        await asyncio.sleep(1)


async def main(model: str, source: str) -> None:
    """Runs until the source ends or Ctrl-C."""
    with Classifier(model) as classifier:
        other = asyncio.create_task(do_something_else())
        try:
            await watch(classifier, source)
        finally:
            other.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
