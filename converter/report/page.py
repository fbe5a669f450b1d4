"""What every HTML report of the converter is made with: a template, the common style sheet, small pictures."""

from __future__ import annotations

import base64
import io
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from edge_runtime.preprocess import read_image

THUMBNAIL = 160


def render_page(package: str, template: str, **content: Any) -> str:
    """Returns one self-contained page.

    Args:
        package: the room that has the folder ``templates``.
        template: the name of a file in it.
        content: what the template shows.
    """
    environment = Environment(loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined)
    environment.filters["percent"] = lambda value, digits=2: f"{100 * value:.{digits}f} %"
    css = (resources.files("edge_runtime.console") / "report.css").read_text("utf-8")
    return environment.get_template(template).render(
        css=Markup(css),  # noqa: S704 - our own style sheet, not data
        **content,
    )


def thumbnail(path: Path) -> str:
    """The image as a data URL, small."""
    image = Image.fromarray(read_image(path))
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
