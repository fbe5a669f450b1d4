"""ConvertConfig: everything that decides what a conversion computes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from converter.errors import ConfigError
from converter.recipes import RECIPES, Recipe
from edge_runtime.contracts.tensors import DType


@dataclass(frozen=True)
class ConvertConfig:
    """The configuration of a conversion; it refuses what cannot work when it is built.

    Attributes:
        model: a RUN folder of edge-train.
        quantize: a name in ``converter.recipes.RECIPES``.
        max_drop: how much top-1 may fall below that of the Keras model, in percentage points.
        calibration_data: a folder with one subfolder a class; None takes the training part of the run.
        calibration_samples: how many images calibrate, balanced over the classes.
        eval_data: a folder with one subfolder a class; None takes the test part of the run.
        input_type: of the input tensor; None takes the recipe's default.
        output_type: of the output tensor; None takes the recipe's default.
        seed: of the choice of calibration images.
        name: of the model, in its metadata; None takes the target's name without its suffix.
        model_version: written to the metadata where not empty; likewise the next two.
        author: see above.
        license: see above.

    Raises:
        ConfigError: a value is impossible, alone or beside the others; the message names the field.
    """

    model: Path
    quantize: str = "int8"
    max_drop: float = 1.0
    calibration_data: Path | None = None
    calibration_samples: int = 200
    eval_data: Path | None = None
    input_type: DType | None = None
    output_type: DType | None = None
    seed: int = 0
    name: str | None = None
    model_version: str = ""
    author: str = ""
    license: str = ""

    def __post_init__(self) -> None:
        if self.quantize not in RECIPES:
            raise ConfigError(f"quantize {self.quantize!r} is not one of {', '.join(RECIPES)}")
        if not (math.isfinite(self.max_drop) and 0 <= self.max_drop <= 100):
            raise ConfigError(f"max_drop {self.max_drop} is not within 0..100 percentage points")
        if self.calibration_samples < 1:
            raise ConfigError(f"calibration_samples {self.calibration_samples} is below 1")
        if self.seed < 0:
            raise ConfigError(f"seed {self.seed} is below 0")
        for field in ("input_type", "output_type"):
            self._check_edge(field)
        for field in ("name", "model_version", "author", "license"):
            text = getattr(self, field)
            if text and not (text.strip() and text.isprintable()):
                raise ConfigError(f"{field} {text!r} is blank or not printable")

    def _check_edge(self, field: str) -> None:
        chosen = getattr(self, field)
        if chosen is not None and chosen not in self.recipe.edge_types:
            raise ConfigError(
                f"{field} {chosen!r} does not go with {self.quantize}; it takes {', '.join(self.recipe.edge_types)}"
            )

    @property
    def recipe(self) -> Recipe:
        """The recipe that ``quantize`` names."""
        return RECIPES[self.quantize]
