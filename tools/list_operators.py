"""Asks interpreters which operators they have, up to which version, and writes converter/targets/operators.json.

    python tools/list_operators.py                          writes the table
    python tools/list_operators.py --print tflite-micro     prints what one interpreter says

Each interpreter is handed, in its own environment (tools/make_env.py), models of one operator each, and says of which
it does not know the operator. One that it crashes on, it knows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from tools.make_env import make_environment

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "converter" / "targets" / "operators.json"
VERSIONS = {"tflite-runtime": 16, "tflite-micro": 1}
"""Up to which version to ask; TensorFlow Lite Micro does not look at them."""
NOT_KNOWN = ("Didn't find op for builtin opcode", "Op builtin_code out of range")

_CHILD = """
import json, sys
from importlib.metadata import version
print(version(sys.argv[1]))
if sys.argv[1] == "tflite-micro":
    from tflite_micro.python.tflite_micro import runtime
    load = lambda content: runtime.Interpreter.from_bytes(content, arena_size=100_000)
else:
    from tflite_runtime.interpreter import Interpreter
    load = lambda content: Interpreter(model_content=content)
for line in sys.stdin:
    name, version, content = line.split()
    print("\\nTRY", name, version, file=sys.stderr, flush=True)
    try:
        load(bytes.fromhex(content))
    except Exception as error:
        print(error, file=sys.stderr, flush=True)
"""


def list_operators(interpreter: str, versions: int) -> dict[str, object]:
    """What ``interpreter`` is, and its operators with the highest version up to ``versions`` that it knows."""
    highest: dict[str, int] = {}
    waiting = list(_models(versions))
    interpreter_version = ""
    while waiting:
        done = subprocess.run(
            [make_environment(interpreter), "-c", _CHILD, interpreter],
            input="\n".join(" ".join(model) for model in waiting),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode > 0:
            raise SystemExit(done.stderr)
        interpreter_version = done.stdout.strip()
        tries = done.stderr.split("\nTRY ")[1:]
        for said in tries:
            name, version = said.split(maxsplit=2)[:2]
            if not any(phrase in said for phrase in NOT_KNOWN):
                highest[name] = max(int(version), highest.get(name, 0))
        waiting = waiting[len(tries) :]  # empty, unless it crashed
    return {"version": interpreter_version, "operators": highest}


def _models(versions: int) -> Iterator[tuple[str, str, str]]:
    for name, code in vars(schema.BuiltinOperator).items():
        if isinstance(code, int) and name != "CUSTOM" and not name.startswith("PLACEHOLDER"):
            for version in range(1, versions + 1):
                yield name, str(version), _model_of(code, version).hex()


def _model_of(code: int, version: int) -> bytes:
    tensor = schema.TensorT()
    tensor.name, tensor.shape = "x", [1]
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = [0], [0]
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs, graph.operators = [tensor], [0], [0], [operator]
    entry = schema.OperatorCodeT()
    entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), version
    model = schema.ModelT()
    model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, [graph], [schema.BufferT()], [entry]
    builder = flatbuffers.Builder(512)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", choices=VERSIONS, dest="printed", help="print this one's table instead")
    printed = parser.parse_args().printed
    if printed:
        print(json.dumps(list_operators(printed, VERSIONS[printed])))
        return 0
    found = {name: list_operators(name, highest) for name, highest in VERSIONS.items()}
    TARGET.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(", ".join(f"{name} {table['version']}: {len(table['operators'])} operators" for name, table in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
