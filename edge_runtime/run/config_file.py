"""run.toml: what the command line of edge-run says, in a file. The command line overrules it.

    model = "model.tflite"
    source = "camera:0"
    smooth = ["mean:5", "hysteresis:0.7,0.4"]
    sink = ["events:events.jsonl", "mqtt://broker/home/bin", "preview"]

    [source_options]
    size = "1280x720"
    hflip = true

A key is an option without its dashes, and is checked like it; ``max_fps`` is ``max-fps``. Paths mean what they mean on
the command line. A table holds what is ``--source-option KEY=VALUE`` there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge_runtime.console.command import UsageError, parse_arguments
from edge_runtime.contracts.errors import ContractError
from edge_runtime.model import MODEL_SUFFIXES, SAMPLE

MAX_BYTES = 1 << 20
_TABLE = "source_option"
_OF_THE_COMMAND_LINE = ("help", "version", "log_level", "config", "systemd_unit", "unit_user", "self_test")


def complete_options(
    options: argparse.Namespace, parser: argparse.ArgumentParser, arguments: Sequence[str] | None
) -> argparse.Namespace:
    """The options with what their ``config`` file says, where the command line does not.

    Args:
        options: as parsed.
        parser: another one of the same kind; its defaults are changed.
        arguments: the command line.

    Raises:
        UsageError: neither says a model and a source (the bundled model goes without), or the command line does not
            overrule what it seems to.
        ContractError: the file cannot be read, or says something impossible.
    """
    if options.config is not None:
        actions = _actions(parser)
        for action in actions.values():
            action.default = argparse.SUPPRESS
        given = vars(parse_arguments(parser, arguments))
        in_file = _read_file(Path(options.config), actions)
        _check_overruling(given, in_file, actions, options)
        in_file = _with_source_options(in_file, given)
        options = argparse.Namespace(**{**vars(options), **in_file, **given})
    needed = ("model",) if options.self_test or options.model == SAMPLE else ("model", "source")
    missing = [name.upper() for name in needed if getattr(options, name) is None]
    if missing:
        said = f"{' and '.join(missing)} missing; write it, or name a file that does: --config run.toml"
        raise UsageError(said if options.model else f"{said}; for a first try: edge-run {SAMPLE}")
    return options


def _with_source_options(in_file: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Those of the file belong to the file's source; where that is overruled, they are left out."""
    in_file = dict(in_file)
    said = in_file.pop(_TABLE, [])
    if "source" in given:
        said = []
    if said or _TABLE in given:
        given[_TABLE] = [*said, *given.get(_TABLE, [])]  # the last one of a key counts
    return in_file


def _check_overruling(
    given: Mapping[str, Any],
    in_file: Mapping[str, Any],
    actions: Mapping[str, argparse.Action],
    options: argparse.Namespace,
) -> None:
    """Refuses what the user may take for overruling the file, and is not."""
    is_model = Path(given.get("model", "")).suffix in MODEL_SUFFIXES
    if "model" in in_file and "model" in given and "source" not in given and not is_model:
        raise UsageError(
            f"{given['model']}: stands in the place of MODEL; to overrule the source in {options.config}, write both"
        )
    ignored = [key for key, action in actions.items() if action.dest in given]
    if options.systemd_unit and ignored:
        raise UsageError(
            f"--systemd-unit runs {options.config} alone; put what you say of {', '.join(ignored)} into it"
        )


def _read_file(path: Path, actions: Mapping[str, argparse.Action]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    said = _parse(path)
    if "source_options" in said:
        values[_TABLE] = _read_table(path, said.pop("source_options"))
    actions = {key: action for key, action in actions.items() if action.dest != _TABLE}
    for name, value in said.items():
        key = name.replace("_", "-")
        if key not in actions:
            raise ContractError(f"{path}: unknown key {name!r}; known keys: {', '.join(actions)}, and [source_options]")
        try:
            values[actions[key].dest] = _convert(actions[key], value)
        except (argparse.ArgumentTypeError, ValueError) as error:
            raise ContractError(f"{path}: {key}: {error}") from error
    return values


def _read_table(path: Path, table: Any) -> list[tuple[str, str]]:
    if not isinstance(table, dict):
        raise ContractError(f"{path}: source_options: expected a table, [source_options], with a key a line")
    for key, value in table.items():
        if not isinstance(value, str | int | float):
            raise ContractError(f"{path}: source_options: {key}: expected a text, a number or true, got {value!r}")
    return [(key, str(value).lower() if isinstance(value, bool) else str(value)) for key, value in table.items()]


def _parse(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ContractError(f"{path}: more than {MAX_BYTES >> 20} MiB")
        return tomllib.loads(content.decode())
    except OSError as error:
        raise ContractError(f"{path}: cannot read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{path}: no TOML: {error}") from error


def _actions(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """What may stand in the file, by its key."""
    return {
        action.dest.replace("_", "-"): action for action in parser._actions if action.dest not in _OF_THE_COMMAND_LINE
    }


def _convert(action: argparse.Action, value: Any) -> Any:
    if action.nargs == 0:  # a switch
        if not isinstance(value, bool):
            raise ValueError(f"expected true or false, got {value!r}")
        return value
    if isinstance(action, argparse._AppendAction):
        return [_convert_one(action, each) for each in (value if isinstance(value, list) else [value])]
    return _convert_one(action, value)


def _convert_one(action: argparse.Action, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a text or a number, got {value!r}")
    if action.choices is not None and value not in action.choices:
        raise ValueError(f"{value!r} is not one of {', '.join(action.choices)}")
    convert: Any = action.type  # a function, or None: a name of argparse's own is none of ours
    return value if convert is None else convert(str(value))
