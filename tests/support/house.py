"""Reads packages as a reader would: which folders there are, who imports what when loaded, which names are taken."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


class House:
    """The modules of packages, by their dotted names.

    A room is a folder right below a package; a module of a package's root stands for itself.
    """

    def __init__(self, root: Path, packages: Sequence[str]) -> None:
        paths = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
        self._trees = {_name(path.relative_to(root)): ast.parse(path.read_text("utf-8")) for path in paths}
        self._folders = {_name(path.relative_to(root)) for path in paths if path.name == "__init__.py"}

    def modules_of_rooms(self) -> dict[str, int]:
        """How many modules each folder holds, those of its folders and its ``__init__`` not counted."""
        return dict(Counter(name.rpartition(".")[0] for name in self._trees if name not in self._folders))

    def rooms_without_docstring(self) -> list[str]:
        """Folders whose ``__init__.py`` is missing, or does not begin with a docstring."""
        missing = set(self.modules_of_rooms()) - self._folders
        return sorted(missing | {name for name in self._folders if not ast.get_docstring(self._trees[name])})

    def names_taken_twice(self, package: str) -> dict[str, list[str]]:
        """Public classes and functions that more than one module of the package defines."""
        places = defaultdict(list)
        for module, tree in self._trees.items():
            if module.partition(".")[0] == package:
                for name in _public_names(tree):
                    places[name].append(module)
        return {name: modules for name, modules in places.items() if len(modules) > 1}

    def imports_of_files(self, families: Sequence[str], heavy: Sequence[str]) -> list[str]:
        """Imports that name a file in another room.

        Those of a package's own front may, which takes each name from where it costs least; so may files of
        ``families`` be named, and those that load one of the libraries ``heavy``.
        """
        return sorted(
            f"{importer} -> {target}"
            for importer, targets in self._targets.items()
            for target in targets
            if "." in importer
            and target in self._trees
            and target not in self._folders
            and _room(target) not in (_room(importer), target, *families)
            and not self._loads(target) & set(heavy)
        )

    def circle(self) -> list[str]:
        """Modules that import one another in a circle when loaded, a folder's ``__init__`` among them; [] for none."""
        graph = {module: targets & self._trees.keys() - {module} for module, targets in self._targets.items()}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            return sorted(set(error.args[1]))
        return []

    @cached_property
    def _targets(self) -> dict[str, set[str]]:
        """The modules that each module imports when it is loaded."""
        return {
            module: {self._resolved(*written) for written in _imported(tree.body)}
            for module, tree in self._trees.items()
        }

    def _resolved(self, module: str, name: str) -> str:
        """What ``from module import name`` names: a file of that folder, unless the folder hands on such a name."""
        file = f"{module}.{name}"
        return file if file in self._trees and name not in _handed_on(self._trees[module]) else module

    def _loads(self, module: str) -> set[str]:
        """All packages that ``module`` loads, through modules of ours too; not what its own folder loads beside it."""
        seen, waiting, found = {module, *_folders_of(module)}, list(self._targets[module]), set()
        while waiting:
            name = waiting.pop()
            if name in self._trees and name not in seen:
                waiting += [*_folders_of(name), *self._targets[name]]
            elif name not in self._trees:
                found.add(name.partition(".")[0])
            seen.add(name)
        return found


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _folders_of(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _handed_on(tree: ast.Module) -> set[str]:
    return {name for _, name in _imported(tree.body)}


def _public_names(tree: ast.Module) -> set[str]:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


def _imported(body: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """(module, name) of imports that loading carries out: not those in functions, nor those for type checkers."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((each.name, "") for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, each.name) for each in node.names)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_for_type_checkers(node):
            inside = (getattr(node, part, []) for part in ("body", "orelse", "finalbody", "handlers"))
            yield from _imported([each for part in inside for each in part])


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
