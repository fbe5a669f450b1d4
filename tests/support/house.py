"""Reads packages as a reader would: which folders there are, who imports what when loaded, which names are taken."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, order=True)
class Import:
    """An import that is carried out when its module is loaded."""

    importer: str
    target: str

    def __str__(self) -> str:
        return f"{self.importer} -> {self.target}"


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

    def imports_of_files(self, families: Sequence[str], heavy: Sequence[str]) -> list[Import]:
        """Imports that name a file in another room.

        Those of a package's own front may, which takes each name from where it costs least; so may files of
        ``families`` be named, and those that load one of the libraries ``heavy``.
        """
        return sorted(
            each
            for each in self._imports
            if "." in each.importer
            and each.target in self._trees
            and each.target not in self._folders
            and _room(each.target) not in (_room(each.importer), each.target, *families)
            and not self._loads(each.target) & set(heavy)
        )

    @cached_property
    def _imports(self) -> set[Import]:
        return {
            Import(module, self._resolved(*written))
            for module, tree in self._trees.items()
            for written in _imported(tree.body)
        }

    @cached_property
    def _targets(self) -> dict[str, list[str]]:
        targets: dict[str, list[str]] = defaultdict(list)
        for each in self._imports:
            targets[each.importer].append(each.target)
        return targets

    def _resolved(self, module: str, name: str) -> str:
        """What ``from module import name`` names: a file of that folder, unless the folder hands on such a name."""
        file = f"{module}.{name}"
        return file if file in self._trees and name not in _handed_on(self._trees[module]) else module

    def _loads(self, module: str) -> set[str]:
        """The names of all packages that loading ``module`` loads, through modules of ours."""
        seen, waiting, found = set(), [module], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name not in self._trees:
                found.add(name.partition(".")[0])
                continue
            waiting += [name.rpartition(".")[0]] if "." in name else []
            waiting += self._targets[name]
        return found


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _handed_on(tree: ast.Module) -> set[str]:
    return {name for _, name in _imported(tree.body)}


def _public_names(tree: ast.Module) -> set[str]:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


def _imported(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """(module, name) of imports that loading carries out: not those in functions, nor those for type checkers."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((each.name, "") for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, each.name) for each in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from _imported([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _imported([*node.body, *node.orelse, *node.finalbody])
