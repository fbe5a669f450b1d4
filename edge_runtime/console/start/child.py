"""Run by its path, in a Python that may be another one: sets the path and calls a function, or runs a file.

    python child.py TARGET COUNT [PATH ENTRY...] [ARGUMENT...]

TARGET is ``module:function`` or the path of a .py file. COUNT says how many path entries follow; with 0 the child keeps
its own path.
"""

import os
import sys


def main() -> None:
    """Calls the function, or runs the file, with the arguments in ``sys.argv[1:]``."""
    target, count, *rest = sys.argv[1:]
    entries, arguments = rest[: int(count)], rest[int(count) :]
    sys.path[:] = entries or [entry for entry in sys.path if entry != os.path.dirname(__file__)]  # noqa: PTH120 - quick
    sys.argv[:] = [target, *arguments]
    if target.endswith(".py"):
        from runpy import run_path

        run_path(target, run_name="__main__")
        return
    from importlib import import_module

    module, _, name = target.partition(":")
    sys.exit(getattr(import_module(module), name)())


if __name__ == "__main__":
    main()
