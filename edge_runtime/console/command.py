"""What every command does alike: ``--version``, ``--log-level``, one line for an error, exit codes, Ctrl-C.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a gate refused, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from edge_runtime.console.leaving import note_exit_code
from edge_runtime.contracts.errors import ContractError, EdgeDeployError
from edge_runtime.contracts.manifest import Activation, Task
from edge_runtime.contracts.preprocessing import COLORS, parse_image_size, parse_normalization, parse_resize
from edge_runtime.contracts.tensors import Layout
from edge_runtime.contracts.version import DISTRIBUTION, __version__

INTERRUPTED = 130
_LONGEST_SURPRISE = 200
"""Of an error that nobody thought of; the whole text is in the traceback."""

logger = logging.getLogger(DISTRIBUTION)


class UsageError(EdgeDeployError):
    """The command line asks for something that does not go together."""

    exit_code = 2


def make_parser(name: str, description: str, example: str, *, intermixed: bool = False) -> argparse.ArgumentParser:
    """A parser with what all commands share; ``example`` is shown below the options.

    With ``intermixed`` arguments that may be missing are also found behind options, where argparse no longer looks.
    """
    parser = (_IntermixedParser if intermixed else argparse.ArgumentParser)(
        prog=name,
        description=description,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {tool_version()}")
    add_log_level(parser, default="info")
    return parser


class _IntermixedParser(argparse.ArgumentParser):
    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        return self.parse_intermixed_args(args, namespace)


def add_log_level(parser: argparse.ArgumentParser, default: str = argparse.SUPPRESS) -> None:
    """Adds ``--log-level``; a command with subcommands needs it on each of them, where no default may hide its own."""
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default=default,
        help="what is said on stderr; debug adds tracebacks (default: info)",
    )


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Adds what a user must say of a model that neither carries our manifest nor TFLite metadata."""
    group = parser.add_argument_group("for a MODEL that does not say it itself")
    group.add_argument(
        "--labels", metavar="FILE", type=str, help="the classes: one a line, numbered, CSV, JSON or pbtxt"
    )
    group.add_argument(
        "--normalization",
        metavar="RANGE",
        type=_checked(parse_normalization),
        help="what pixels become: -1..1, 0..1, 0..255, imagenet, or mean,std",
    )
    group.add_argument(
        "--resize",
        metavar="MODE",
        type=_checked(parse_resize),
        help="squash (default), center-crop[:FRACTION] or letterbox; with :antialias for models trained so",
    )
    group.add_argument(
        "--color", choices=tuple(COLORS), help="the channels it takes (default: rgb, of one channel gray)"
    )
    group.add_argument(
        "--activation",
        choices=get_args(Activation),
        help="what makes probabilities of its output (default: what the last operator or the outputs themselves show)",
    )
    group.add_argument(
        "--task",
        choices=get_args(Task),
        help="what its scores say (default: likewise)",
    )
    group.add_argument(
        "--layout", choices=get_args(Layout), help="channels last or first (default: as its input's shape shows)"
    )
    group.add_argument(
        "--output", metavar="NAME|INDEX", type=str, help="which of several outputs are the scores, by name or from 0"
    )
    group.add_argument(
        "--image-size",
        metavar="S|HxW",
        type=_checked(parse_image_size),
        help="of its images, for a MODEL that takes any size",
    )


def _checked(parse: Callable[[str], object]) -> Callable[[str], str]:
    """An argparse type that keeps the text where ``parse`` takes it."""

    def check(text: str) -> str:
        try:
            parse(text)
        except ContractError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return text

    return check


def path_ending_in(suffix: str) -> Callable[[str], Path]:
    """An argparse type for a file to write: the suffix guards models and photos against being written over."""

    def check(text: str) -> Path:
        if Path(text).suffix != suffix:
            raise argparse.ArgumentTypeError(f"{text!r} does not end in {suffix}")
        return Path(text)

    return check


def tool_version() -> str:
    """The version of this project."""
    return __version__


def run_command(
    parser: argparse.ArgumentParser, body: Callable[[argparse.Namespace], int], arguments: Sequence[str] | None
) -> int:
    """Parses ``arguments``, runs ``body`` and turns its errors into one line on stderr and an exit code."""
    options = parse_arguments(parser, arguments)
    logging.basicConfig(format=f"{parser.prog}: %(message)s", level=logging.WARNING, stream=sys.stderr, force=True)
    logger.setLevel(options.log_level.upper())
    warnings.filterwarnings(
        "ignore", module=r"PIL\."
    )  # what it warns of in strangers' images is an error of ours or harmless
    try:
        return body(options)
    except KeyboardInterrupt:
        logger.error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        discard_stdout()  # the reader of our output is gone
        return 1
    except (EdgeDeployError, OSError, MemoryError) as error:
        logger.error("%s", _one_line(error))
        logger.debug("traceback:", exc_info=error)
        return getattr(error, "exit_code", 1)
    except Exception as error:
        reason = f"{type(error).__name__}: {_one_line(error)[:_LONGEST_SURPRISE]}"
        logger.error("unexpected %s; --log-level debug shows where; please report it", reason)
        logger.debug("traceback:", exc_info=error)
        return 1


def parse_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parses ``arguments``, by default those of the process; options may stand between MODEL and SOURCE."""
    words = _with_dashed_values_joined(sys.argv[1:] if arguments is None else arguments)
    has_commands = any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)
    # parse_args takes an optional SOURCE for missing where an option stands in front of it
    return parser.parse_args(words) if has_commands else parser.parse_intermixed_args(words)


def exit_with(code: int) -> NoReturn:
    """Ends the process after flushing what it printed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        discard_stdout()
        logger.error("stdout: cannot write: %s", error.strerror)
        code = code or 1
    note_exit_code(code)
    sys.exit(code)


def discard_stdout() -> None:
    """Gives up what stdout could not take: Python would try once more at exit, and end with 120 and a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _with_dashed_values_joined(arguments: Sequence[str]) -> list[str]:
    """Writes ``--normalization -1..1`` as ``--normalization=-1..1``: argparse would take the value for an option."""
    joined: list[str] = []
    for argument in arguments:
        if re.match(r"-\d", argument) and joined and joined[-1].startswith("--") and "=" not in joined[-1]:
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text or type(error).__name__
