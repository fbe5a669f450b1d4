"""edge-convert inspect: prints what a .tflite says about itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from converter.inspect.model import inspect_model
from converter.inspect.text import render_text
from edge_runtime.console.command import make_parser
from edge_runtime.console.extras import extra_needed
from edge_runtime.model import find_model


def make_inspect_parser() -> argparse.ArgumentParser:
    """The command's parser."""
    parser = make_parser(
        "edge-convert inspect",
        "Prints what any .tflite says about itself: tensors, quantisation, operators and which of them XNNPACK takes,\n"
        "metadata, labels, manifest, size and multiplications by layer. Needs no TensorFlow.",
        "edge-convert inspect model.tflite",
    )
    parser.add_argument("file", metavar="FILE", help="a .tflite file, of any origin, or sample: the bundled model")
    parser.add_argument("--json", action="store_true", help="print one JSON object with everything, tensors included")
    return parser


def run_inspect(options: argparse.Namespace) -> int:
    """The command's body."""
    with extra_needed("convert"):
        found = inspect_model(Path(find_model(options.file)))
    print(found.to_json() if options.json else render_text(found))
    return 0
