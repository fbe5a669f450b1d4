"""Makes docs/images/preview.png: the preview of a model of the bundled sample, on a desk and on a phone.

    make demo && .venv/bin/python tests/support/preview_screenshot.py demo-output/model.tflite docs/images/preview.png

Needs Chromium. The scene is made of the sample's test images, enlarged, in front of a camera that is not there.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from browser import running_browser
from children import running
from mjpeg_server import Camera
from PIL import Image

from edge_runtime.console.child_process import console_script

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("sneaker", "bag", "trouser", "ankle-boot")
FRAMES_EACH = 30
PICTURE, SCENE = 400, (640, 480)
WARM_UP_SECONDS = 9


def scenes(sample: Path) -> list[bytes]:
    """Pictures as JPEG: each of a few garments for a while."""
    left, top = (SCENE[0] - PICTURE) // 2, (SCENE[1] - PICTURE) // 2
    frames = []
    for name in CLASSES:
        garment = (
            Image.open(sorted((sample / name).iterdir())[0]).convert("RGB").resize((PICTURE, PICTURE), Image.BICUBIC)
        )
        for _ in range(FRAMES_EACH):
            picture = Image.new("RGB", SCENE, (34, 30, 28))
            picture.paste(garment, (left, top))
            with tempfile.SpooledTemporaryFile() as file:
                picture.save(file, "JPEG", quality=90)
                file.seek(0)
                frames.append(file.read())
    return frames


class PacedCamera(Camera):
    """Plays its parts at some fifteen frames a second, over and over."""

    def played(self) -> itertools.chain[bytes]:  # type: ignore[override]
        """The parts of one connection."""
        for part in itertools.cycle(self.parts):
            if self.stopping.wait(1 / 15):
                return
            yield part


def main(model: str, target: str) -> None:
    """Runs edge-run, opens its preview twice, and puts both pictures into one."""
    width, height = SCENE
    x, y = (width - PICTURE) // 2, (height - PICTURE) // 2
    with PacedCamera(scenes(ROOT / "trainer" / "assets" / "sample" / "test")) as camera:
        command = [
            *console_script("edge-run"), model, camera.url(), "--roi", f"{x},{y},{PICTURE},{PICTURE}",
            "--smooth", "mean:5", "--events", "--sink", "preview:0",
        ]  # fmt: skip
        with (
            tempfile.TemporaryDirectory() as folder,
            running_browser(Path(folder)) as browser,
            running(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process,
        ):
            url = process.stderr.readline().rpartition(" ")[2].strip()
            pages = {
                "desk": browser.open(url, width=1000, height=700),
                "phone": browser.open(url, width=360, height=700, mobile=True),
            }
            time.sleep(WARM_UP_SECONDS)
            for name, page in pages.items():
                page.screenshot(Path(folder, f"{name}.png"))
            desk, phone = (Image.open(Path(folder, f"{name}.png")).convert("RGB") for name in pages)
            both = Image.new("RGB", (desk.width + phone.width + 20, desk.height), "white")
            both.paste(desk, (0, 0))
            both.paste(phone, (desk.width + 20, 0))
            both.quantize(256).save(target, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
