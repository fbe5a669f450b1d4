"""The model and the three photos that come with this package. Commands know both by the name ``sample``."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.console.command import logger

SAMPLE = "sample"


def sample_model() -> Path:
    """The bundled .tflite, for ten kinds of clothes; ``edge_runtime/assets/README.md`` says how it was made."""
    return _assets() / "sample.tflite"


def sample_photos() -> Path:
    """The folder with the three bundled photos, which the model was not trained on."""
    return _assets() / "photos"


def find_model(model: str) -> str:
    """The path of what is written as MODEL: ``sample`` is the bundled one, anything else is a path already."""
    return str(sample_model()) if is_sample(model, "model") else model


def is_sample(text: str, kind: str) -> bool:
    """Whether ``text`` is the name of what is bundled; warns of a file or folder that has this name too.

    Args:
        text: MODEL or SOURCE, as the user wrote it.
        kind: what the name stands for there: "model" or "photos".
    """
    if text == SAMPLE and Path(text).exists():
        logger.warning("%s means the bundled %s here; for the file or folder of that name write ./%s", text, kind, text)
    return text == SAMPLE


def _assets() -> Path:
    from importlib import resources  # here: most runs have no need of it

    return Path(str(resources.files("edge_runtime") / "assets"))
