"""A Raspberry Pi with its camera, a button on GPIO 2 and an LED on GPIO 17: press, and the LED tells what it sees.

python examples/button_and_led.py model.tflite glass

On Raspberry Pi OS: sudo apt install python3-picamera2 python3-gpiozero, and an environment that sees them
(python3 -m venv --system-site-packages).
"""

import sys
from collections.abc import Iterator
from contextlib import closing

from gpiozero import LED, Button

from edge_runtime import Classifier, Frame, FrameFailure, open_source

BUTTON, LIGHT = 2, 17
SURE = 0.6


def newest_frame(frames: Iterator[Frame | FrameFailure]) -> Frame:
    """The newest frame that could be read."""
    return next(frame for frame in frames if isinstance(frame, Frame))


def main(model: str, wanted: str, source: str = "picamera2:") -> None:
    """Runs until Ctrl-C."""
    with (
        Classifier(model, top_k=1) as classifier,
        closing(open_source(source)) as camera,
        Button(BUTTON) as button,
        LED(LIGHT) as light,
    ):
        frames = iter(camera)
        newest_frame(frames)  # the camera runs from now on, so that a press is answered at once
        print("ready", flush=True)
        while True:
            button.wait_for_press()
            best = classifier.classify(newest_frame(frames).pixels).best  # None where no class reaches its threshold
            light.value = best is not None and best.label == wanted and best.score >= SURE
            print(f"{best.label} {best.score:.2f}" if best else "-", flush=True)
            button.wait_for_release()


if __name__ == "__main__":
    main(*sys.argv[1:])
