"""The RUN folder: checked before the training, filled at its end, all files or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge_runtime.console.files import OutputError
from edge_runtime.contracts.training import TRAINING_NAME
from trainer.report import PLOTS_NAME, TENSORBOARD_NAME


def check_writable(run: Path, needed_bytes: int = 0) -> None:
    """Makes sure, without leaving anything behind, that a run can be written to ``run``.

    Args:
        run: the RUN folder, there or not.
        needed_bytes: how much free space it will take.

    Raises:
        OutputError: the folder cannot be made or written, or its disk is too full.
    """
    place = run
    while not place.exists():
        place = place.parent
    try:
        tempfile.TemporaryFile(dir=place).close()
        free = shutil.disk_usage(place).free
    except OSError as error:
        raise OutputError(f"{run}: cannot write: {error.strerror}; name another folder after --out") from error
    if free < needed_bytes:
        raise OutputError(
            f"{run}: {free >> 10} KiB free, about {needed_bytes >> 10} KiB needed; free space or name another --out"
        )


@contextmanager
def filled_at_once(run: Path) -> Iterator[Path]:
    """Gives an empty folder, and moves the files written there into ``run`` when the block ends without error.

    Files of an earlier run are replaced, its plots and event files removed; where the block fails they stay as they
    were, and a new ``run`` is not left behind. The earlier record goes first and the new one comes last: where a record
    is, the run is whole.

    Raises:
        OutputError: the disk is full or the folder cannot be written.
    """
    is_new = not run.exists()
    try:
        run.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=run))
        try:
            yield staging
            _move_files(staging, run)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{run}: cannot write the run: {error.strerror or error}; free space or name another --out"
        ) from error
    finally:
        if is_new:
            with suppress(OSError):  # it is not empty where the run was written
                run.rmdir()


def _move_files(staging: Path, run: Path) -> None:
    (run / TRAINING_NAME).unlink(missing_ok=True)
    for name in (PLOTS_NAME, TENSORBOARD_NAME):  # not every run has the same files in them
        shutil.rmtree(run / name, ignore_errors=True)
    files = [path for path in staging.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: path.name == TRAINING_NAME):
        target = run / path.relative_to(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
