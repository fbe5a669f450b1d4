"""Packages of this project's extras: imported quietly, or one line that says how to install them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from edge_runtime.console.native import interrupts_kept, native_output_as_debug, quiet_tensorflow
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.contracts.version import DISTRIBUTION


class MissingExtraError(EdgeDeployError):
    """A package of one of this project's extras is not installed, or cannot be imported."""


@contextmanager
def extra_needed(extra: str) -> Iterator[None]:
    """Turns a failing import inside the block into one line that says what to install.

    Args:
        extra: of this project: "train" or "convert".

    Raises:
        MissingExtraError: an import failed.
    """
    try:
        yield
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise MissingExtraError(f"{reason}; run: pip install '{DISTRIBUTION}[{extra}]'") from error


def check_extra(extra: str, *modules: str) -> None:
    """Looks whether modules are there, in milliseconds: it imports none of them.

    Args:
        extra: the extra of this project that installs them.
        modules: their names, without dots.

    Raises:
        MissingExtraError: one of them is not installed.
    """
    for module in modules:
        with extra_needed(extra):
            if find_spec(module) is None:
                raise ModuleNotFoundError(f"No module named {module!r}")


def import_quietly(extra: str, *modules: str) -> None:
    """Imports modules that take seconds and chatter while they do; later imports of them are then quick and silent.

    All that a long job needs at its end belongs in here too: better missed now than after the work.

    Args:
        extra: the extra of this project that installs them: "train" or "convert".
        modules: their names.

    Raises:
        MissingExtraError: one of them cannot be imported.
    """
    quiet_tensorflow()
    with (
        extra_needed(extra),
        native_output_as_debug(),
        interrupts_kept(deferred=True),  # half an import makes Python crash at its end
    ):
        for module in modules:
            import_module(module)
    sys.dont_write_bytecode = True  # of the code TensorFlow generates in the temporary folder, where nobody clears it
