"""ConvertConfig: everything that decides what a conversion computes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from converter.errors import ConfigError
from converter.judge import Limits
from converter.quantize import AUTO, MIXED, RECIPES, Edges, Recipe
from converter.targets import LITERT, MICRO, TARGETS, Target
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.golden import MAX_IMAGES
from edge_runtime.contracts.tensors import DType
from edge_runtime.model import UserSays

GOLDEN_IMAGES = 2
EXPORT_NAMES = ("c-array", "bundle")
Preference = Literal["latency", "size"]
_CALIBRATION_SAMPLES = 200
DISTILL_MINUTES = 10.0

AUTO_MIN_AGREEMENT = 97.0
"""What the ladder asks for where the user does not say: a drop of nothing can hide answers that changed both ways."""

FEW_IMAGES = 200
"""On fewer images one answer is half a point and more: a drop is too large there where chance does not explain it."""
ENOUGH_CHOOSING = 100
"""So many images choose so well that the test part must contradict them to refuse a file."""


@dataclass(frozen=True)
class ConvertConfig:
    """The configuration of a conversion; it refuses what cannot work when it is built.

    Attributes:
        model: a RUN folder of edge-train, a .keras or .h5 file, a SavedModel folder, or a float .tflite.
        quantize: a name in ``converter.quantize.recipes.RECIPES``, or "auto" for the ladder.
        max_drop: how much the metric may fall below that of the float model, in percentage points.
        max_class_drop: how much any one class may lose, in percentage points; None sets no limit.
        min_agreement: how many percent of the images need the float model's answer; None stands for
            ``AUTO_MIN_AGREEMENT`` with "auto", else for 0.
        all_rungs: with "auto", also tries what is not needed, to compare it.
        distill_minutes: with "auto", how long int8 may be distilled where nothing cheaper helps; 0 leaves that out.
        prefer: what "auto" makes small among the files that pass.
        device_latency: a result of ``edge-bench run`` on the device, of a float32 and other files of this model: what
            is fast is decided by it; None decides by what is measured here.
        calibration_data: images, as edge-train takes them; None takes the training part of the run.
        calibration_samples: how many images calibrate, balanced over the classes.
        calibration_sweep: also measures int8 calibrated on fewer and on more images.
        eval_data: images, as edge-train takes them; None takes the test part of the run.
        input_type: of the input tensor; None takes the recipe's default.
        output_type: of the output tensor; None takes the recipe's default.
        labels: a label file; this and the next eight only for a model that does not say it, as in
            ``edge_runtime.model.UserSays``.
        normalization: see there.
        resize: see there.
        color: see there.
        activation: see there.
        task: see there.
        layout: see there; of a .tflite.
        output: see there; of a .tflite or a SavedModel.
        image_size: see there; also a number.
        signature: which signature of a SavedModel is converted; None takes the default one, or the only one.
        target: where the file is to run: a name in ``converter.targets.TARGETS``.
        target_python: of an environment that has the target's interpreter, to prove the file in; None takes this one.
        golden: how many evaluation images travel in the file, made small, for ``edge-run --self-test``; None stands
            for ``GOLDEN_IMAGES``, and for 0 with the target "micro", where flash is scarce.
        allow_chance: also converts a model trained elsewhere whose answers are no better than guessing.
        export: what else is written: names in ``EXPORT_NAMES``.
        seed: of the choice of calibration images.
        name: of the model, in its metadata; None takes the target's name without its suffix.
        model_version: written to the metadata where not empty; likewise the next two.
        author: see above.
        license: see above.

    Raises:
        ConfigError: a value is impossible, alone or beside the others; the message names the field.
    """

    model: Path
    quantize: str = AUTO
    all_rungs: bool = False
    distill_minutes: float = DISTILL_MINUTES
    max_drop: float = 1.0
    max_class_drop: float | None = None
    min_agreement: float | None = None
    prefer: Preference = "latency"
    device_latency: Path | None = None
    calibration_data: Path | None = None
    calibration_samples: int = _CALIBRATION_SAMPLES
    calibration_sweep: bool = False
    eval_data: Path | None = None
    input_type: DType | None = None
    output_type: DType | None = None
    labels: Path | None = None
    normalization: str | None = None
    resize: str | None = None
    color: str | None = None
    activation: str | None = None
    task: str | None = None
    layout: str | None = None
    output: str | int | None = None
    image_size: str | int | None = None
    signature: str | None = None
    target: str = LITERT.name
    target_python: Path | None = None
    golden: int | None = None
    allow_chance: bool = False
    export: tuple[str, ...] = ()
    seed: int = 0
    name: str | None = None
    model_version: str = ""
    author: str = ""
    license: str = ""

    def __post_init__(self) -> None:
        if self.quantize != AUTO and self.quantize not in RECIPES:
            raise ConfigError(f"quantize {self.quantize!r} is not one of {AUTO}, {', '.join(RECIPES)}")
        if self.prefer not in get_args(Preference):
            raise ConfigError(f"prefer {self.prefer!r} is not one of {', '.join(get_args(Preference))}")
        for field, unit in (("max_drop", "percentage points"), ("max_class_drop", "percentage points"),
                            ("min_agreement", "percent")):  # fmt: skip
            value = getattr(self, field)
            if value is not None and not (math.isfinite(value) and 0 <= value <= 100):
                raise ConfigError(f"{field} {value} is not within 0..100 {unit}")
        if not (math.isfinite(self.distill_minutes) and self.distill_minutes >= 0):
            raise ConfigError(f"distill_minutes {self.distill_minutes} is no number of minutes of 0 or more")
        if self.distill_minutes != DISTILL_MINUTES and not self.is_auto:
            raise ConfigError(
                f"distill_minutes is about a rung of {AUTO}; it does not go with quantize {self.quantize!r}"
            )
        if self.calibration_samples < 1:
            raise ConfigError(f"calibration_samples {self.calibration_samples} is below 1")
        try:
            _ = self.said  # it refuses what is no such word
        except ContractError as error:
            raise ConfigError(str(error)) from error
        if self.prefer != "latency" and not self.is_auto:
            raise ConfigError(
                f"prefer {self.prefer!r} chooses among what auto tries; it does not go with {self.quantize}"
            )
        if self.device_latency is not None and not self.is_auto:
            raise ConfigError(f"device_latency decides among what auto tries; it does not go with {self.quantize}")
        if self.all_rungs and not self.is_auto:
            raise ConfigError(f"all_rungs is about what auto tries; it does not go with {self.quantize}")
        if self.calibration_samples != _CALIBRATION_SAMPLES and not self.calibrates:
            raise ConfigError(
                f"calibration_samples {self.calibration_samples} does not go with {self.quantize}, which needs no "
                "calibration"
            )
        if self.calibration_sweep and self.quantize not in (AUTO, "int8"):
            raise ConfigError(f"calibration_sweep measures int8; it does not go with {self.quantize}")
        if self.seed < 0:
            raise ConfigError(f"seed {self.seed} is below 0")
        for field in ("input_type", "output_type"):
            self._check_edge(field)
        self._check_delivery()
        for field in ("name", "model_version", "author", "license"):
            text = getattr(self, field)
            if text and not (text.strip() and text.isprintable()):
                raise ConfigError(f"{field} {text!r} is blank or not printable")

    def _check_edge(self, field: str) -> None:
        chosen = getattr(self, field)
        if chosen is None:
            return
        if self.is_auto:  # a rung that cannot have it is passed over
            if chosen not in get_args(DType):
                raise ConfigError(f"{field} {chosen!r} is not one of {', '.join(get_args(DType))}")
            return
        if chosen not in self.recipe.edge_types:
            raise ConfigError(
                f"{field} {chosen!r} does not go with {self.quantize}; it takes {', '.join(self.recipe.edge_types)}"
            )

    def _check_delivery(self) -> None:
        if self.target not in TARGETS:
            raise ConfigError(f"target {self.target!r} is not one of {', '.join(TARGETS)}")
        if not self.is_auto and not self.where.takes(self.quantize):
            takes = " or ".join(self.where.recipes)
            raise ConfigError(f"quantize {self.quantize!r} does not go with target {self.target}, which takes {takes}")
        for field in ("input_type", "output_type"):
            chosen = getattr(self, field)
            if chosen and self.where.edges and chosen != self.where.edges:
                raise ConfigError(f"{field} {chosen!r} does not go with target {self.target}: {self.where.edges}")
        if self.target_python is not None and self.where is LITERT:
            raise ConfigError(f"target_python does not go with target {LITERT.name}, which is proven in this Python")
        if self.golden is not None and not 0 <= self.golden < MAX_IMAGES:
            raise ConfigError(f"golden {self.golden} is not within 0..{MAX_IMAGES - 1}")
        for name in self.export:
            if name not in EXPORT_NAMES:
                raise ConfigError(f"export {name!r} is not one of {', '.join(EXPORT_NAMES)}")

    @property
    def where(self) -> Target:
        """The target that ``target`` names."""
        return TARGETS[self.target]

    @property
    def golden_images(self) -> int:
        """How many images travel in the file."""
        if self.golden is not None:
            return self.golden
        return 0 if self.where is MICRO else GOLDEN_IMAGES

    @property
    def is_auto(self) -> bool:
        """Whether the ladder is asked for."""
        return self.quantize == AUTO

    @property
    def recipe(self) -> Recipe:
        """The recipe that ``quantize`` names; not with "auto"."""
        return RECIPES[self.quantize]

    @property
    def edges(self) -> Edges:
        """What the input and output tensors of that recipe hold; not with "auto"."""
        return self.recipe.edges(self.input_type, self.output_type)

    @property
    def calibrates(self) -> bool:
        """Whether calibration images are needed."""
        return self.is_auto or self.recipe.needs_calibration

    def edge_it_lacks(self, recipe: Recipe) -> str:
        """What the user asked of the input or output that a recipe cannot hold, as an option; empty where it can."""
        for edge, asked in (("input", self.input_type), ("output", self.output_type)):
            if asked is not None and asked not in recipe.edge_types:
                return f"--{edge}-type {asked}"
        return ""

    @property
    def chooses(self) -> bool:
        """Whether a file is chosen among several, on other images than those that judge it."""
        return self.is_auto or self.recipe is MIXED

    @property
    def limits(self) -> Limits:
        """What a file may lose, to the last image."""
        agreement = self.min_agreement
        if agreement is None:
            agreement = AUTO_MIN_AGREEMENT if self.is_auto else 0.0
        return Limits(self.max_drop, self.max_class_drop, agreement)

    def choosing_limits(self, images: int) -> Limits:
        """What a file may lose on so many images that choose: chance is no excuse for answers that changed."""
        return replace(self.limits, excused_by_chance=frozenset({"drop"} if images < FEW_IMAGES else ()))

    def test_limits(self, images: int, choosing: int) -> Limits:
        """What a file may lose on the test part, of so many images, where others have chosen it.

        The test part refuses it where it contradicts them; where they are few, and it is large, to the last image.
        """
        if choosing < ENOUGH_CHOOSING and images >= FEW_IMAGES:
            return self.limits
        return replace(self.limits, excused_by_chance=frozenset({"drop", "agreement"}))

    @property
    def said(self) -> UserSays:
        """What the user says for a model that does not."""
        return UserSays.of(self)
