"""``edge-bench compare``: its options, and what it does with them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.report import MAX_FILES, Comparison, ResultFile, compare, load_results, render_markdown
from edge_runtime.console.command import UsageError, add_log_level, path_ending_in
from edge_runtime.console.distribution import install_command
from edge_runtime.console.files import ensure_writable, write_text

EXAMPLE = "edge-bench compare before.json after.json --html compare.html"


def add(commands: Any) -> None:
    """Adds the subcommand."""
    compare = commands.add_parser(
        "compare",
        help="compare results of edge-bench run",
        description="Compares the first RESULT with each of the others, row by row: the ratio of the medians and its\n"
        "95 % interval, as Markdown. Rows must be of the same model file; exit code 1 where they are not.",
        epilog=f"example:\n  {EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_log_level(compare)
    compare.set_defaults(body=_compare)
    compare.add_argument("base", metavar="RESULT", type=Path, help="what the others are compared with")
    compare.add_argument("others", metavar="RESULT", type=Path, nargs="+", help="what edge-bench run wrote to --out")
    compare.add_argument(
        "--html", metavar="FILE", type=path_ending_in(".html"), help="also write one self-contained page, with plots"
    )


def _compare(options: argparse.Namespace) -> int:
    paths = (options.base, *options.others)
    if len(paths) > MAX_FILES:
        raise UsageError(f"{len(paths)} results; at most {MAX_FILES} can be compared at once")
    if options.html is not None:
        ensure_writable(options.html)
    files = load_results(paths)
    comparisons = compare(files)
    if options.html is not None:
        _write_page(options.html, files, comparisons)
    print(render_markdown(files, comparisons))
    return 0


def _write_page(path: Path, files: Sequence[ResultFile], comparisons: Sequence[Comparison]) -> None:
    try:
        from benchmarks.report.page import render_page
    except ImportError as error:
        raise BenchmarkError(f"--html: {error}; run: {install_command('bench')}") from error
    write_text(path, render_page(files, comparisons))
