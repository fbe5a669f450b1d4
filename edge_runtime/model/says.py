"""UserSays: what a user adds for a model that does not say it itself, in the words of the command line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, get_args

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.manifest import Activation, Task
from edge_runtime.contracts.preprocessing import COLORS, parse_image_size, parse_normalization, parse_resize
from edge_runtime.contracts.tensors import Layout

_CHOICES = {
    "color": tuple(COLORS),
    "activation": get_args(Activation),
    "task": get_args(Task),
    "layout": get_args(Layout),
}
_PARSERS = {"normalization": parse_normalization, "resize": parse_resize, "image_size": parse_image_size}


@dataclass(frozen=True, slots=True)
class UserSays:
    """What a user says of a model. The same words are options of every command; None where nothing is said.

    Attributes:
        labels: the path of a label file, as ``contracts.labels`` reads them.
        normalization: see ``contracts.preprocessing.parse_normalization``.
        resize: see ``contracts.preprocessing.parse_resize``.
        color: "rgb", "bgr" or "gray": the channels that the model takes.
        activation: "none", "softmax" or "sigmoid": what makes probabilities of its output.
        task: "single-label", "multi-label" or "binary".
        layout: "nhwc" or "nchw": whether its channels come last or first.
        output: which of several outputs are the scores: its name, or its number from 0.
        image_size: see ``contracts.preprocessing.parse_image_size``; for a model that takes any size.

    Raises:
        ContractError: a value is none of these.
    """

    labels: str | None = None
    normalization: str | None = None
    resize: str | None = None
    color: str | None = None
    activation: str | None = None
    task: str | None = None
    layout: str | None = None
    output: str | None = None
    image_size: str | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise ContractError(f"{name} {value!r} is not one of {', '.join(choices)}")
        for name, parse in _PARSERS.items():
            if getattr(self, name) is not None:
                parse(getattr(self, name))

    @classmethod
    def of(cls, options: Any) -> UserSays:
        """What the attributes of ``options`` say that are called like the fields; the path of labels may be a Path."""
        said = {field.name: getattr(options, field.name) for field in fields(cls)}
        return cls(**{name: None if value is None else str(value) for name, value in said.items()})

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) of the image size; None where it is not said."""
        return None if self.image_size is None else parse_image_size(self.image_size)

    def as_arguments(self) -> dict[str, Any]:
        """The same as keyword arguments of ``Classifier``."""
        return asdict(self)

    def options(self) -> list[str]:
        """The names of what is said, as the command line writes them, without dashes in front."""
        return [name.replace("_", "-") for name, value in asdict(self).items() if value is not None]
