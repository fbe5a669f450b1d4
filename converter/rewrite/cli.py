"""edge-convert rewrite: replaces what XNNPACK does not take in a quantized .tflite."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from converter.errors import ConfigError
from converter.inspect import find_coverage
from converter.tflite import read_graphs, read_model
from edge_runtime.console.command import add_model_options, make_parser, path_ending_in
from edge_runtime.console.extras import extra_needed
from edge_runtime.console.files import write_bytes
from edge_runtime.errors import ModelFileError
from edge_runtime.model import UserSays, read_model_file


def make_rewrite_parser() -> argparse.ArgumentParser:
    """The command's parser."""
    parser = make_parser(
        "edge-convert rewrite",
        "Replaces the 8-bit operators that XNNPACK leaves to slower kernels, such as HARD_SWISH, by others that give\n"
        "the same within one step. Metadata, labels and other files inside stay. Needs no TensorFlow.",
        "edge-convert rewrite stranger.tflite --out faster.tflite --eval-data photos/test",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a quantized .tflite, of any origin")
    parser.add_argument(
        "--out", metavar="FILE", type=path_ending_in(".tflite"), required=True, help="the .tflite to write"
    )
    parser.add_argument(
        "--eval-data",
        metavar="DATA",
        type=Path,
        help="a folder with one subfolder a class, or a CSV file: images whose answers are compared (default: inputs "
        "made up of noise)",
    )
    add_model_options(parser)
    return parser


def run_rewrite(options: argparse.Namespace) -> int:
    """The command's body."""
    with extra_needed("convert"):
        from converter.rewrite.answers import compare_answers
        from converter.rewrite.file import rewrite_file

    said = UserSays.of(options)
    if options.out.exists() and options.file.exists() and options.out.samefile(options.file):
        raise ConfigError(f"out {str(options.out)!r} is FILE itself, which would be lost; name another file to write")
    file = read_model_file(options.file, said)
    before = _coverage(options.file)
    rewritten = rewrite_file(file)
    with tempfile.TemporaryDirectory(prefix="edge-rewrite-") as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(rewritten.content)
        after = _coverage(path)
        answers = compare_answers(file, path, options.eval_data, said)
    write_bytes(options.out, rewritten.content)
    rows = [
        ("model", f"{options.out}, {len(rewritten.content)} bytes; before {options.file.stat().st_size}"),
        *(("rewritten", line) for line in rewritten.lines),
        ("delegate", f"XNNPACK takes {after}; before {before}"),
        *answers.rows().items(),
        *(("note", note) for note in rewritten.notes),
    ]
    print("\n".join(f"{name:<16}{text}" for name, text in rows))
    return 0


def _coverage(path: Path) -> str:
    """How many operators the delegate takes; a file that crashes the interpreter ends here, in a child process.

    Raises:
        ModelFileError: the interpreter does not take the file.
    """
    found = find_coverage(path)
    if found.covered is None:
        raise ModelFileError(f"{path}: {found.problem}")
    operators = read_graphs(read_model(path.read_bytes(), path), path)[0].operators
    return f"{len(found.covered)} of {len(operators)} operators"
