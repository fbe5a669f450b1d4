"""Makes docs/images/first-minute.png: what three commands print, and the three photos that the last one looks at.

    python tools/terminal_picture.py docs/images/first-minute.png

The commands are run: what the picture shows is what they print to stdout on this machine.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from edge_runtime import sample_photos

COMMANDS = (
    "edge-train sample --out run",
    "edge-convert run --out model.tflite",
    "edge-run model.tflite sample --top-k 1 --sink console",
)
COLUMNS = 84
FONT_SIZE, LINE, MARGIN, PHOTO = 26, 38, 40, 232
DARK, TEXT, PROMPT, SOFT = "#1e1f26", "#e4e4e8", "#7fd48a", "#9a9ba6"


def run_commands() -> list[str]:
    """The lines of a terminal in which the commands were run one after the other."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS:
            name, *words = shlex.split(command)
            program = str(Path(sys.executable).with_name(name))
            done = subprocess.run([program, *words], cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
            lines += [f"$ {command}", *done.stdout.splitlines(), ""]
    return [line[at : at + COLUMNS] for line in lines[:-1] for at in range(0, max(1, len(line)), COLUMNS)]


def draw(lines: list[str], photos: list[Path]) -> Image.Image:
    """The terminal, and the photos below one another at its right."""
    font = ImageFont.truetype(str(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSansMono.ttf")), FONT_SIZE)
    left = 2 * MARGIN + round(font.getlength("m") * COLUMNS)
    height = max(len(lines) * LINE, len(photos) * (PHOTO + LINE)) + 2 * MARGIN
    picture = Image.new("RGB", (left + PHOTO + MARGIN, height), DARK)
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((MARGIN, MARGIN + number * LINE), line, PROMPT if line.startswith("$") else TEXT, font)
    for number, path in enumerate(photos):
        top = MARGIN + number * (PHOTO + LINE)
        picture.paste(Image.open(path).convert("RGB").resize((PHOTO, PHOTO), Image.Resampling.BICUBIC), (left, top))
        pen.text((left, top + PHOTO), path.name, SOFT, font)
    return picture


def main(target: str) -> None:
    """Runs the commands and writes the picture."""
    draw(run_commands(), sorted(sample_photos().iterdir())).quantize(64).save(target, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
