"""Finds in the source of a test every start of a program that is neither a Python nor from ``programs``.

It follows values through names, parameters, fixtures and functions of the same file, whatever their scope: all that a
name stands for anywhere in the file must be good. What it cannot follow it reports.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator

STARTERS = {
    "children.running",
    *(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output")),
}
FORBIDDEN = (
    "subprocess.getoutput", "subprocess.getstatusoutput", "shutil.which", "os.system", "os.popen", "os.exec",
    "os.spawn", "os.posix_spawn", "pty.spawn", "asyncio.create_subprocess",
)  # fmt: skip
"""How the names begin of what starts or looks up programs and is not to be used at all."""
SOURCES = {"programs.program", "programs.made", "environments.environment_python"}
COMMANDS = {
    "edge_runtime.console.child_process.child_command",
    "edge_runtime.console.child_process.console_script",
    "tools.make_env.pip_of",
}
"""What gives a whole command, or the beginning of one, of a Python of ours."""
WRAPPERS = {"str", "pathlib.Path"}
PYTHONS = {"python", "python3"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_foreign_starts(source: str) -> list[str]:
    """One line for each, such as "line 12: subprocess.run(['openssl', 'req'])"."""
    return _File(ast.parse(source)).foreign_starts()


class _File:
    """What the names of one file stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self._imported = {name: full for node in ast.walk(tree) for name, full in _imports(node)}
        self._functions = {node.name: node for node in ast.walk(tree) if isinstance(node, Function)}
        self._stands_for: defaultdict[str, list[ast.expr]] = defaultdict(list)
        for node in ast.walk(tree):
            for name, value in (*_assignments(node), *self._arguments(node)):
                self._stands_for[name].append(value)

    def foreign_starts(self) -> list[str]:
        """The lines."""
        found = [node for node in ast.walk(self._tree) if isinstance(node, ast.Name | ast.Attribute)]
        return [
            f"line {node.lineno}: {ast.unparse(self._parents[node])}"[:150] for node in found if self._is_foreign(node)
        ]

    def _is_foreign(self, node: ast.expr) -> bool:
        name, around = self._full_name(node), self._parents[node]
        if name not in STARTERS:
            return name.startswith(FORBIDDEN)
        if not isinstance(around, ast.Call):
            return isinstance(around, ast.Assign | ast.keyword)  # given another name, or handed on; else it is a type
        if around.func is not node:
            return True
        options = {word.arg: word.value for word in around.keywords}
        command = around.args[0] if around.args else options.get("args")
        return command is None or not self._is_command(command) or bool(options.keys() & {"shell", "executable"})

    def _is_command(self, node: ast.expr, seen: tuple[ast.expr, ...] = ()) -> bool:
        """Whether the first word of a command is a good program."""
        match node:
            case ast.List(elts=[ast.Starred(value=first), *_]) | ast.BinOp(left=first, op=ast.Add()):
                return self._is_command(first, seen)
            case ast.List(elts=[first, *_]):
                return self._is_program(first, seen)
            case ast.Call(func=function) if self._full_name(function) in COMMANDS:
                return True
        return self._is_each(node, self._is_command, seen)

    def _is_program(self, node: ast.expr, seen: tuple[ast.expr, ...] = ()) -> bool:
        match node:
            case ast.Name() | ast.Attribute() if self._full_name(node) == "sys.executable":
                return True
            case ast.Call(func=function) if self._full_name(function) in SOURCES:
                return True
            case ast.BinOp(op=ast.Div(), right=ast.Constant(value=name)) if name in PYTHONS:
                return True  # of an environment that the test has made
            case ast.Call(func=function, args=[inner]) if self._full_name(function) in WRAPPERS:
                return self._is_program(inner, seen)
            case (
                ast.Call(func=ast.Attribute(value=inner, attr="with_name"))
                | ast.Attribute(value=inner, attr="parent")
                | ast.BinOp(left=inner, op=ast.Div())
            ):
                return self._is_program(inner, seen)  # what lies beside a Python: a command of ours
        return self._is_each(node, self._is_program, seen)

    def _is_each(
        self, node: ast.expr, is_good: Callable[[ast.expr, tuple[ast.expr, ...]], bool], seen: tuple[ast.expr, ...]
    ) -> bool:
        """Whether all is good that a name, or a call of a function of this file, stands for."""
        values = [] if node in seen else list(self._values(node))
        return bool(values) and all(is_good(value, (*seen, node)) for value in values)

    def _values(self, node: ast.expr) -> Iterator[ast.expr]:
        name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
        if not isinstance(node, ast.Call):
            yield from self._stands_for[name]
        if name in self._functions:  # called, or a fixture, or handed on
            yield from _results(self._functions[name])

    def _arguments(self, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
        """The parameters of a function of this file, with what a call hands to them."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._functions:
            names = [argument.arg for argument in self._functions[node.func.id].args.args]
            yield from zip(names, node.args, strict=False)
            yield from ((word.arg, word.value) for word in node.keywords if word.arg in names)

    def _full_name(self, node: ast.expr) -> str:
        """Such as "subprocess.run", however it was imported."""
        match node:
            case ast.Name(id=name):
                return self._imported.get(name, name)
            case ast.Attribute(value=value, attr=name):
                return f"{self._full_name(value)}.{name}"
        return ""


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import makes, with what they are in full."""
    if isinstance(node, ast.Import):
        yield from ((each.asname or each.name, each.name) for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    yield from zip(map(ast.unparse, target.elts), value.elts, strict=False)
                else:
                    yield ast.unparse(target), value
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield ast.unparse(target), value


def _results(function: Function) -> Iterator[ast.expr]:
    """What a function returns, and what a fixture yields."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.Lambda):
            continue
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield node.value
        waiting.extend(ast.iter_child_nodes(node))
