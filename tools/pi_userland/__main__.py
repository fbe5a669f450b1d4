"""Runs models in userlands of Raspberry Pi OS on this machine, and holds the answers against this machine's.

    python -m tools.pi_userland model.tflite model-float32.tflite

For each of bookworm and trixie (64 bits) and bookworm (32 bits) it unpacks Debian, has pip install this project's wheel
with the wheels of that processor, and runs edge-doctor, edge-run and edge-bench there under QEMU. It proves that the
project installs, loads, engages XNNPACK and computes the same there; it says nothing about speed. Needs Debian, not
root; everything lies in build/pi-userland, and a second run makes again only what changed.
Prints one table; exit code 1 where something failed or differs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.pi_userland.checks import Answer, check_answers, check_delegates, check_doctor
from tools.pi_userland.steps import ROOT, UserlandError
from tools.pi_userland.userlands import USERLANDS, Userland, build_wheel, make_userland

IMAGES = str(ROOT / "trainer" / "assets" / "sample" / "test" / "*" / "*7.png")
_HEAD = (
    "userland", "interpreter", "model", "images", "same top-1", "largest difference", "allowed", "delegate",
    "self-test", "",
)  # fmt: skip
Delegates = Mapping[str, Mapping[str, str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        missing = [str(model) for model in options.models if not model.is_file()]
        if missing:
            raise UserlandError(f"no such model: {', '.join(missing)}; make demo makes some")
        problems = _check(options.roots, [model.resolve() for model in options.models], options.images)
    except UserlandError as error:
        print(f"pi-userland: {error}", file=sys.stderr)
        return 1
    for problem in problems:
        print(f"pi-userland: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tools.pi_userland", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL", help="a .tflite that edge-run runs")
    parser.add_argument("--images", default=IMAGES, metavar="SOURCE", help="as for edge-run (default: of the sample)")
    parser.add_argument(
        "--roots",
        type=_roots,
        default=list(USERLANDS.values()),
        metavar="LIST",
        help=f"which userlands, with commas between (default: {','.join(USERLANDS)})",
    )
    return parser


def _roots(text: str) -> list[Userland]:
    unknown = set(text.split(",")) - USERLANDS.keys()
    if unknown:
        raise argparse.ArgumentTypeError(f"no userland {sorted(unknown)[0]!r}; there are {', '.join(USERLANDS)}")
    return [USERLANDS[name] for name in text.split(",")]


def _check(userlands: list[Userland], models: list[Path], images: str) -> list[str]:
    """Makes the userlands, runs everything, prints the table; returns what is wrong."""
    _say("building the wheel")
    wheel = build_wheel()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        _say(f"making {', '.join(userland.name for userland in userlands)}")
        list(pool.map(make_userland, userlands, [wheel] * len(userlands)))
        _say("running edge-run, edge-bench and edge-doctor there")
        answers = [pool.submit(check_answers, userland, model, images) for userland in userlands for model in models]
        delegates = {userland.name: pool.submit(check_delegates, userland, models) for userland in userlands}
        doctors = {userland.name: pool.submit(check_doctor, userland) for userland in userlands}
    told = {name: future.result() for name, future in delegates.items()}
    said = [future.result() for future in answers]
    print(_table(said, told))
    for name, future in doctors.items():
        print(f"{name}: edge-doctor: {future.result()}")
    return [problem for answer in said for problem in _problems(answer, told)]


def _problems(answer: Answer, delegates: Delegates) -> list[str]:
    where = f"{answer.userland.name}: {answer.model.name}"
    found = delegates[answer.userland.name][answer.model.name]
    expected = answer.userland.delegate
    delegate = [] if found == expected else [f"{where}: the delegate is {found}, not {expected}"]
    return delegate + [f"{where}: {problem}" for problem in answer.agreement.problems]


def _table(answers: list[Answer], delegates: Delegates) -> str:
    rows = [_HEAD, *(_cells(answer, delegates) for answer in answers)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cells(answer: Answer, delegates: Delegates) -> tuple[str, ...]:
    agreement, tolerance = answer.agreement, answer.tolerance
    logits = f", logits {tolerance.logits:.2f}" if tolerance.logits else ""
    return (
        answer.userland.name,
        answer.userland.backend,
        answer.model.name,
        str(agreement.images),
        str(agreement.same_top1),
        f"{agreement.difference:.1e}" if agreement.difference else "none",
        f"{tolerance.scores:.1e}{logits}",
        delegates[answer.userland.name][answer.model.name],
        answer.self_test,
        "FAILED" if _problems(answer, delegates) else "ok",
    )


def _say(what: str) -> None:
    print(f"pi-userland: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
