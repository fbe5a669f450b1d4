"""How a process of ours is started: by a path, never by a name that Python looks for in the working directory."""

from __future__ import annotations

import sys
from pathlib import Path

_START = Path(__file__).with_name("start") / "child.py"


def child_command(target: str, *arguments: str, python: str | Path | None = None) -> list[str]:
    """The command that calls a function, or runs a file, in a child process.

    ``python -m`` and ``python -c`` would put the working directory first on the child's path: a file ``numpy.py`` or a
    folder ``benchmarks`` there would be imported instead of ours. ``-P`` is younger than Python 3.10, and ``-I`` leaves
    out PYTHONPATH and the user's packages.

    Args:
        target: ``module:function``, called without arguments as a console script's is; or the path of a .py file.
        arguments: what it finds in ``sys.argv[1:]``.
        python: of another environment, which imports what is installed there. None for this one: then the child has
            the ``sys.path`` of this process.
    """
    entries = sys.path if python is None else []
    return [str(python or sys.executable), str(_START), target, str(len(entries)), *entries, *arguments]


def console_script(name: str, python: str | None = None) -> list[str]:
    """The command that runs one of our commands as its users do.

    Args:
        name: ``edge-run``, say.
        python: of the environment that has it, beside this Python; None for this one.
    """
    program = python or sys.executable
    return [program, str(Path(program).with_name(name))]
