"""edge-doctor: what this device has, what is missing, and the command that fixes it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import NoReturn

from edge_runtime.board import Machine
from edge_runtime.console.command import exit_with, make_parser, run_command, tool_version
from edge_runtime.doctor.examination import examine
from edge_runtime.doctor.findings import Finding

DOCTOR_SCHEMA = 1
_STATUS_WIDTH, _NAME_WIDTH = 9, 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run_command(_parser(), _run, arguments)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "edge-doctor",
        "Prints what this device has, what is missing and the command that fixes it.\n"
        "Each finding is ok, warning (works, with a drawback), problem, or absent (not here, or the machine\n"
        "does not tell).\n"
        "Exit code: 0 when nothing is a problem, 1 when something is.",
        "edge-doctor --json",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for other programs")
    return parser


def _run(options: argparse.Namespace) -> int:
    findings = examine(Machine())
    print(_as_json(findings) if options.json else _as_text(findings))
    return 1 if any(finding.status == "problem" for finding in findings) else 0


def _as_json(findings: Sequence[Finding]) -> str:
    report = {
        "schema": DOCTOR_SCHEMA,
        "version": tool_version(),
        "findings": [finding.to_json() for finding in findings],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _as_text(findings: Iterable[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:{_STATUS_WIDTH}}{finding.name:{_NAME_WIDTH}}{finding.detail}")
        if finding.fix:
            lines.append(f"{'':{_STATUS_WIDTH + _NAME_WIDTH}}-> {finding.fix}")
    return "\n".join(lines)


if __name__ == "__main__":
    entry()
