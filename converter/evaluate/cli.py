"""edge-eval: how good models are on labelled images, and where they differ."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from edge_runtime.console.command import (
    UsageError,
    add_model_options,
    exit_with,
    make_parser,
    path_ending_in,
    run_command,
)
from edge_runtime.console.extras import check_extra, extra_needed
from edge_runtime.console.files import ensure_writable, write_together
from edge_runtime.model import UserSays, find_model


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    return run_command(_make_parser(), _run, arguments)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _run(options: argparse.Namespace) -> int:
    check_extra("convert", "tqdm", "scipy", "jinja2", "ai_edge_litert")
    with extra_needed("convert"):
        from converter.evaluate.data import find_part  # here, so that --help is instant
        from converter.evaluate.evaluation import evaluate
        from converter.evaluate.page import draw_report
        from converter.evaluate.subjects import open_subjects
        from converter.evaluate.text import report_text
    data = find_part(options.data)
    if options.rows and options.rows.exists() and options.rows.samefile(data):
        raise UsageError(f"--rows {options.rows} is DATA itself, which would be lost; name another file")
    page: Path | None = options.out and options.out.with_suffix(".html")
    for path in filter(None, (options.out, page, options.rows)):
        ensure_writable(path)
    subjects = open_subjects(
        [Path(find_model(model)) for model in options.models], UserSays.of(options), options.signature
    )
    found = evaluate(subjects, data)
    print(report_text(found.report))
    files = {options.rows: found.rows.encode()} if options.rows else {}
    if options.out:
        files |= {page: draw_report(found.report, found.root).encode(), options.out: found.report.to_json().encode()}
    write_together(files)
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "edge-eval",
        "Evaluates models, one or several side by side, on labelled images, with the preprocessing of the device.\n"
        "Prints a table. A folder of images without class folders is predicted instead.",
        "edge-eval run model.tflite photos/test --out evaluation.json",
    )
    parser.add_argument(
        "models",
        metavar="MODEL",
        nargs="+",
        help="a RUN folder of edge-train, a .keras or .h5 file, a SavedModel folder, or any .tflite",
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        type=Path,
        help="a folder with one subfolder a class, a CSV file, or a folder of images without labels",
    )
    parser.add_argument(
        "--out", metavar="REPORT.json", type=path_ending_in(".json"), help="also write this, and REPORT.html beside it"
    )
    parser.add_argument(
        "--rows", metavar="FILE.csv", type=path_ending_in(".csv"), help="also write a row for each image and model"
    )
    add_model_options(parser)
    parser.add_argument(
        "--signature", metavar="NAME", help="of a SavedModel, what to run (default: serving_default, or the only)"
    )
    return parser


if __name__ == "__main__":
    entry()
