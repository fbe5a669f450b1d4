"""tuning.json: the fastest backend and threads for a model on this device, as ``edge-bench tune`` found them.

It lies in ``$XDG_CONFIG_HOME/edge-deploy-kit``, by default ``~/.config/edge-deploy-kit``. Where there is none, all that
looking for it costs is one attempt to open it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge_runtime.backends import installed_backends
from edge_runtime.console.command import logger
from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError, NewerFileError
from edge_runtime.contracts.versioned import Versioned
from edge_runtime.model import file_sha256

TUNING_SCHEMA = 1
DEFAULT_THREADS = 1


@dataclass(frozen=True, slots=True)
class TunedSetting:
    """The fastest setting that was found for one model.

    Attributes:
        model: the file's name when it was measured, for people who read the file.
        backend: its name in the registry.
        threads: of the interpreter.
        end_to_end_p50_ms: the median of one ``Classifier.classify``, in milliseconds.
        created_utc: when it was measured.

    Raises:
        ContractError: the number of threads is impossible.
    """

    model: str
    backend: str
    threads: int
    end_to_end_p50_ms: float
    created_utc: str

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ContractError(f"threads {self.threads} is less than 1")


@dataclass(frozen=True, slots=True)
class Tuning(Versioned):
    """All tuned models of a device.

    Attributes:
        models: the SHA-256 of the whole model file, in hexadecimal, to its setting.

    Raises:
        ContractError: a key is no SHA-256.
    """

    models: Mapping[str, TunedSetting] = field(default_factory=dict)
    schema: int = TUNING_SCHEMA

    def __post_init__(self) -> None:
        for key in self.models:
            if not re.fullmatch("[0-9a-f]{64}", key):
                raise ContractError(f"models: {key!r} is no SHA-256")

    @classmethod
    def load(cls, path: Path) -> Tuning:
        """Reads what :meth:`write` wrote; no such file is no tuned model.

        Raises:
            ContractError: the file cannot be read, or is not what :meth:`write` wrote.
        """
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except OSError as error:
            raise ContractError(f"{path}: cannot read: {error.strerror}") from error
        return decode(cls, parse_json(content, str(path)), str(path))

    def write(self, path: Path) -> None:
        """Writes the file.

        Raises:
            OutputError: it cannot be written.
        """
        from edge_runtime.console.files import write_text  # here: a device that only reads is spared its imports

        write_text(path, json.dumps(encode(self), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def tuning_path() -> Path:
    """Where this user's tuning lies.

    Raises:
        ContractError: the user has no home folder, and XDG_CONFIG_HOME is not set.
    """
    try:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    except RuntimeError as error:
        raise ContractError(f"tuning.json: {error}; set XDG_CONFIG_HOME") from error
    return base / "edge-deploy-kit" / "tuning.json"


def choose_setting(model: Path, backend: str, threads: int | None) -> tuple[str, int]:
    """The backend and the number of threads to run ``model`` with.

    Only "auto" looks for a tuning: it takes the tuned backend, else the first one installed, and the tuned threads
    where ``threads`` is None. Whatever else is None is ``DEFAULT_THREADS``.

    Raises:
        BackendError: no interpreter is installed.
    """
    tuned = _find_setting(model) if backend == "auto" else None
    if backend == "auto":
        backend = installed_backends()[0] if tuned is None else tuned.backend
    if threads is None:
        threads = DEFAULT_THREADS if tuned is None else tuned.threads
    return backend, threads


def _find_setting(model: Path) -> TunedSetting | None:
    try:
        path = tuning_path()
        tuning = Tuning.load(path)
    except NewerFileError as error:
        logger.warning("%s; until then the tuning is ignored", error)
        return None
    except ContractError as error:
        logger.warning("%s; the tuning is ignored; fix or delete it and run: edge-bench tune %s", error, model)
        return None
    if not tuning.models:
        return None
    setting = tuning.models.get(file_sha256(model))
    if setting is not None and setting.backend not in installed_backends():
        logger.warning(
            "%s: the backend %s that %s was tuned to is not installed; the tuning is ignored; run: edge-bench tune %s",
            path, setting.backend, model.name, model,
        )  # fmt: skip
        return None
    return setting
