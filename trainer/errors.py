"""The trainer's errors.

EdgeDeployError                 (edge_runtime.contracts.errors)
└── TrainerError
    ├── ConfigError             a configuration that cannot work; the command ends with exit code 2
    ├── DataError               images or labels that cannot be trained on
    ├── WeightsError            pretrained weights that are missing or do not fit
    ├── ResumeError             an interrupted training that cannot be gone on with
    └── DivergedError           a training whose loss left the finite numbers
"""

from __future__ import annotations

from collections.abc import Sequence

from edge_runtime.contracts.errors import EdgeDeployError


class TrainerError(EdgeDeployError):
    """Anything the trainer raises on purpose."""


class ConfigError(TrainerError, ValueError):
    """A configuration that cannot work; the message names the field."""

    exit_code = 2


class DataError(TrainerError):
    """Images or labels that cannot be trained on."""


class WeightsError(TrainerError):
    """Pretrained weights that are missing or do not fit the backbone."""


class ResumeError(TrainerError):
    """An interrupted training that cannot be gone on with."""


class DivergedError(TrainerError):
    """A training whose loss is no finite number any more."""


def check_choice(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuses a value of the field ``name`` that is none of ``allowed``.

    Raises:
        ConfigError: it names the field and what is possible.
    """
    if value not in allowed:
        raise ConfigError(f"{name} {value!r} is not one of {', '.join(allowed)}")
